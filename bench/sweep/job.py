"""A job: a sweep that is checked and ready to run."""

from __future__ import annotations

from dataclasses import dataclass

from bench.cost.rates import Rates
from bench.energy.executed.model import ExecutedModel
from bench.energy.model import PowerModel
from bench.sweep.cases import PlannedCase
from bench.sweep.config import Config
from bench.sweep.identity import case_key
from bench.worker.settings import Settings


@dataclass(frozen=True, slots=True)
class Job:
    """A sweep's configuration, cases and candidates, the workers' settings, and the user's rates and model of power.

    `power` is None where the user gave no figures of the processor: it is bracketed then. `executed` is the model of
    what one device executes, of the user or of this microarchitecture; None without any.
    """

    config: Config
    cases: tuple[PlannedCase, ...]
    implementations: tuple[str, ...]
    settings: Settings
    command: str
    skipped: tuple[str, ...] = ()
    power: PowerModel | None = None
    rates: Rates = Rates()  # noqa: RUF009
    executed: ExecutedModel | None = None

    def key_of(self, planned: PlannedCase) -> str:
        """The key of a case in the journal."""
        return case_key(planned.case, self.threads_of(planned), self.config.cache, planned.data, self.config.malloc)

    def threads_of(self, planned: PlannedCase) -> int:
        """Threads of the workers that measure a case."""
        return self.settings.threads if planned.threads is None else planned.threads

    def by_threads(self) -> dict[int, list[PlannedCase]]:
        """The cases by the threads of their workers, in the order in which they are measured."""
        groups: dict[int, list[PlannedCase]] = {}
        for planned in self.cases:
            groups.setdefault(self.threads_of(planned), []).append(planned)
        return groups
