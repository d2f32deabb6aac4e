"""Reads command lines of cutlass_profiler. Source: CUTLASS, tools/profiler/src/conv2d_operation_profiler.cu.

Sizes that a line leaves out have the defaults of the profiler; outputs (--p, --q) that it gives determine the trailing
padding. Options that choose a kernel, a layout or a way of timing are passed over.
"""

from __future__ import annotations

import re
from collections.abc import Mapping

from bench.cost.layer import Layer
from bench.networks.pasted.pasted_format import Pasted, PastedError, impossible, one_of
from bench.networks.pasted.words import Given, long_options, require_known, split, whole
from impls import ConvError, ConvProblem

_OPERATIONS = {"conv2d": True}
# Sizes by the letters of a descriptor, with the profiler's own names and default; dilation counts from 1.
_SIZES = {
    "mb": (("n", "input_n"), 1), "ih": (("h", "input_h"), 16), "iw": (("w", "input_w"), 16),
    "ic": (("c", "input_c"), 64), "oc": (("k", "filter_k"), 64), "kh": (("r", "filter_r"), 3),
    "kw": (("s", "filter_s"), 3), "g": (("g", "groups"), 1), "ph": (("pad_h",), 1), "pw": (("pad_w",), 1),
    "sh": (("stride_h",), 1), "sw": (("stride_w",), 1), "dh": (("dilation_h",), 1), "dw": (("dilation_w",), 1),
}  # fmt: skip
_OUTPUTS: Mapping[str, tuple[str, ...]] = {"oh": ("p", "output_p"), "ow": ("q", "output_q")}
_TENSORS = ("Activation", "Filter", "Output")
_TYPES = {"f64": "fp64", "f32": "fp32", "tf32": "tf32", "bf16": "bf16", "f16": "fp16"}
# With another value than the usual one of these options, the line is no convolution that is measured here.
_USUAL = {
    "conv_kind": ("fprop", {"fprop": True}),
    "conv_mode": ("cross", {"cross": True}),
    "alpha": ("1", {"1": True, "1.0": True}),
    "epilogue::alpha": ("1", {"1": True, "1.0": True}),
    "beta": ("0", {"0": True, "0.0": True}),
    "epilogue::beta": ("0", {"0": True, "0.0": True}),
}
_PASSED_OVER = frozenset(
    {
        "kernels", "ignore-kernels", "providers", "op_class", "accum", "accumulator-type", "iterator_algorithm",
        "iterator_algo", "split_k_mode", "split-k-mode", "split_k_slices", "split-k-slices", "eq_gemm_provider",
        "eq-gemm-provider", "cta_m", "cta_n", "cta_k", "stages", "warps_m", "warps_n", "warps_k", "inst_m", "inst_n",
        "inst_k", "min_cc", "max_cc", "mode", "device", "devices", "llc-capacity", "verification-enabled",
        "verification-providers", "verification-required", "epsilon", "nonzero-floor", "save-workspace", "verbose",
        "warmup-iterations", "profiling-iterations", "profiling-enabled", "profiling-duration", "min-iterations",
        "sleep-duration", "workspace-count", "use-cuda-graphs", "output", "append", "tags", "junit-output",
        "print-kernel-before-running", "report-not-run", "sort-results", "dist", "seed", "initialization-enabled",
        "initialization-provider",
    }
)  # fmt: skip
_PROGRAM = re.compile(r"(?:\S*/)?cutlass_profiler\s")


class CutlassLine:
    """One command line: `cutlass_profiler --operation=Conv2d --n=32 --h=14 …`."""

    name = "cutlass_profiler"

    def recognises(self, text: str) -> bool:
        """Whether the line begins with the program."""
        return _PROGRAM.match(text) is not None

    def read(self, text: str) -> Pasted:
        """The one layer of a line; without types of its tensors it has no precision of its own."""
        match = _PROGRAM.match(text)
        options = long_options("cutlass_profiler", split(text, match.end() if match else 0))
        for name, given in options.items():
            require_known("cutlass_profiler", f"--{name}", given.column, _known())
        operation = options.get("operation", Given("", 1))
        one_of("--operation", operation.value.lower(), _OPERATIONS, operation.column)
        for name, (usual, allowed) in _USUAL.items():
            given = options.get(name, Given(usual, 1))
            one_of(f"--{name}", given.value, allowed, given.column)
        problem = _problem(options)
        return Pasted((Layer(problem, problem.descriptor, precision=_precision(options)),))


def _known() -> frozenset[str]:
    sizes = [name for names, _ in _SIZES.values() for name in names]
    outputs = [name for names in _OUTPUTS.values() for name in names]
    return _PASSED_OVER.union(sizes, outputs, _TENSORS, _USUAL, ["operation"])


def _problem(options: Mapping[str, Given]) -> ConvProblem:
    fields = {letters: _size(options, names, usual) for letters, (names, usual) in _SIZES.items()}
    for letters in ("dh", "dw"):
        # A descriptor counts dilation from 0.
        fields[letters] = (fields[letters] or 0) - 1
    fields |= {letters: _size(options, names, None) for letters, names in _OUTPUTS.items()}
    descriptor = "".join(f"{letters}{value}" for letters, value in fields.items() if value is not None)
    try:
        return ConvProblem.parse(descriptor)
    except ConvError as error:
        raise impossible(error, 1) from error


def _size(options: Mapping[str, Given], names: tuple[str, ...], usual: int | None) -> int | None:
    for name in names:
        if name in options:
            return whole(f"--{name}", options[name])
    return usual


def _precision(options: Mapping[str, Given]) -> str | None:
    """The one precision of the named tensors, None without any. Raises PastedError for several."""
    found: str | None = None
    for name in _TENSORS:
        if name in options:
            given = options[name]
            precision = one_of(f"the type of --{name}", given.value.partition(":")[0], _TYPES, given.column)
            if found not in (None, precision):
                message = f"--{name} is {precision}, another tensor {found}; allowed: one type for all of them"
                raise PastedError(message, given.column)
            found = precision
    return found
