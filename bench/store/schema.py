"""Every column of a run's tables, with its type, unit and meaning. Missing is null, never 0."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from bench.gate.data import Data
from bench.store.column_types import AxisValue, LayerPlace, Point, plain_line
from bench.store.column_types import column as _column
from bench.store.entering import checked, require_possible
from bench.store.status import Flag, Status
from bench.tuning.value import Tuning

# The first part is raised when a column changes its type or is removed, the second when one is added or is computed
# by another rule.
SCHEMA_VERSION = "2.5"

# How the columns that are lists are read from plain data.
_READ: Mapping[str, Callable[[Any], tuple[Any, ...]]] = {
    "stride": tuple,
    "padding": tuple,
    "dilation": tuple,
    "points": lambda points: tuple(tuple(AxisValue(**value) for value in point) for point in points),
    "layers": lambda layers: tuple(LayerPlace(**layer) for layer in layers),
    "flags": lambda flags: tuple(map(Flag, flags)),
    "audit_s": tuple,
    "known_s": tuple,
}


@dataclass(frozen=True, slots=True)
class Row:
    """One case computed by one implementation: a line of measurements.parquet."""

    case_key: str = _column("the case as text; a resumed run finds its cases by it", default="")
    descriptor: str = _column("the problem in the notation of oneDNN's benchdnn (dilation counts from 0)", default="")
    batch: int = _column("images in a batch", default=0)
    ic: int = _column("input channels, of all groups", default=0)
    ih: int = _column("height of the input", default=0)
    iw: int = _column("width of the input", default=0)
    oc: int = _column("output channels, of all groups", default=0)
    oh: int = _column("height of the output", default=0)
    ow: int = _column("width of the output", default=0)
    kh: int = _column("height of the kernel", default=0)
    kw: int = _column("width of the kernel", default=0)
    stride: tuple[int, ...] = _column("[height, width]", default=())
    padding: tuple[int, ...] = _column("rows and columns of zeros: [top, bottom, left, right]", default=())
    dilation: tuple[int, ...] = _column("[height, width], counted from 1: 1 is none", default=())
    groups: int = _column("groups of channels; as many as input channels is depthwise", default=0)
    bias: bool = _column("whether the layer adds a bias", default=False)
    precision: str = _column("fp64, fp32 (IEEE), tf32, tf32x3, bf16 or fp16", default="fp32")
    layout: str = _column("nchw or nhwc, of input and output", default="nchw")
    direction: str = _column("forward", default="forward")
    device: str = _column("cpu or cuda", default="cpu")
    threads: int | None = _column("threads of the worker; null on a GPU", "threads")
    cache: str = _column("state of the caches when a sample starts: warm or cold", default="warm")
    data: str = _column(
        "values of the inputs: normal, uniform, relu, zeros, constant, integers, sparse90, subnormal, or file: and a "
        "path",
        default="normal",
    )
    weights: str | None = _column("values of the weights by the same names; null where `data` says them too")
    malloc: str | None = _column(
        "pinned: memory that a call frees stays with the process; default: as in a program that sets nothing; null on "
        "a GPU"
    )
    gpu_clock_mhz: int | None = _column(
        "clock to which the GPU was locked; null where it was as the machine has it, and on the CPU", "MHz"
    )
    power_limit_w: int | None = _column("power limit of the GPU that was set; null as above", "W")
    governor: str | None = _column(
        "governor of the processors that was set; null where it was as the machine has it, and on a GPU"
    )
    points: tuple[Point, ...] = _column(
        "the places of this case on the axes of the sweep: for each place its axes with their values", default=()
    )
    layers: tuple[LayerPlace, ...] = _column(
        "the layers of networks with this case; `count` is the number of occurrences in the network", default=()
    )
    implementation: str = _column("its registered name", default="")
    algorithm: str | None = _column("loops, direct, im2col, fft, winograd …; null where a library chooses")
    provider: str = _column("the library that runs it: numba, torch GEMM, oneDNN …", default="")
    backend: str | None = _column("the algorithm or kernel that the library chose; null if unknown")
    delegate: str | None = _column(
        "the implementation that this one chose to compute the case; null if it computes itself"
    )
    status: Status = _column("ok, wrong, unsupported, failed, crashed or timeout", default=Status.OK)  # noqa: RUF009
    reason: str | None = _column("the reason of a status that is not ok")
    side_effects: str | None = _column(
        "what the implementation changed that all candidates share, such as threads of torch 2 → 1: put back before "
        "the next one ran; null for nothing"
    )
    flags: tuple[Flag, ...] = _column(
        "warnings about an ok row: few-blocks, wide-interval (over ± 5 % of the time), wide-ratio (over ± 5 % of an "
        "`over_best` up to 1.5), noisy, one-sample, clock, impossible (less time than the measured peaks of the device "
        "allow), side-effects (see `side_effects`), faster-on-known-inputs (audit calls take longer than honest ones "
        "would; excluded from winners)",
        default=(),
    )
    time_s: float | None = _column(
        "median time of one call, in the state of the caches given by `cache`, plan excluded", "s"
    )
    time_low_s: float | None = _column(
        "lower end of the 95 % interval of the median over processes and blocks; null under 6 blocks, and where the "
        "upper end is more than twice the lower one: too noisy",
        "s",
    )
    time_high_s: float | None = _column("upper end of it", "s")
    time_unflagged_s: float | None = _column("median of the samples without evidence of interference", "s")
    time_fast_s: float | None = _column(
        "5 % quantile of the samples of all processes: near the time of an undisturbed call, used to compare runs; "
        "null under 20 samples",
        "s",
    )
    host_s: float | None = _column("median time on the host, launches included; null on the CPU", "s")
    over_best: float | None = _column(
        "time over that of the fastest on the case, paired within blocks; null where its interval is too noisy. The "
        "fastest has the least time among those with an interval; an implementation that only chose another "
        "(`delegate`) that was timed too does not count"
    )
    over_best_low: float | None = _column(
        "lower end of its interval, between processes: the intervals of a case hold together, so that with 95 % "
        "confidence none that is as fast as the best has a lower end above 1 (up to schema 2.1 each for itself); a tie "
        "if it is at most 1, and `over_best` at most 1.1"
    )
    over_best_high: float | None = _column("upper end of it")
    processes: int | None = _column("worker processes that measured the time", "processes")
    blocks: int | None = _column("blocks in random order, of all processes", "blocks")
    flagged_blocks: int | None = _column("samples with evidence of interference", "blocks")
    calls_per_sample: int | None = _column("calls in one sample, decided by the warm-up of the last visit", "calls")
    stopped_by: str | None = _column(
        "the reason why measuring ended: target_rel_ci, max_seconds, or lost: clearly slower, so timed for less"
    )
    audit_ratio: float | None = _column(
        "median of audit_s over that of known_s: about 1 if every call computes everything; null without either"
    )
    audit_s: tuple[float, ...] = _column(
        "times of audit calls: single calls after the whole input was rewritten with fresh values",
        "s",
        default=(),
    )
    known_s: tuple[float, ...] = _column(
        "times of single calls on the input of before, two values apart, to compare with; the median of each visit "
        "where a sample is one call",
        "s",
        default=(),
    )
    roofline_s: float | None = _column(
        "least time that the measured peaks allow for the algorithm's FLOPs and bytes; null if unknown",
        "s",
    )
    roofline_fraction: float | None = _column(
        "roofline_s over time_s: the share of its own least time; null where its FLOPs are unknown, as those of a "
        "library that chooses its algorithm"
    )
    peak_fraction: float | None = _column(
        "direct_flops over time_s, over the highest FLOP/s measured in its precision: the same measure for all; above "
        "1 where fewer FLOPs are executed than the definition has; null if no peak was measured"
    )
    import_s: float | None = _column(
        "time to load its module and libraries (torch is loaded before), at first use in a process, without "
        "compilation; null if everything was loaded",
        "s",
    )
    jit_s: float | None = _column(
        "time to compile kernels while it was loaded, planned and first called, in the process with the most; 0 if all "
        "came from files; null if unknown, as a library compiles unseen",
        "s",
    )
    plan_s: float | None = _column("time of plan(): packing, transforms, compilation at first use", "s")
    plan_cached_s: float | None = _column("plan_s without compilation, as where the code is in files already", "s")
    first_call_s: float | None = _column("time of the first call, compilation and page faults included", "s")
    break_even_calls: int | None = _column(
        "with its code in files: least number of calls with plan_cached_s + calls × time_s below that of the starter, "
        "the ok row of the case with the least plan_cached_s + time_s; 1 for the starter itself; null if there is "
        "none; for a row that only chose another, that of its delegate",
        "calls",
    )
    break_even_low_calls: int | None = _column(
        "lower end of the number above, from the 95 % intervals of both times; null without one of them, and where "
        "even so it never pays",
        "calls",
    )
    break_even_high_calls: int | None = _column("upper end of it; null beside a lower end: it may never pay", "calls")
    break_even_first_time_calls: int | None = _column(
        "the same for the first time on a machine, when code is compiled: with plan_cached_s plus jit_s, or plus the "
        "most jit_s of the rows of its algorithm and provider, which share code; null also if all code was in files, "
        "and for all rows of the case if a row whose code was in files may be the starter",
        "calls",
    )
    break_even_first_time_low_calls: int | None = _column(
        "lower end of the number above, as break_even_low_calls", "calls"
    )
    break_even_first_time_high_calls: int | None = _column("upper end of it, as break_even_high_calls", "calls")
    macs: int = _column("multiply–accumulates of the definition", "MAC", default=0)
    direct_flops: int = _column("2 × MACs, by the definition, not by the algorithm", "FLOP", default=0)
    executed_flops: int | None = _column(
        "additions and multiplications executed, counted by the implementation", "FLOP"
    )
    compulsory_bytes: int = _column("bytes of x, weight, bias and output, once each", "B", default=0)
    bytes_moved: int | None = _column("array reads and writes of all passes, counted by the implementation", "B")
    workspace_bytes: int | None = _column("most temporary memory at once, counted by the implementation", "B")
    peak_bytes: int | None = _column(
        "most memory of one call, output included, measured; null under 16 pages or if the system reports none", "B"
    )
    plan_bytes: int | None = _column("packed weights or transformed filters kept between calls", "B")
    error_rms: float | None = _column("rms error over rms of the float64 result (the larger of measured and expected)")
    error_rms_limit: float | None = _column("largest error_rms that passes")
    error_share: float | None = _column("largest |error| over the bound of its element; above 1 is wrong")
    bound: str | None = _column("the algorithm whose error bound applies")
    seed: int = _column("seed of the inputs", default=0)
    command: str = _column("the command that measures this row again", default="")

    @property
    def data_label(self) -> str:
        """The values of inputs and weights in words, empty for N(0, 1)."""
        return Data(self.data, self.weights).label

    @property
    def tuning(self) -> Tuning:
        """The settings of clock and power that the row was measured with."""
        return Tuning(self.gpu_clock_mhz, self.power_limit_w, self.governor)

    @property
    def interval_s(self) -> tuple[float, float] | None:
        """Both ends of the 95 % interval of the time; None without one."""
        return None if self.time_low_s is None or self.time_high_s is None else (self.time_low_s, self.time_high_s)

    def as_dict(self) -> dict[str, Any]:
        """The row as plain data, as JSON and the tables have it."""
        return plain_line(self)

    def as_record(self) -> dict[str, Any]:
        """The row as the journal holds it: without the columns that are null."""
        return {name: value for name, value in self.as_dict().items() if value is not None}

    @classmethod
    def from_dict(cls, record: Mapping[str, Any]) -> Row:
        """The inverse of `as_dict` and `as_record`: a column that is missing has its default.

        Raises ValueError for an unknown status or flag, a value that its column cannot hold, and sizes that make no
        problem; TypeError for an unknown column or key.
        """
        columns = checked(cls, record)
        columns["status"] = Status(columns["status"])
        for name, read in _READ.items():
            if name in columns:
                columns[name] = read(columns[name])
        row = cls(**columns)
        require_possible(row)
        return row


@dataclass(frozen=True, slots=True)
class Sample:
    """One timed sample, in the order measured: a line of samples.parquet.

    The first two columns are empty until the table is made: before, samples are kept by case and implementation.
    """

    case_key: str = _column("the row's case_key", default="")
    implementation: str = _column("the row's implementation", default="")
    process: int = _column("number of the worker process, from 0", default=0)
    draw: int = _column("number of the plan and memory layout within its process, from 0", default=0)
    block: int = _column("number of the block, from 0", default=0)
    position: int = _column("position within its block, from 0", default=0)
    start_s: float = _column("start of the sample, since its worker began with the case", "s", default=0.0)
    time_s: float = _column("time of one call: duration over calls_per_sample", "s", default=0.0)
    host_s: float | None = _column("the same on the host's clock, launches included; null on the CPU", "s")
    involuntary_switches: int | None = _column("number of times that a thread was taken off its processor")
    page_faults: int | None = _column("number of page faults of the process")
    pressure_s: float | None = _column("time in which a task of the machine waited for a processor", "s")
    steal_s: float | None = _column("time that the hypervisor gave to other machines", "s")
    probe_s: float | None = _column("time of a fixed piece of work right after the sample", "s")
    frequency_hz: float | None = _column("mean clock of the worker's processors right after the sample", "Hz")
    sm_clock_hz: float | None = _column("clock of the GPU's multiprocessors right after the sample", "Hz")
    throttle_reasons: tuple[str, ...] | None = _column("reasons why the GPU was slowed; empty if it was not")
    flags: tuple[str, ...] = _column(
        "reasons to suspect interference: no-duration, preempted, steal, pressure, slow-probe, page-faults, "
        "slow-clock, throttled",
        default=(),
    )
