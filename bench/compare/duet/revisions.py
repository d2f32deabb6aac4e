"""Two revisions of a repository as the sides of a duet: a work tree of each, and an environment where it needs one.

Of convcost itself a work tree is run by this Python if it wants the same libraries, else by an environment of its own.
Of another repository only plug-in files are taken, which this convcost loads.
"""

from __future__ import annotations

import re
import subprocess
import sys
import tomllib
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from bench.compare.duet.environments import interpreter_of
from bench.compare.duet.sides import AskedSide, DuetSide, with_options
from bench.errors import InfrastructureError, UsageError
from bench.worker.interpreter import PACKAGES, Interpreter

# Inside of the repository's own folder, where no other tool looks and nothing is committed.
_FOLDER = "convcost"
_SHOWN_DIGITS = 10
_SEPARATOR = ".."
_CONSTRAINTS, _PROJECT = "constraints.txt", "pyproject.toml"
# The end of a name in a requirement.
_NAME = re.compile(r"[^\w.-]")


@dataclass(frozen=True, slots=True)
class Revision:
    """A commit of a repository in a work tree of its own; `repository` is the folder of the user's work tree."""

    name: str
    commit: str
    repository: Path
    tree: Path

    @property
    def is_convcost(self) -> bool:
        return (self.tree / "bench" / "worker" / "entry.py").is_file()

    def place_of(self, file: Path) -> Path:
        """The same file in this revision; a file outside of the repository is itself.

        Raises UsageError if this revision lacks it.
        """
        whole = file.resolve()
        if not whole.is_relative_to(self.repository):
            return whole
        own = self.tree / whole.relative_to(self.repository)
        if not own.is_file():
            raise UsageError(f"{file} is not in {self.name}; give a file that both revisions have")
        return own


def of_revisions(
    span: str, asked: Sequence[AskedSide], load: Sequence[Path] = (), here: Path | None = None
) -> tuple[DuetSide, DuetSide]:
    """Both sides of a span such as v1.0..HEAD, of the repository in which `here` lies.

    `load` are plug-in files of both sides, each taken from its revision. Raises UsageError for text that is no span, a
    folder without a repository, an unknown revision, equal revisions, and revisions that differ in nothing that is
    measured; InfrastructureError if a work tree or an environment cannot be made.
    """
    first, second = check_out(span, here or Path.cwd())
    if not first.is_convcost and not load:
        raise UsageError(
            f"{first.repository} is not convcost itself; name the plug-in file to compare, as in --load mine.py"
        )
    made = []
    for letter, revision, options in zip("AB", (first, second), asked, strict=True):
        interpreter = _interpreter(revision) if revision.is_convcost else Interpreter()
        side = with_options(letter, f"{revision.name}, {revision.commit[:_SHOWN_DIGITS]}", interpreter, options)
        files = tuple(revision.place_of(file) for file in load)
        made.append(replace(side, load=(*files, *side.load)))
    return made[0], made[1]


def check_out(span: str, here: Path) -> tuple[Revision, Revision]:
    """Work trees of both revisions of a span; one that is there already is used again. Raises as `of_revisions`."""
    old, separator, new = span.partition(_SEPARATOR)
    if not separator or not old or new.startswith("."):
        raise UsageError(f"--revisions is {span!r}; allowed: two revisions as in v1.0..HEAD")
    repository = Path(_git(here, "rev-parse", "--show-toplevel", why=f"{here} is in no git repository")).resolve()
    names = (old, new or "HEAD")
    commits = [
        _git(repository, "rev-parse", "--verify", "--end-of-options", f"{name}^{{commit}}",
             why=f"{name!r} is no revision of {repository}")
        for name in names
    ]  # fmt: skip
    if commits[0] == commits[1]:
        raise UsageError(
            f"{names[0]} and {names[1]} are the same commit, {commits[0][:_SHOWN_DIGITS]}; commit what is to be "
            "compared"
        )
    common = Path(_git(repository, "rev-parse", "--path-format=absolute", "--git-common-dir"))
    first, second = (
        Revision(name, commit, repository, _tree(repository, common / _FOLDER, commit))
        for name, commit in zip(names, commits, strict=True)
    )
    return first, second


def _tree(repository: Path, folder: Path, commit: str) -> Path:
    """A clean work tree of a commit."""
    tree = folder / commit[:_SHOWN_DIGITS]
    if not (tree / ".git").exists():
        folder.mkdir(exist_ok=True)
        _git(repository, "worktree", "prune")
        _git(repository, "worktree", "add", "--detach", "--force", str(tree), commit)
    elif _git(tree, "rev-parse", "HEAD") != commit or _git(tree, "status", "--porcelain"):
        raise InfrastructureError(
            f"{tree} is not as the revision has it; to make it anew: git worktree remove --force {tree}"
        )
    return tree


def _interpreter(revision: Revision) -> Interpreter:
    """This Python with the revision's code, or an environment with the libraries that the revision wants."""
    wanted = _wanted(revision.tree)
    if wanted is not None and wanted == _wanted(PACKAGES):
        return Interpreter(sys.executable, revision.tree)
    environment = revision.tree.with_name(f"{revision.tree.name}-environment")
    if not environment.is_dir():
        _make_environment(environment, revision.tree)
    return replace(interpreter_of(str(environment)), packages=revision.tree)


def _make_environment(environment: Path, tree: Path) -> None:
    constraints = ["-c", str(tree / _CONSTRAINTS)] if (tree / _CONSTRAINTS).is_file() else []
    unfinished = environment.with_name(environment.name + ".part")
    # --clear: one that was interrupted is made anew.
    _run([sys.executable, "-m", "venv", "--clear", str(unfinished)])
    _run([str(unfinished / "bin" / "python"), "-m", "pip", "install", "--quiet", *constraints, "-e", str(tree)])
    # Its scripts name the folder that it was made in, but only its Python is used.
    unfinished.rename(environment)


def _wanted(tree: Path) -> tuple[list[str], list[str]] | None:
    """The dependencies of a checkout of convcost and their pinned versions; None where there is no project file."""
    project, constraints = tree / _PROJECT, tree / _CONSTRAINTS
    if not project.is_file():
        return None
    dependencies = tomllib.loads(project.read_text(encoding="utf-8"))["project"]["dependencies"]
    names = {_NAME.split(text)[0] for text in dependencies}
    pins = constraints.read_text(encoding="utf-8").splitlines() if constraints.is_file() else []
    # Versions of tools for developers are no difference between what is measured.
    return sorted(dependencies), sorted(line for line in pins if line.partition("==")[0] in names)


def _git(folder: Path, *words: str, why: str | None = None) -> str:
    """What git prints. Raises UsageError with the sentence `why` if it fails, InfrastructureError without one."""
    try:
        done = subprocess.run(["git", "-C", str(folder), *words], capture_output=True, text=True, check=True)
    except FileNotFoundError as error:
        raise InfrastructureError("git is not installed, and --revisions needs it") from error
    except subprocess.CalledProcessError as error:
        if why is not None:
            raise UsageError(why) from error
        raise InfrastructureError(f"git {' '.join(words[:2])} failed: {error.stderr.strip()}") from error
    return done.stdout.strip()


def _run(words: Sequence[str]) -> None:
    try:
        subprocess.run(words, capture_output=True, text=True, check=True)
    except (OSError, subprocess.CalledProcessError) as error:
        last = (getattr(error, "stderr", None) or str(error)).strip().splitlines()[-1:]
        raise InfrastructureError(f"{' '.join(words[:4])} … failed: {' '.join(last)}") from error
