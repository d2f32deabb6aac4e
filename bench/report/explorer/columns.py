"""Every column that the explorer and the table offer, with its unit and the value that a row has in it.

Costs are those of rows proven right; measured, modelled and bracketed joules are columns of their own.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from bench.report.explorer.joule_columns import JOULES, energy_source
from bench.report.explorer.lines import PageLine
from bench.report.explorer.offers import CASE, COSTS, ERROR, MEMORY, NAME, PLAN, WORK, Offer
from bench.report.findings.results import Result
from bench.rows.standing import usable

_Of = Callable[[Result], float | None]


@dataclass(frozen=True, slots=True)
class _Size:
    """The value of a size of the problem, by its name in `Result.sizes`."""

    name: str

    def __call__(self, line: PageLine) -> object:
        value = dict(line.result.sizes).get(self.name)
        if isinstance(value, tuple):
            # Both directions are nearly always the same, and then it is a number.
            return value[0] if len(set(value)) == 1 else "x".join(map(str, value))
        return value


def _if_ok(of: _Of) -> Callable[[PageLine], object]:
    return lambda line: of(line.result) if line.is_ok else None


def _ratio(result: Result) -> float | None:
    """The ratio to the fastest; None where its interval is too wide, as it may be in runs of older versions."""
    low, high = result.over_best_low, result.over_best_high
    return result.over_best if low is None or high is None or usable(low, high) else None


def _ratio_end(place: int) -> Callable[[PageLine], object]:
    return _end(lambda result: usable(result.over_best_low, result.over_best_high), place)


def _further(name: str, *, needs_ok: bool = True) -> Callable[[PageLine], object]:
    return lambda line: line.number(name) if line.is_ok or not needs_ok else None


def _end(of: Callable[[Result], tuple[float, float] | None], place: int) -> Callable[[PageLine], object]:
    return lambda line: None if not line.is_ok or (ends := of(line.result)) is None else ends[place]


def _layers(line: PageLine) -> str:
    return ", ".join(f"{place.layer_set} {place.layer} ×{place.count}" for place in line.result.layers)


def _networks(line: PageLine) -> str:
    return ", ".join(dict.fromkeys(place.layer_set for place in line.result.layers))


_NAMES = (
    Offer("implementation", "implementation", NAME, lambda line: line.result.implementation, is_text=True),
    Offer("status", "status", NAME, lambda line: str(line.result.status), is_text=True),
    Offer("flags", "flags", NAME, lambda line: ", ".join(map(str, line.result.flags)), is_text=True),
    Offer("reason", "reason", NAME, lambda line: line.result.reason, is_text=True),
    Offer("algorithm", "algorithm", NAME, lambda line: line.text("algorithm"), is_text=True),
    Offer("provider", "provider", NAME, lambda line: line.text("provider"), is_text=True),
    Offer("backend", "backend", NAME, lambda line: line.text("backend"), is_text=True),
    Offer("delegate", "chose", NAME, lambda line: line.result.delegate, is_text=True),
)

_CASES = (
    Offer("problem", "problem", CASE, lambda line: line.result.descriptor, is_text=True, of_case=True,
          meaning="the problem in the notation of oneDNN's benchdnn (dilation counts from 0)"),
    Offer("device", "device", CASE, lambda line: line.result.group.device, is_text=True, of_case=True),
    Offer("precision", "precision", CASE, lambda line: line.result.group.precision, is_text=True, of_case=True),
    Offer("layout", "layout", CASE, lambda line: line.result.group.layout, is_text=True, of_case=True),
    Offer("threads", "threads", CASE, lambda line: line.result.group.threads, of_case=True),
    Offer("cache", "caches", CASE, lambda line: line.result.group.cache, is_text=True, of_case=True),
    Offer("data", "data", CASE, lambda line: line.result.group.data or "normal", is_text=True, of_case=True),
    Offer("malloc", "malloc", CASE, lambda line: line.result.group.malloc, is_text=True, of_case=True),
    Offer("tuning", "clock and power", CASE, lambda line: line.result.group.tuning.label, is_text=True, of_case=True,
          meaning="settings of clock and power that the sweep made; empty where the machine was left as it is"),
    Offer("network", "network", CASE, _networks, is_text=True, of_case=True, meaning="networks with this case"),
    Offer("layers", "layers", CASE, _layers, is_text=True, of_case=True),
    Offer("batch", "batch", CASE, _Size("batch"), of_case=True),
    Offer("ic", "input channels", CASE, _Size("ic"), of_case=True),
    Offer("oc", "output channels", CASE, _Size("oc"), of_case=True),
    Offer("ih", "input height", CASE, _Size("ih"), of_case=True),
    Offer("iw", "input width", CASE, _Size("iw"), of_case=True),
    Offer("oh", "output height", CASE, _further("oh", needs_ok=False), of_case=True),
    Offer("ow", "output width", CASE, _further("ow", needs_ok=False), of_case=True),
    Offer("kh", "kernel height", CASE, _Size("kh"), of_case=True),
    Offer("kw", "kernel width", CASE, _Size("kw"), of_case=True),
    Offer("stride", "stride", CASE, _Size("stride"), is_text=True, of_case=True),
    Offer("dilation", "dilation", CASE, _Size("dilation"), is_text=True, of_case=True),
    Offer("groups", "groups", CASE, _Size("groups"), of_case=True),
    Offer("direct_flops", "FLOPs of the definition", CASE, lambda line: line.result.direct_flops, "FLOP",
          of_case=True),
    Offer("compulsory_bytes", "bytes to read and write", CASE, _further("compulsory_bytes", needs_ok=False), "B",
          of_case=True),
)  # fmt: skip

_COSTS = (
    Offer("time_s", "time of a call", COSTS, _if_ok(lambda r: r.time_s), "s", ends=("time_low_s", "time_high_s")),
    Offer("time_low_s", "time, lower end", COSTS, _end(lambda r: r.interval_s, 0), "s", is_end=True),
    Offer("time_high_s", "time, upper end", COSTS, _end(lambda r: r.interval_s, 1), "s", is_end=True),
    Offer("over_best", "time over the fastest", COSTS, _if_ok(_ratio), "×",
          ends=("over_best_low", "over_best_high")),
    Offer("over_best_low", "ratio, lower end", COSTS, _ratio_end(0), "×", is_end=True),
    Offer("over_best_high", "ratio, upper end", COSTS, _ratio_end(1), "×", is_end=True),
    Offer("gflops", "direct GFLOP/s", COSTS, _if_ok(lambda r: r.rate_gflops), "GFLOP/s",
          ends=("gflops_low", "gflops_high"), meaning="FLOPs of the definition over the time, not those executed"),
    Offer("gflops_low", "GFLOP/s, lower end", COSTS, _end(lambda r: r.rate_interval_gflops, 0), "GFLOP/s",
          is_end=True, meaning="from the upper end of the time"),
    Offer("gflops_high", "GFLOP/s, upper end", COSTS, _end(lambda r: r.rate_interval_gflops, 1), "GFLOP/s",
          is_end=True, meaning="from the lower end of the time"),
    Offer("roofline_fraction", "share of the roofline", COSTS, _if_ok(lambda r: r.other.roofline_fraction)),
    Offer("peak_fraction", "share of peak FLOP/s", COSTS, _further("peak_fraction")),
    *JOULES,
    Offer("energy_source", "source of the energy", NAME, energy_source, is_text=True,
          meaning="measured, modelled or bracketed; the meter or model; the part of the machine; two sources are "
                  "never in one series"),
)  # fmt: skip

_OTHERS = (
    Offer("error_rms", "rms error", ERROR, lambda line: line.result.error_rms),
    Offer("error_rms_limit", "largest rms error that passes", ERROR, lambda line: line.result.error_rms_limit),
    Offer("error_share", "share of the error bound", ERROR, lambda line: line.result.error_share),
    Offer("workspace_bytes", "workspace", MEMORY, _if_ok(lambda r: r.other.workspace_bytes), "B"),
    Offer("plan_bytes", "memory of the plan", MEMORY, _if_ok(lambda r: r.other.plan_bytes), "B"),
    Offer("peak_bytes", "peak memory of a call", MEMORY, _if_ok(lambda r: r.other.peak_bytes), "B"),
    Offer("plan_s", "time to plan", PLAN, _if_ok(lambda r: r.other.plan_s), "s"),
    Offer("plan_cached_s", "time to plan, code in files", PLAN, _further("plan_cached_s"), "s"),
    Offer("jit_s", "time to compile", PLAN, _if_ok(lambda r: r.other.jit_s), "s"),
    Offer("import_s", "time to load", PLAN, _further("import_s"), "s"),
    Offer("first_call_s", "first call", PLAN, _if_ok(lambda r: r.other.first_call_s), "s"),
    Offer("break_even_calls", "pays from", PLAN, _if_ok(lambda r: r.other.break_even_calls), "calls",
          ends=("break_even_low_calls", "break_even_high_calls")),
    Offer("break_even_low_calls", "pays from, lower end", PLAN, _if_ok(lambda r: r.other.break_even_low_calls),
          "calls", is_end=True),
    Offer("break_even_high_calls", "pays from, upper end", PLAN, _if_ok(lambda r: r.other.break_even_high_calls),
          "calls", is_end=True),
    Offer("break_even_first_time_calls", "pays from, with compiling", PLAN,
          _if_ok(lambda r: r.other.break_even_first_time_calls), "calls"),
    Offer("executed_flops", "FLOPs executed", WORK, _further("executed_flops"), "FLOP"),
    Offer("bytes_moved", "bytes moved", WORK, _further("bytes_moved"), "B"),
)  # fmt: skip

OFFERS = (*_NAMES, *_CASES, *_COSTS, *_OTHERS)
