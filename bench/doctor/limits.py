"""Examines the limits of a container or virtual machine on processor time and memory."""

from __future__ import annotations

from bench.doctor.finding import Finding, Rating, judged
from bench.doctor.system import System
from bench.format import byte_count, count
from bench.machine.quota import groups, processor_quota

_SECTION = "limits"
# Files that a container engine leaves at the root.
_ENGINES = {"/.dockerenv": "Docker", "/run/.containerenv": "Podman"}
_KNOWN = {"docker": "Docker", "kubepods": "Kubernetes", "libpod": "Podman", "lxc": "LXC", "containerd": "containerd"}
_DMI = ("/sys/class/dmi/id/sys_vendor", "/sys/class/dmi/id/product_name")
# Maker names of virtual machines, in lower case.
_VIRTUAL = (
    "qemu", "kvm", "vmware", "virtualbox", "innotek", "xen", "amazon ec2", "google compute engine", "virtual machine",
    "openstack", "bochs", "parallels", "bhyve", "firecracker", "digitalocean",
)  # fmt: skip


def limits(system: System, processors: int) -> list[Finding]:
    """Container, virtual machine, and limits on processor time and memory; `processors` is the allotted number."""
    return [_container(system), _virtual(system), _processor_time(system, processors), _memory(system)]


def _container(system: System) -> Finding:
    name = next((engine for file, engine in _ENGINES.items() if system.exists(file)), None)
    groups = (system.text("/proc/1/cgroup") or "") + (system.text("/proc/self/cgroup") or "")
    name = name or next((engine for word, engine in _KNOWN.items() if word in groups), None)
    # Always fine: only the limits of a container matter.
    return Finding(_SECTION, "container", name or "none found")


def _virtual(system: System) -> Finding:
    maker = " ".join(text for file in _DMI if (text := system.text(file)))
    kind = system.text("/sys/hypervisor/type")
    is_virtual = "hypervisor" in system.flags() or kind or any(word in maker.lower() for word in _VIRTUAL)
    if not is_virtual:
        return Finding(_SECTION, "virtual machine", "none found")
    named = maker or kind or "its maker is hidden"
    remedy = (
        "compare within a run, not between runs: other guests of the host change the clock, the caches and the time"
    )
    return Finding(_SECTION, "virtual machine", f"yes ({named})", Rating.MIND, remedy)


def _processors(number: float) -> str:
    return count(int(number), "processor") if number.is_integer() else f"{number:g} processors"


def _processor_time(system: System, processors: int) -> Finding:
    name, quota = "processor time", processor_quota(system.text)
    if quota is None or quota >= processors:
        return Finding(_SECTION, name, "no limit" if quota is None else _processors(quota))
    whole = max(1, int(quota))
    remedy = f"--threads {whole}: with more threads, all are stopped for a part of each period"
    if quota < 1:
        remedy = "raise the limit: even one thread is stopped for a part of each period, and times include the stops"
    return Finding(_SECTION, name, f"{quota:g} of {count(processors, 'processor')}", Rating.MIND, remedy)


def _memory(system: System) -> Finding:
    name, limit, total = "memory", _memory_limit(system), _total_bytes(system)
    # cgroup v1 writes "no limit" as a number larger than any memory.
    if limit is None or (total is not None and limit >= total):
        return Finding(_SECTION, name, "no limit" + (f", {byte_count(total)}" if total else ""))
    value = f"{byte_count(limit)}" + (f" of {byte_count(total)}" if total else "")
    return judged(
        _SECTION, name, value, "cases that need more than 80 % of it are refused; raise the limit to measure them"
    )


def _memory_limit(system: System) -> int | None:
    files = [f"{folder}/memory.max" for folder in groups(system.text)]
    files += [f"{folder}/memory.limit_in_bytes" for folder in groups(system.text, "memory")]
    return min((limit for file in files if (limit := system.number(file)) is not None), default=None)


def _total_bytes(system: System) -> int | None:
    for line in (system.text("/proc/meminfo") or "").splitlines():
        if line.startswith("MemTotal:"):
            return int(line.split()[1]) * 1024
    return None
