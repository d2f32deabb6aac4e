"""What the libraries of this process say of themselves: precision, threads, malloc. Loads torch."""

from __future__ import annotations

import platform
import re
from collections.abc import Mapping
from typing import Any

from bench.doctor.finding import MIND, MISSING, Finding, judged
from bench.doctor.system import System
from bench.machine.pinning import variables as pinned_variables
from bench.machine.threads import openmp_threads

TORCH = "torch"
_PRECISION, _THREADS, _MALLOC = "precision", "threads", "malloc"
# Variables that change what arithmetic is done, or by which instructions, in torch, oneDNN, MKL and cuBLAS.
_ARITHMETIC = (
    "ATEN_CPU_CAPABILITY", "DNNL_DEFAULT_FPMATH_MODE", "DNNL_MAX_CPU_ISA", "MKL_CBWR", "MKL_ENABLE_INSTRUCTIONS",
    "NVIDIA_TF32_OVERRIDE", "ONEDNN_DEFAULT_FPMATH_MODE", "ONEDNN_MAX_CPU_ISA", "TORCH_ALLOW_TF32_CUBLAS_OVERRIDE",
)  # fmt: skip
_THREADING = re.compile(r"^(OMP|GOMP|KMP|MKL|OPENBLAS|NUMBA)_\w*(THREAD|AFFINITY|BIND|PLACES|DYNAMIC|SPIN|WAIT|BLOCK)")
_MALLOCS = re.compile(r"lib(jemalloc|tcmalloc|mimalloc|hoard|snmalloc)\b")
# Flags of /proc/cpuinfo for 16-bit arithmetic; without them a library converts to fp32 and back.
_SIXTEEN_BITS = {"bf16": ("avx512_bf16", "amx_bf16", "bf16"), "fp16": ("avx512_fp16", "amx_fp16", "asimdhp")}


def precision(system: System, variables: Mapping[str, str]) -> list[Finding]:
    """torch's own capability, 16-bit arithmetic on the CPU, TF32, and variables that change any of them."""
    try:
        import torch
    except (ImportError, OSError) as error:
        remedy = f"nothing is measured without torch: pip install -c constraints.txt -e . ({error})"
        return [Finding(_PRECISION, TORCH, None, MISSING, remedy)]
    found = [Finding(_PRECISION, TORCH, f"{torch.__version__}, kernels for {torch.backends.cpu.get_cpu_capability()}")]
    if torch.backends.mkldnn.is_available():
        found += [_sixteen_bits(name, torch, system.flags()) for name in _SIXTEEN_BITS]
    else:
        found.append(Finding(_PRECISION, "oneDNN", None, MISSING, "this torch is built without it: onednn refuses"))
    found.append(_reduced_on_cpu(torch))
    if torch.cuda.is_available():
        found.append(_tf32(torch))
    changed = [f"{name}={variables[name]}" for name in _ARITHMETIC if name in variables]
    if changed:
        found.append(Finding(_PRECISION, "set by you", ", ".join(changed), MIND, _unset(changed)))
    return found


def _sixteen_bits(name: str, torch: Any, flags: frozenset[str]) -> Finding:
    label = f"{name} on the CPU"
    # torch's own question, which its oneDNN convolutions ask too.
    if not getattr(torch.ops.mkldnn, f"_is_mkldnn_{name}_supported")():
        remedy = f"onednn refuses {name} here; leave it out with -p, or mind who else computes it"
        return Finding(_PRECISION, label, "not by oneDNN", MIND, remedy)
    if not flags:
        return Finding(_PRECISION, label, "by oneDNN")
    has_it = any(flag in flags for flag in _SIXTEEN_BITS[name])
    slow = f"the processor has no {name} instructions: expect no speed from it"
    return judged(
        _PRECISION, label, "by oneDNN, " + ("in hardware" if has_it else "converted to fp32"), None if has_it else slow
    )


def _reduced_on_cpu(torch: Any) -> Finding:
    """Whether oneDNN may compute fp32 in less: bf16 or TF32 inside."""
    owners = {"conv": torch.backends.mkldnn.conv, "matmul": torch.backends.mkldnn.matmul}
    modes = {name: str(getattr(owner, "fp32_precision", "none")) for name, owner in owners.items()}
    reduced = [f"{name}: {mode}" for name, mode in modes.items() if mode not in ("none", "ieee")]
    remedy = "torch.backends.mkldnn.fp32_precision is set by a start-up file; such results are rejected as fp32"
    return judged(_PRECISION, "fp32 on the CPU", ", ".join(reduced) or "IEEE fp32", remedy if reduced else None)


def _tf32(torch: Any) -> Finding:
    cudnn, product = torch.backends.cudnn.conv.fp32_precision, torch.backends.cuda.matmul.fp32_precision
    # Fine whatever they are: each case sets its own (impls.modes).
    return Finding(
        _PRECISION, "TF32 on the GPU", f"torch's flags: conv {cudnn}, matmul {product}; every case sets its own"
    )


def threads(available: int, variables: Mapping[str, str]) -> list[Finding]:
    """How many there are, how many each library took, and which variables the user set."""
    found = [Finding(_THREADS, "available", str(available)), *_of_libraries()]
    pinned = pinned_variables(1)
    given = {name: value for name, value in variables.items() if _THREADING.match(name)}
    idle = [f"{name}={value}" for name, value in sorted(given.items()) if name in pinned]
    passed_on = [f"{name}={value}" for name, value in sorted(given.items()) if name not in pinned]
    if idle:
        # Fine: no worker sees them.
        found.append(Finding(_THREADS, "set by you", f"{', '.join(idle)}; workers get their own, from --threads"))
    if passed_on:
        found.append(Finding(_THREADS, "set by you", ", ".join(passed_on), MIND, _unset(passed_on)))
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
        remedy = "two OpenMP runtimes in one process compete for processors: keep one of the libraries that bring them"
    return [judged(_THREADS, "taken here", value, remedy)]


def malloc(system: System, variables: Mapping[str, str]) -> list[Finding]:
    """Which allocator serves a process started like this one, and whether its own settings stand in the way."""
    loaded = (system.text("/proc/self/maps") or "") + variables.get("LD_PRELOAD", "")
    other = _MALLOCS.search(loaded)
    library, version = platform.libc_ver()
    if other:
        remedy = "unset LD_PRELOAD: workers pin glibc's malloc, and how others treat large blocks changes times"
        found = [Finding(_MALLOC, "allocator", f"{other[1]}, loaded before the C library's", MIND, remedy)]
    elif library == "glibc":
        found = [Finding(_MALLOC, "allocator", f"glibc {version}: workers keep it off mmap and trimming")]
    else:
        remedy = "times may hold page faults, flagged page-faults; a system with glibc has none of them"
        found = [Finding(_MALLOC, "allocator", library or platform.system() or None, MIND, remedy)]
    tunables = variables.get("GLIBC_TUNABLES", "")
    if "glibc.malloc" in tunables:
        found.append(Finding(_MALLOC, "set by you", f"GLIBC_TUNABLES={tunables}", MIND, "unset GLIBC_TUNABLES"))
    return found


def _unset(settings: list[str]) -> str:
    return "unset " + " ".join(setting.split("=")[0] for setting in settings) + ", unless that is what you measure"
