"""The commands and code of the pages: how tests shorten long ones, and which ones they cannot run, and why."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from bench.qualify.questions import Effort
from tests.docs.markdown import DOCS, ROOT, fences, shell_lines, written_pages


@dataclass(frozen=True, slots=True)
class Shorter:
    """How a test shortens a command: by options appended to it, which override those before, and by smaller amounts.

    `amounts` are constants of modules, for commands without an option for less. `codes` are the exit codes of success:
    so little measuring may miss a limit, which is exit code 1.
    """

    appended: str = ""
    amounts: Mapping[str, Any] = field(default_factory=dict)
    codes: tuple[int, ...] = (0,)


# One thread: several would wait for each other, and for the tests beside this one.
_ONCE = "--threads 1 --processes 1 --max-seconds 0.05 --no-energy"
_ONE = f"-i torch {_ONCE}"
_BASE = f"-a kernel=3 {_ONE}"
_ONE_RUN = Effort(quiet=1, busy=0, convolutions=("mb1ic4ih8oc4kh3ph1",), candidate_s=0.02, processes=1)
_FEW_RUNS = {"bench.qualify.questions.FULL": _ONE_RUN, "bench.qualify.questions.QUICK": _ONE_RUN}
_FEW_SHAPES = {"bench.predict.regret.SHAPES": 1, "bench.predict.regret.QUICK_SHAPES": 1}
_MET_OR_NOT = (0, 1)
_KERNELS = Shorter("--class grouped -i direct --threads 1 --max-seconds 0.05 --limit 1s", codes=_MET_OR_NOT)
_QUALIFY = Shorter("--threads 1", _FEW_RUNS, _MET_OR_NOT)
_REGRET = Shorter("--threads 1 --max-seconds 0.05", _FEW_SHAPES, _MET_OR_NOT)

SHORTER: dict[str, Shorter] = {
    "convcost calibrate": Shorter("--threads 1 -p fp32"),
    "convcost duet mb1ic64ih56oc64kh3ph1 --b-env OMP_WAIT_POLICY=passive": Shorter(
        "-i torch --threads 1 --pairs 3 --max-seconds 0.05", codes=_MET_OR_NOT
    ),
    "convcost fit results/reference/intel-xeon-2-cores/kernels.json.xz -o model.json": Shorter("--predictor flops"),
    "convcost kernels": _KERNELS,
    "convcost measure mb1ic64ih56oc64kh3ph1": Shorter("--threads 1 --processes 1 --max-seconds 0.2"),
    "convcost measure mb1ic64ih56oc64kh3ph1 --load mine.py": Shorter(
        "--threads 1 --processes 1 --max-seconds 0.1 -i torch -i shift-and-add"
    ),
    "convcost measure mb1ic64ih1000iw15oc128kh1kw1 --data normal --data subnormal": Shorter(
        "-i direct --threads 1 --processes 1 --max-seconds 0.1"
    ),
    "convcost measure mb1ic64ih56oc64kh3ph1 --predict model.json": Shorter(
        "-i torch --threads 1 --processes 1 --max-seconds 0.1"
    ),
    "convcost network layers.txt": Shorter(_ONE),
    "convcost network model.onnx": Shorter(_ONE),
    "convcost network model.pt2": Shorter(_ONE),
    "convcost network my_model.py:make --input 1x3x224x224": Shorter(_ONE),
    "convcost network model.onnx --whole --against all": Shorter("--max-seconds 0.05 --threads 1"),
    "convcost network resnet-18 --choice resnet-18.json": Shorter("--dry-run"),
    "convcost network resnet-50": Shorter("--dry-run"),
    "convcost overhead": Shorter("--pairs 1"),
    "convcost qualify": _QUALIFY,
    "convcost regret": _REGRET,
    "convcost sweep": Shorter(_BASE),
    "convcost sweep --json": Shorter(_BASE),
    "convcost sweep channels -a 'channels[pow2]=[4:9]' -a kernel=5": Shorter("--dry-run"),
    "convcost sweep crossover": Shorter(f"-a kernel=3,1 -a channels=8,16 -a size=8 {_ONE}"),
    "convcost sweep layers.csv": Shorter(_ONE),
    "convcost sweep layers.txt": Shorter(_ONE),
    "convcost sweep lenet-5 -i torch -i im2col": Shorter(_ONCE),
    "convcost sweep mine.toml": Shorter("--dry-run"),
    "convcost sweep quick --budget 10m": Shorter(f"{_BASE} --budget 1s"),
    "convcost sweep resnet-50": Shorter("--dry-run"),
    "perf record convcost measure mb1ic64ih56oc64kh3ph1 --in-process -i direct --seconds 10": Shorter("--seconds 1"),
    "convcost validate": Shorter("--threads 1 --limit 2s"),
    "convcost validate --range": Shorter("-i direct -i winograd-f6 --threads 1"),
}

_NETWORK = "it installs from the network"
_INSIDE = "it is a session of nox, which makes an environment from the network; CI runs the sessions themselves"
_GPU = "it needs a CUDA GPU"
_SENSOR = "it needs joules that a sensor measured, which most machines do not have"
_SETTINGS = "it changes the clock or the power of the machine, as root"
_ANY = "it stands for any command"
_CLUSTER = "it needs the library ray; tests/faults/fleet/ runs a cluster on loopback"
_LONG = "it takes a minute of fitting; tests/bench/predict/judged/ holds its limits"
_STUDY = "it is a session of nox that measures for minutes; tests/bench/predict/study/ holds its words"
_SIMULATES = "it simulates for minutes"
_ALIKE = "only its options differ from another command of the pages that is run"
_MEASURES = (
    "it measures for minutes, and refuses to fit fewer shapes; tests/bench/predict/learning/ runs it on forged times"
)

NOT_RUN: dict[str, str] = {
    **dict.fromkeys(
        (
            "PIP_EXTRA_INDEX_URL=https://download.pytorch.org/whl/cpu nox -s sweep",
            "pip install -c constraints.txt -e '.[triton]'",
            "pip install -c constraints.txt -e .",
            "pip install -c constraints.txt -e '.[onnx]'",
            "pip install -c constraints.txt -e '.[rivals]'",
            "pip install torch==2.13.0 --index-url https://download.pytorch.org/whl/cpu",
            "pipx run nox -s sweep",
            ".venv-new/bin/pip install torch==2.14.1 -e .",
            "pip install 'convcost[history]'",
            "pip install 'convcost[ray]'",
            "python -m venv",
            "python -m venv .venv-new",
            "convcost duet quick --b .venv-new -i torch -i onednn",
            "python3 -m pip install nox",
            "python3 -m pip install nox && nox -s sweep",
        ),
        _NETWORK,
    ),
    **dict.fromkeys(
        (
            "nox",
            *(
                f"nox -s {name}"
                for name in ("coverage", "docs", "faults", "lint", "minimums", "tests", "tests-full", "typecheck")
            ),
        ),
        _INSIDE,
    ),
    **dict.fromkeys(
        (
            "convcost kernels --device cuda",
            "convcost kernels --device cuda --quick",
            "convcost measure mb1ic64ih56oc64kh3ph1 --device cuda -i implicit-gemm --in-process --calls 10",
            "convcost qualify --device cuda --quick",
            "convcost sweep quick --device cuda",
            "convcost validate --device cuda",
            "python3 bench/borrowed_gpu/session.py all --out visit",
        ),
        _GPU,
    ),
    **dict.fromkeys(
        (
            "convcost energy-fit results/RUN --write zen4.json",
            "convcost report results/RUN --energy-model zen4.json",
            "convcost sweep full --energy all",
        ),
        _SENSOR,
    ),
    **dict.fromkeys(
        (
            "convcost measure mb1ic64ih56oc64kh3ph1 --set governor=performance",
            "convcost sweep quick -a governor=performance,powersave",
            "convcost sweep quick -a gpu_clock=1200,1500",
            "convcost sweep quick -a gpu_clock=as-is,1200,1500",
            "convcost sweep quick -a power_limit=200,300",
        ),
        _SETTINGS,
    ),
    **dict.fromkeys(
        (
            "convcost sweep --executor ray",
            "convcost sweep quick --executor ray --dry-run",
            "convcost sweep resnet-50 --executor ray",
            "convcost sweep resnet-50 --executor ray --address 10.0.0.1:6379 --dry-run",
            "kubectl exec -it HEAD -- convcost sweep resnet-50 --executor ray --store s3://bucket/runs",
        ),
        _CLUSTER,
    ),
    **dict.fromkeys(
        (
            "convcost kernels --busy-core",
            "convcost kernels --quick",
            "convcost kernels -i direct",
            "convcost qualify --quick",
            "convcost regret --quick",
            "convcost sweep channels",
            "convcost sweep data",
            "convcost sweep kernel-size",
            "convcost sweep lenet-5 --cpu-idle-w 60 --cpu-max-w 180 --cpu-cores 16 --grid FR --price-per-kwh 0.25",
            "convcost sweep quick",
            "convcost sweep quick --cpu-idle-w 60 --cpu-max-w 180 --cpu-cores 16",
            "convcost sweep quick --grid FR --price-per-kwh 0.25",
            "convcost sweep quick -a kernel=1,3",
            "convcost sweep quick -a threads=1,2,4",
            "convcost measure mb1ic64ih28oc64kh1 --data normal --data zeros --data subnormal",
        ),
        _ALIKE,
    ),
    "python -m tests.bench.timing.settling": "it measures the caches of the machine for half a minute",
    **dict.fromkeys(
        ("convcost sweep quick --store file:///mnt/runs", "convcost report file:///mnt/runs/RUN"),
        "it needs a folder that the reader has mounted",
    ),
    "convcost compare s3://bucket/runs/OLD s3://bucket/runs/NEW": "it needs a bucket of the reader",
    "convcost history": "it needs six runs of one machine, which a reader has made over weeks",
    "convcost history results/RUN results/RUN": "it needs six runs of one machine, which a reader has made over weeks",
    "convcost network resnet-18 --whole --against all": "it compiles a whole network, for minutes",
    "convcost compare old.json new.json": "it takes two files of the reader",
    "python -m pyperf compare_to": "it takes two files of the reader",
    "nox -s power": _INSIDE,
    "nox -s identical -- FOLDER": _INSIDE,
    "nox -s study": _STUDY,
    "nox -s study -- -i torch -i direct": _STUDY,
    ".venv/bin/convcost …": _ANY,
    "perf record --delay 5000 convcost measure …": _ANY,
    "convcost fit ../shared/data/alpha_flops_train.csv -o model.json --leave-out line": _LONG,
    "convcost fit results/reference/intel-xeon-2-cores/shapes.jsonl.xz -o model.json --leave-out family": _LONG,
    "convcost learn": _MEASURES,
    "convcost learn --minutes 20": _MEASURES,
    "python -m bench.kernels.first_use": _LONG,
    "python -m bench.predict.judged.speed": _LONG,
    "python -m tests.bench.estimates.simulated_winners": f"{_SIMULATES}; tests/bench/estimates/ holds its rates",
    "python -m tests.bench.gate.watching_cost": f"{_SIMULATES}; tests/bench/gate/ holds the effect of watching",
    "python -m bench.report.flops_study.make": _STUDY,
    "convcost fit RUN… -o model.json --of energy": _SENSOR,
    "convcost regret resnet-50": _MEASURES,
    "perf report": "it waits for keys, and shows a recording that perf may not be allowed to make",
    ". .venv/bin/activate": "it changes the user's own shell",
    "nox -s energy-check": "it reads the published results, which the repository does not hold",
    "pip freeze": "it lists the environment that was installed from the network",
}

# A session of nox that is a command of convcost, with anything after --.
_SESSION = re.compile(r"^nox -s (sweep|report|validate|qualify|kernels)(?: --)?(?= |$)")
_STANDS_FOR = {
    "COMMAND": "sweep", "NAME": "direct", "PROBLEM": "mb1ic4ih8oc4kh3ph1", "/home/me/results/RUN": "results/RUN",
}  # fmt: skip


def as_command(written: str) -> str:
    """The command that a test runs for a written one: without nox and .venv, and with a name for a placeholder."""
    if written in NOT_RUN:
        return written
    words = _SESSION.sub(r"convcost \1", written).removeprefix(".venv/bin/").split(" ")
    return " ".join(_STANDS_FOR.get(word, word) for word in words)


def commands_of_pages() -> dict[str, list[str]]:
    """Every command of the README and the pages, and the pages that it is on."""
    found: dict[str, list[str]] = {}
    for page in PAGES:
        for line in shell_lines(page.read_text(encoding="utf-8")):
            pages = found.setdefault(as_command(line), [])
            pages += [] if page.name in pages else [page.name]
    return dict(sorted(found.items()))


# The changelog is of the past: it names commands as they were.
PAGES = [page for page in written_pages() if page != ROOT / "CHANGELOG.md"]
COMMANDS = commands_of_pages()
CALLS = [command for command in COMMANDS if command not in NOT_RUN]


@dataclass(frozen=True, slots=True)
class Around:
    """Code before and after the blocks of a page: the names that it says the reader has, and a check of the result."""

    before: str = ""
    after: str = ""


AROUND: dict[Path, Around] = {
    DOCS / "networks.md": Around(after="assert difference < 1e-3\nassert fast.choice.layers\n"),
    DOCS / "using.md": Around(
        after='assert layer.plan_cache_info().plans == 1\nassert blocks["sum"].samples\n',
    ),
}


def python_of(page: Path) -> list[str]:
    """The Python blocks of a page, in order."""
    return fences(page.read_text(encoding="utf-8"), "python")


PYTHON = [page for page in PAGES if python_of(page)]
TOML = [(page, block) for page in PAGES for block in fences(page.read_text(encoding="utf-8"), "toml")]
