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
VENV_MINIMUMS = ROOT / ".venv-minimums"
# More processes than this would wait for each other's threads.
PARALLEL = ("-n", "logical", "--maxprocesses", "4")
# Attempts to break a sweep have a session of their own.
WITHOUT_FAULTS = ("--ignore", "tests/faults")


def environment(session: nox.Session, *extras: str) -> Path:
    """Return the folder of programs of `.venv`, after installing the extras that it lacks.

    The environment is made anew when Python, `pyproject.toml` or `constraints.txt` has changed.
    """
    stamp = VENV / "convcost.stamp"
    sources = (ROOT / "pyproject.toml", ROOT / "constraints.txt")
    digest = hashlib.sha256(b"".join([sys.version.encode(), *(s.read_bytes() for s in sources)])).hexdigest()
    made_from, *installed = stamp.read_text().split() if stamp.is_file() else [""]
    if made_from != digest:
        if VENV.exists() and not stamp.is_file():
            session.error(f"{VENV} was not made by nox; move it away, it would be replaced")
        session.log("making .venv: about a minute, and on Linux gigabytes, unless pip knows a CPU-only torch")
        make_environment(session, VENV)
        stamp.write_text("unfinished")
        installed = []
    wanted = sorted({*installed, *extras})
    if made_from != digest or wanted != installed:
        project = f".[{','.join(wanted)}]" if wanted else "."
        pip(session, VENV, "-c", "constraints.txt", "-e", project)
        stamp.write_text(" ".join([digest, *wanted]))
    return programs(VENV)


def make_environment(session: nox.Session, folder: Path) -> None:
    shutil.rmtree(folder, ignore_errors=True)
    session.run(sys.executable, "-m", "venv", str(folder), external=True)


def programs(folder: Path) -> Path:
    return folder / ("Scripts" if os.name == "nt" else "bin")


def pip(session: nox.Session, folder: Path, *arguments: str) -> None:
    python = str(programs(folder) / "python")
    quietly = ("--quiet", "--disable-pip-version-check", "--no-compile")
    session.run(python, "-m", "pip", "install", *quietly, *arguments, external=True)
    # On all processors, where pip would compile on one. It is 1 for files that are no Python of this version.
    session.run(python, "-m", "compileall", "-qq", "-j", "0", str(folder), external=True, success_codes=[0, 1])


def convcost(session: nox.Session, *arguments: str) -> None:
    session.run(str(environment(session) / "convcost"), *arguments, external=True)


def develop(session: nox.Session, program: str, *arguments: str) -> None:
    session.run(str(environment(session, "dev", "triton") / program), *arguments, external=True)


@nox.session(python=False)
def sweep(session: nox.Session) -> None:
    """Measure this machine and render the report: `nox -s sweep -- [NAME and options of convcost sweep]`."""
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
    python, built = str(environment(session, "docs") / "python"), "docs/_build/html"
    session.run(python, "-m", "sphinx", "-W", "--keep-going", "-E", "-q", "-b", "html", "docs", built, external=True)
    session.log(f"the site: {built}/index.html")


@nox.session(python=False, default=False)
def qualify(session: nox.Session) -> None:
    """Find out what the timing is worth here (an hour): `nox -s qualify -- --quick` for four minutes."""
    convcost(session, "qualify", *session.posargs)


@nox.session(python=False, default=False)
def kernels(session: nox.Session) -> None:
    """Compare our kernels with oneDNN and torch on all shapes: `nox -s kernels -- --quick` takes ten minutes."""
    convcost(session, "kernels", *session.posargs)


@nox.session(python=False, default=False)
def study(session: nox.Session) -> None:
    """Measure problems of equal FLOPs and say whether FLOPs tell the time: `nox -s study -- [options of a sweep]`."""
    make = (str(environment(session) / "python"), "-m", "bench.report.flops_study.make")
    session.run(*make, "problems", "results/study", external=True)
    convcost(session, "sweep", "results/study/equal-flops.toml", *session.posargs)
    session.run(*make, "page", "reports/study/study.html", external=True)


@nox.session(name="energy-check", python=False, default=False)
def energy_check(session: nox.Session) -> None:
    """Check the brackets of energy on the published machines: `nox -s energy-check -- [folder of their tables]`."""
    folder = Path(session.posargs[0]) if session.posargs else ROOT.parent / "shared" / "data" / "specpower"
    tables = sorted(folder.glob("SPECpower*.csv"))
    if not tables:
        session.error(f"{folder} has no SPECpower*.csv; bench/energy/bracket/published.py says where it is published")
    lists = map(str, sorted(folder.glob("[ai]*.csv")))
    develop(session, "python", "-m", "bench.energy.bracket.check", str(tables[-1]), *lists)


@nox.session(python=False, default=False)
def power(session: nox.Session) -> None:
    """Print the false alarms and the power of `convcost compare` on simulated runs (a minute)."""
    develop(session, "python", "-m", "bench.compare.power", *session.posargs)


@nox.session(python=False, default=False)
def identical(session: nox.Session) -> None:
    """Compare identical runs with each other: `nox -s identical -- FOLDER-OF-RUNS --keep FILE.json.xz`."""
    develop(session, "python", "-m", "bench.compare.identical", *session.posargs)


@nox.session(python=False)
def tests(session: nox.Session) -> None:
    """Run the tests that protect a change (a quarter of an hour): `nox -s tests -- [options of pytest]`."""
    develop(session, "pytest", *PARALLEL, *WITHOUT_FAULTS, "-m", "not full", *session.posargs)


@nox.session(name="tests-full", python=False, default=False)
def tests_full(session: nox.Session) -> None:
    """Run the tests that `tests` leaves out: all cells, the interpreter of Triton, proofs by compiling."""
    develop(session, "pytest", *PARALLEL, *WITHOUT_FAULTS, "-m", "full", *session.posargs)


@nox.session(python=False, default=False)
def faults(session: nox.Session) -> None:
    """Break sweeps, folders and inputs on purpose, and print how often (under 20 minutes): `nox -s faults`."""
    program = str(environment(session, "dev", "ray", "triton") / "pytest")
    session.run(program, "tests/faults", "-p", "no:xdist", "-m", "faults", *session.posargs, external=True)


@nox.session(python=False, default=False)
def coverage(session: nox.Session) -> None:
    """Run all tests and report the share of lines and branches that they execute, in child processes too."""
    develop(session, "coverage", "erase")
    develop(session, "coverage", "run", "-m", "pytest", *PARALLEL, *WITHOUT_FAULTS, *session.posargs)
    develop(session, "coverage", "combine", "--quiet")
    develop(session, "coverage", "report")


@nox.session(python=False, default=False)
def minimums(session: nox.Session) -> None:
    """Run `tests` with the oldest versions that pyproject.toml allows, in an environment of its own."""
    project = nox.project.load_toml(ROOT / "pyproject.toml")["project"]
    extras = project["optional-dependencies"]
    bounds = [*project["dependencies"], *extras["triton"], *extras["test"]]
    make_environment(session, VENV_MINIMUMS)
    oldest = VENV_MINIMUMS / "oldest.txt"
    oldest.write_text("\n".join(bound.replace(">=", "==") for bound in bounds))
    pip(session, VENV_MINIMUMS, "-c", str(oldest), "-e", ".[test,triton]")
    options = (*PARALLEL, *WITHOUT_FAULTS, "-m", "not full", *session.posargs)
    session.run(str(programs(VENV_MINIMUMS) / "pytest"), *options, external=True)


@nox.session(python=False)
def lint(session: nox.Session) -> None:
    """Check style and format."""
    develop(session, "ruff", "check", ".")
    develop(session, "ruff", "format", "--check", ".")


@nox.session(python=False)
def typecheck(session: nox.Session) -> None:
    """Check types, strictly."""
    develop(session, "mypy")
