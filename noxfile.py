"""Everything a user or developer runs. Sessions share one environment, `.venv`, so torch is downloaded once."""

from __future__ import annotations

import hashlib
import os
import shutil
import sys
from pathlib import Path

import nox

nox.options.sessions = ["tests", "lint", "typecheck"]
nox.options.error_on_external_run = False

ROOT = Path(__file__).parent
VENV = ROOT / ".venv"
STAMP = VENV / "convcost.stamp"
BIN = VENV / ("Scripts" if os.name == "nt" else "bin")


def environment(session: nox.Session) -> Path:
    """The folder of programs of the shared environment, made anew when what it is made from has changed."""
    sources = (ROOT / "pyproject.toml", ROOT / "constraints.txt")
    digest = hashlib.sha256(b"".join([sys.version.encode(), *(s.read_bytes() for s in sources)])).hexdigest()
    if not STAMP.is_file() or STAMP.read_text() != digest:
        if VENV.exists() and not STAMP.is_file():
            session.error(f"{VENV} was not made by nox; move it away, it would be replaced")
        shutil.rmtree(VENV, ignore_errors=True)
        session.log("making .venv: about a minute, and on Linux gigabytes, unless pip knows a CPU-only torch")
        session.run(sys.executable, "-m", "venv", str(VENV), external=True)
        STAMP.write_text("unfinished")
        pip = (str(BIN / "python"), "-m", "pip", "install", "--quiet", "--disable-pip-version-check")
        session.run(*pip, "-c", "constraints.txt", "-e", ".[dev,triton]", external=True)
        STAMP.write_text(digest)
    return BIN


def convcost(session: nox.Session, *arguments: str) -> None:
    session.run(str(environment(session) / "convcost"), *arguments, external=True)


@nox.session(python=False)
def sweep(session: nox.Session) -> None:
    """Measure this machine and render the report: `nox -s sweep -- [what and options of convcost sweep]`."""
    convcost(session, "sweep", *session.posargs)


@nox.session(python=False)
def report(session: nox.Session) -> None:
    """Render a run again: `nox -s report -- [results/RUN]`."""
    convcost(session, "report", *session.posargs)


@nox.session(python=False)
def validate(session: nox.Session) -> None:
    """Prove every supported cell right on this machine."""
    convcost(session, "validate", *session.posargs)


@nox.session(python=False, default=False)
def docs(session: nox.Session) -> None:
    """Build the documentation as a site in docs/_build/html; warnings and broken links are errors."""
    python = str(environment(session) / "python")
    wanted = nox.project.load_toml("pyproject.toml")["project"]["optional-dependencies"]["docs"]
    # Only the first time: pip asks no index for what is installed.
    session.run(python, "-m", "pip", "install", "--quiet", "-c", "constraints.txt", *wanted, external=True)
    built = "docs/_build/html"
    session.run(python, "-m", "sphinx", "-W", "--keep-going", "-E", "-q", "-b", "html", "docs", built, external=True)
    session.log(f"the site: {built}/index.html")


@nox.session(python=False, default=False)
def qualify(session: nox.Session) -> None:
    """Find out what the timing is worth here (half an hour): `nox -s qualify -- --quick` for three."""
    convcost(session, "qualify", *session.posargs)


@nox.session(python=False, default=False)
def kernels(session: nox.Session) -> None:
    """Hold our kernels against oneDNN and torch (twenty minutes): `nox -s kernels -- --quick` for two minutes."""
    convcost(session, "kernels", *session.posargs)


@nox.session(python=False)
def tests(session: nox.Session) -> None:
    """Run the tests: `nox -s tests -- -m 'not slow'` for the fast ones."""
    # Over four processes would wait for each other's threads.
    parallel = ("-n", "logical", "--maxprocesses", "4")
    session.run(str(environment(session) / "pytest"), *parallel, *session.posargs, external=True)


@nox.session(python=False)
def lint(session: nox.Session) -> None:
    """Check style and format."""
    ruff = str(environment(session) / "ruff")
    session.run(ruff, "check", ".", external=True)
    session.run(ruff, "format", "--check", ".", external=True)


@nox.session(python=False)
def typecheck(session: nox.Session) -> None:
    """Check types, strictly."""
    session.run(str(environment(session) / "mypy"), external=True)
