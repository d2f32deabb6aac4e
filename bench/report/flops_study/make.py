"""Writes the study's problems, its page from runs, or a small copy of a run for the repository.

python -m bench.report.flops_study.make problems FOLDER | page FILE.html [RUN…] | keep FOLDER [RUN]
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence
from pathlib import Path

from bench.errors import InfrastructureError, UsageError
from bench.predict.study import conclusion, problems
from bench.store import runs
from bench.store.archive import archive


def main(arguments: Sequence[str] | None = None) -> int:
    """Write the file or folder, and print the verdict of a page. Returns 2 for a user's mistake, 3 for damage."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("what", choices=("problems", "page", "keep"))
    parser.add_argument("target", type=Path, help="what is written")
    parser.add_argument("runs", type=Path, nargs="*", help="folders of runs; the newest in results by default")
    given = parser.parse_args(arguments)
    try:
        written = _write(given.what, given.target, given.runs)
    except UsageError as error:
        print(f"study: {error}", file=sys.stderr)
        return 2
    except (InfrastructureError, OSError) as error:
        print(f"study: {error}", file=sys.stderr)
        return 3
    print(f"written: {written}")
    return 0


def _write(what: str, target: Path, given: Sequence[Path]) -> Path:
    if what == "problems":
        return problems.write(target)
    folders = list(given) or [runs.latest()]
    if what == "keep":
        if len(folders) > 1:
            raise UsageError(f"{len(folders)} runs are given; allowed: one, which is copied to {target}")
        return archive(folders[0], target, rows_only=True).folder
    from bench.report.flops_study import page
    from bench.report.flops_study.origin import StudyOrigin

    if target.suffix != ".html":
        raise UsageError(f"{target} is no page; allowed: a name that ends in .html")
    results = page.results_of(folders)
    print(conclusion.headline(results), *conclusion.sentences(results), sep="\n")
    return page.write(results, StudyOrigin.of(folders), target)


if __name__ == "__main__":
    sys.exit(main())
