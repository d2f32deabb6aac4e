"""The commit of a file in a git repository, so that a run says which code it measured."""

from __future__ import annotations

import subprocess
from pathlib import Path

# Added where files that git knows were changed since the commit.
CHANGED = "+changes"
# A repository on a slow disk; without an answer the commit is unknown.
_PATIENCE_S = 10.0


def commit_of(file: Path) -> str | None:
    """The 40 digits of the commit that a file was checked out from, with CHANGED if the work tree differs from it.

    None without git, outside of a repository, and for a file that git does not know: an environment inside of someone's
    repository is not part of that one.
    """
    if _git(file.parent, "ls-files", "--error-unmatch", file.name) is None:
        return None
    return _git(file.parent, "describe", "--always", "--abbrev=40", "--exclude=*", f"--dirty={CHANGED}")


def _git(folder: Path, *words: str) -> str | None:
    """What git prints; None if it fails or is not there."""
    try:
        done = subprocess.run(
            ["git", "-C", str(folder), *words], capture_output=True, text=True, check=True, timeout=_PATIENCE_S
        )
    except (OSError, subprocess.SubprocessError):
        return None
    return done.stdout.strip()
