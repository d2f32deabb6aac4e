"""A forged /sys/class/hwmon and the NUMA nodes beside it."""

from __future__ import annotations

from pathlib import Path


class ForgedHwmon:
    """Devices in `root`, nodes and processors in `topology`; both are folders of their own in `folder`."""

    def __init__(self, folder: Path) -> None:
        self.root, self.topology = folder / "hwmon", folder / "system"
        self.root.mkdir()

    def device(self, number: int, driver: str, *, inside: bool = False, **files: object) -> Path:
        """Add hwmonN with its files, one folder deeper for `inside`; the folder of the files."""
        place = self.root / f"hwmon{number}"
        folder = place / "device" if inside else place
        folder.mkdir(parents=True)
        (place / "name").write_text(f"{driver}\n")
        for name, content in files.items():
            (folder / name).write_text(f"{content}\n")
        return folder

    def amd_energy(self, cores: int, joules: list[int]) -> Path:
        """The counters of amd_energy: the cores, then one for each node."""
        labels = [f"Ecore{core:03d}" for core in range(cores)] + [f"Esocket{node}" for node in range(len(joules))]
        folder = self.device(3, "amd_energy")
        for number, (label, value_j) in enumerate(zip(labels, [1] * cores + joules, strict=True), 1):
            (folder / f"energy{number}_label").write_text(f"{label}\n")
            (folder / f"energy{number}_input").write_text(f"{value_j * 10**6}\n")
        return folder

    def rails(self, number: int, *rails: tuple[str, int, int]) -> Path:
        """An INA3221: for each rail its label, millivolts and milliamperes."""
        folder = self.device(number, "ina3221", in7_input=1, in7_label="sum of shunt voltages", curr4_input=9_000)
        for channel, (label, millivolts, milliamperes) in enumerate(rails, 1):
            for name, content in (("in{}_label", label), ("in{}_input", millivolts), ("curr{}_input", milliamperes)):
                (folder / name.format(channel)).write_text(f"{content}\n")
        return folder

    def nodes(self, packages: list[int | None]) -> None:
        """NUMA nodes with eight processors each, on these packages; None for a node of memory only."""
        for node, package in enumerate(packages):
            folder = self.topology / "node" / f"node{node}"
            folder.mkdir(parents=True)
            first = 8 * node
            (folder / "cpulist").write_text("\n" if package is None else f"{first}-{first + 7},{first + 64}\n")
            cpu = self.topology / "cpu" / f"cpu{first}" / "topology"
            cpu.mkdir(parents=True)
            (cpu / "physical_package_id").write_text(f"{package}\n")
