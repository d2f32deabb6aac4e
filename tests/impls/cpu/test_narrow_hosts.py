"""Every algorithm is right when compiled for processors with AVX2, and for those without AVX."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[3]
AVX2 = {
    "NUMBA_CPU_NAME": "haswell",
    "NUMBA_CPU_FEATURES": "+sse3,+ssse3,+sse4.1,+sse4.2,+avx,+avx2,+fma,+f16c,+bmi,+bmi2",
}
GENERIC = {"NUMBA_CPU_NAME": "generic"}
ALL = ["direct", "implicit-gemm", "winograd-f2", "winograd-f4", "winograd-f5", "winograd-f6", "fft", "fft-tiled"]

# Numba reads its settings on import, so each processor has a process of its own. Prints the bytes of a vector, the
# registers of a compiled sum of two vectors, and the implementations that computed.
PROGRAM = """
import re, sys
import impls
from bench.gate.gate import gate
from bench.gate.inputs import draw
from impls.cpu.compiler import generated
from impls.cpu.compiler.host import vector_unit

head = generated.header("float32", vector_unit().lanes(4), ("load", "store", "add"))
double = "@kernel(2)\\ndef double(x, y):\\n    store(y, 0, add(load(x, 0), load(x, 0)))\\n"
_, library = generated.compiled(head + double, "double_")
print(vector_unit().bytes, *sorted(set(re.findall("%([xyz]mm)", library.get_asm_str()))))
for number, descriptor in enumerate(sys.argv[1:]):
    # Layouts alternate, because compiling takes most of the time.
    for precision, layout in zip(("fp32", "fp64"), (("nchw", "nhwc"), ("nhwc", "nchw"))[number % 2]):
        case = impls.Case(impls.ConvProblem.parse(descriptor, bias=True), precision, layout)
        inputs = draw(case, 5)
        for name in NAMES:
            if impls.get(name).why_not(case) is None:
                verdict = gate(impls.get(name), case, inputs).verdict
                assert verdict.ok, f"{name} on {descriptor} {precision} {layout}: {verdict.reason}"
                print(name)
"""
PROBLEMS = (
    "mb2ic5ih9iw11oc19kh3ph1kw3pw1",
    "mb1ic17ih8oc9kh1",
    "mb1ic3ih13iw10oc20kh5sh2ph2kw5sw3pw2",
    "g6mb1ic6ih9oc6kh3ph1",
    "g2mb1ic8ih9oc12kh3ph2dh1",
    "mb1ic1ih30oc2kh13ph6",
)


@pytest.mark.full
@pytest.mark.slow
@pytest.mark.skipif(sys.platform == "darwin" or os.uname().machine != "x86_64", reason="widths of x86-64")
@pytest.mark.parametrize(("host", "width", "registers"), [(AVX2, 32, {"ymm"}), (GENERIC, 16, {"xmm"})])
def test_every_algorithm_is_right_on_narrower_processors(host: dict[str, str], width: int, registers: set[str]) -> None:
    done = subprocess.run(
        [sys.executable, "-c", f"NAMES = {ALL}{PROGRAM}", *PROBLEMS], env=os.environ | host | {"PYTHONPATH": str(ROOT)},
        capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    (found, *used), *computed = (line.split() for line in done.stdout.splitlines())
    assert (int(found), set(used)) == (width, registers)
    assert {name for (name,) in computed} == set(ALL)
