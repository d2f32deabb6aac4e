"""Writes the study's problems, or its page from runs: python -m bench.predict.study problems|page FILE [RUN…]."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence
from pathlib import Path

from bench.errors import InfrastructureError, UsageError
from bench.predict.study import problems, verdict
from bench.predict.study.evaluation import evaluate
from bench.predict.tables import from_runs, timed
from bench.store import runs


def main(arguments: Sequence[str] | None = None) -> int:
    """Write the file that is asked for, and print the verdicts of a page. 2 for a user's mistake, 3 for damage."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("what", choices=("problems", "page"))
    parser.add_argument("file", type=Path)
    parser.add_argument("runs", type=Path, nargs="*", help="folders of runs; the newest in results by default")
    given = parser.parse_args(arguments)
    try:
        given.file.parent.mkdir(parents=True, exist_ok=True)
        given.file.write_text(problems.text() if given.what == "problems" else _page(given.runs), encoding="utf-8")
    except UsageError as error:
        print(f"study: {error}", file=sys.stderr)
        return 2
    except (InfrastructureError, OSError) as error:
        print(f"study: {error}", file=sys.stderr)
        return 3
    print(f"written: {given.file}")
    return 0


def _page(folders: Sequence[Path]) -> str:
    used = list(folders) or [runs.latest()]
    found = [from_runs.read(folder) for folder in used]
    from_runs.require_same_machine(used, found)
    results = evaluate(timed.tables([one for run in found for one in run.timed]))
    for result in results:
        print(f"{result.subject}: {' '.join(verdict.sentences(result))}")
    return verdict.page(results)


if __name__ == "__main__":
    sys.exit(main())
