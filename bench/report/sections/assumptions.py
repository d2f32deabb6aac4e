"""The power that a run assumed where none was measured. Draws nothing, so that it loads quickly."""

from __future__ import annotations

from bench.energy.bracket.bracket import PowerBracket
from bench.energy.model import PowerModel
from bench.report.findings.results import Group
from bench.report.sections.study import Study

_UNKNOWN_MODEL = "Modelled: time × an assumed power; it carries no information beyond time."


def of_model(study: Study) -> str:
    """The sentence on modelled joules."""
    model = (study.meta.get("energy") or {}).get("model")
    return PowerModel(**model).assumption if model else _UNKNOWN_MODEL


def bracket_of_run(study: Study) -> PowerBracket | None:
    """The bracket of the power; None without any."""
    data = (study.meta.get("energy") or {}).get("bracket")
    return PowerBracket.from_dict(data) if data else None


def busy_threads(group: Group, power: PowerBracket | None) -> int:
    """The threads of a group; where they are not recorded, all processors that the run might use."""
    return group.threads or (1 if power is None else power.allotment.processors)
