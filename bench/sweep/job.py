"""A job: a sweep that is checked and ready to run."""

from __future__ import annotations

from dataclasses import dataclass

from bench.cost.rates import Rates
from bench.energy.executed.model import ExecutedModel
from bench.energy.model import PowerModel
from bench.sweep.cases import PlannedCase
from bench.sweep.config import Config
from bench.sweep.identity import case_key
from bench.tuning.value import Tuning
from bench.worker.settings import Settings

# What the cases of one crew share: the threads of its workers, and the settings of clock and power.
CrewTerms = tuple[int, Tuning]


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
        return case_key(
            planned.case,
            self.threads_of(planned),
            self.config.cache,
            planned.data,
            self.config.malloc,
            planned.tuning,
        )

    def threads_of(self, planned: PlannedCase) -> int:
        """Threads of the workers that measure a case."""
        return self.settings.threads if planned.threads is None else planned.threads

    @property
    def tunings(self) -> tuple[Tuning, ...]:
        """The settings of clock and power of all cases, each once."""
        return tuple(dict.fromkeys(planned.tuning for planned in self.cases))

    def by_crew(self) -> dict[CrewTerms, list[PlannedCase]]:
        """The cases by what one crew measures together, in the order in which they are measured."""
        groups: dict[CrewTerms, list[PlannedCase]] = {}
        for planned in self.cases:
            groups.setdefault((self.threads_of(planned), planned.tuning), []).append(planned)
        return groups
