"""Examines the libraries of this process: precision, threads and malloc. Loads torch."""

from __future__ import annotations

import platform
import re
from collections.abc import Mapping
from typing import Any

from bench.doctor.finding import Finding, Rating, judged
from bench.doctor.system import System
from bench.machine.pinning import variables as pinned_variables
from bench.machine.threads import openmp_threads

TORCH = "torch"
_PRECISION, _THREADS, _MALLOC = "precision", "threads", "malloc"
# Variables that change the arithmetic or the instructions of torch, oneDNN, MKL and cuBLAS.
_ARITHMETIC = (
    "ATEN_CPU_CAPABILITY", "DNNL_DEFAULT_FPMATH_MODE", "DNNL_MAX_CPU_ISA", "MKL_CBWR", "MKL_ENABLE_INSTRUCTIONS",
    "NVIDIA_TF32_OVERRIDE", "ONEDNN_DEFAULT_FPMATH_MODE", "ONEDNN_MAX_CPU_ISA", "TORCH_ALLOW_TF32_CUBLAS_OVERRIDE",
)  # fmt: skip
_THREADING = re.compile(r"^(OMP|GOMP|KMP|MKL|OPENBLAS|NUMBA)_\w*(THREAD|AFFINITY|BIND|PLACES|DYNAMIC|SPIN|WAIT|BLOCK)")
_MALLOCS = re.compile(r"lib(jemalloc|tcmalloc|mimalloc|hoard|snmalloc)\b")
# Flags in /proc/cpuinfo for 16-bit arithmetic. Without them a library converts to fp32 and back.
_SIXTEEN_BITS = {"bf16": ("avx512_bf16", "amx_bf16", "bf16"), "fp16": ("avx512_fp16", "amx_fp16", "asimdhp")}


def precision(system: System, variables: Mapping[str, str]) -> list[Finding]:
    """torch's instruction set, 16-bit arithmetic on the CPU, TF32, and variables that change any of them."""
    try:
        import torch
    except (ImportError, OSError) as error:
        remedy = f"torch is needed for every measurement: pip install -c constraints.txt -e . ({error})"
        return [Finding(_PRECISION, TORCH, None, Rating.MISSING, remedy)]
    found = [Finding(_PRECISION, TORCH, f"{torch.__version__}, kernels for {torch.backends.cpu.get_cpu_capability()}")]
    if torch.backends.mkldnn.is_available():
        found += [_sixteen_bits(name, torch, system.flags()) for name in _SIXTEEN_BITS]
    else:
        found.append(
            Finding(
                _PRECISION,
                "oneDNN",
                None,
                Rating.MISSING,
                "this torch is built without oneDNN: the implementation onednn refuses",
            )
        )
    found.append(_reduced_on_cpu(torch))
    if torch.cuda.is_available():
        found.append(_tf32(torch))
    changed = [f"{name}={variables[name]}" for name in _ARITHMETIC if name in variables]
    if changed:
        found.append(Finding(_PRECISION, "set by you", ", ".join(changed), Rating.MIND, _unset(changed)))
    return found


def _sixteen_bits(name: str, torch: Any, flags: frozenset[str]) -> Finding:
    label = f"{name} on the CPU"
    # torch has no public query. Its oneDNN convolutions call this one too.
    if not getattr(torch.ops.mkldnn, f"_is_mkldnn_{name}_supported")():
        remedy = (
            f"the implementation onednn refuses {name} here; leave {name} out with -p, or measure other implementations"
        )
        return Finding(_PRECISION, label, "not by oneDNN", Rating.MIND, remedy)
    if not flags:
        return Finding(_PRECISION, label, "by oneDNN")
    has_it = any(flag in flags for flag in _SIXTEEN_BITS[name])
    slow = f"the processor has no {name} instructions: {name} is not faster than fp32"
    return judged(
        _PRECISION, label, "by oneDNN, " + ("in hardware" if has_it else "converted to fp32"), None if has_it else slow
    )


def _reduced_on_cpu(torch: Any) -> Finding:
    """Whether oneDNN may compute fp32 with lower precision (bf16 or TF32) inside."""
    owners = {"conv": torch.backends.mkldnn.conv, "matmul": torch.backends.mkldnn.matmul}
    modes = {name: str(getattr(owner, "fp32_precision", "none")) for name, owner in owners.items()}
    reduced = [f"{name}: {mode}" for name, mode in modes.items() if mode not in ("none", "ieee")]
    remedy = (
        "a start-up file sets torch.backends.mkldnn.fp32_precision; results of lower precision are rejected as fp32"
    )
    return judged(_PRECISION, "fp32 on the CPU", ", ".join(reduced) or "IEEE fp32", remedy if reduced else None)


def _tf32(torch: Any) -> Finding:
    cudnn, product = torch.backends.cudnn.conv.fp32_precision, torch.backends.cuda.matmul.fp32_precision
    # Always fine: each case sets its own flags (impls.modes).
    return Finding(
        _PRECISION, "TF32 on the GPU", f"torch's flags: conv {cudnn}, matmul {product}; every case sets its own"
    )


def threads(available: int, variables: Mapping[str, str]) -> list[Finding]:
    """The available threads, the threads of each library, and the variables that the user set."""
    found = [Finding(_THREADS, "available", str(available)), *_of_libraries()]
    pinned = pinned_variables(1)
    given = {name: value for name, value in variables.items() if _THREADING.match(name)}
    idle = [f"{name}={value}" for name, value in sorted(given.items()) if name in pinned]
    passed_on = [f"{name}={value}" for name, value in sorted(given.items()) if name not in pinned]
    if idle:
        # Fine: workers do not use them.
        found.append(Finding(_THREADS, "set by you", f"{', '.join(idle)}; workers get their own, from --threads"))
    if passed_on:
        found.append(Finding(_THREADS, "set by you", ", ".join(passed_on), Rating.MIND, _unset(passed_on)))
    return found


def _of_libraries() -> list[Finding]:
    try:
        import torch
    except (ImportError, OSError):
        return []
    counts = {"torch": torch.get_num_threads(), **openmp_threads()}
    value = ", ".join(f"{name} {count}" for name, count in counts.items()) + "; workers pin them"
    remedy = None
    if len(counts) > 2:
        remedy = "several OpenMP runtimes in a process compete for processors: remove libraries that load another one"
    return [judged(_THREADS, "used here", value, remedy)]


def malloc(system: System, variables: Mapping[str, str]) -> list[Finding]:
    """The allocator of processes started like this one, and its settings by the user."""
    loaded = (system.text("/proc/self/maps") or "") + variables.get("LD_PRELOAD", "")
    other = _MALLOCS.search(loaded)
    library, version = platform.libc_ver()
    if other:
        remedy = "unset LD_PRELOAD: workers pin glibc's malloc only, and other allocators change times"
        found = [Finding(_MALLOC, "allocator", f"{other[1]}, in place of the C library's", Rating.MIND, remedy)]
    elif library == "glibc":
        found = [Finding(_MALLOC, "allocator", f"glibc {version}: workers switch its mmap and trimming off")]
    else:
        remedy = "times may include page faults (flagged page-faults); a system with glibc avoids them"
        found = [Finding(_MALLOC, "allocator", library or platform.system() or None, Rating.MIND, remedy)]
    tunables = variables.get("GLIBC_TUNABLES", "")
    if "glibc.malloc" in tunables:
        found.append(Finding(_MALLOC, "set by you", f"GLIBC_TUNABLES={tunables}", Rating.MIND, "unset GLIBC_TUNABLES"))
    return found


def _unset(settings: list[str]) -> str:
    return "unset " + " ".join(setting.split("=")[0] for setting in settings) + ", unless that is what you measure"
