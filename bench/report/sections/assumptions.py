"""The power that a run assumed where none was measured. Draws nothing, so that it loads quickly."""

from __future__ import annotations

from bench.energy.bracket.bracket import PowerBracket
from bench.energy.executed.form import from_dict
from bench.energy.model import PowerModel
from bench.report.findings.results import Group
from bench.report.sections.study import Study

_POWER = "Modelled: time × an assumed power; it carries no information beyond time."
_EXECUTED = "Modelled from what was executed, not measured."


def of_model(study: Study, device: str, *, is_executed: bool) -> str:
    """The sentence on the run's modelled joules of a device: by what was executed, or time × an assumed power."""
    terms = study.meta.get("energy") or {}
    if is_executed:
        data = terms.get("executed")
        model = from_dict(data) if data else None
        return _EXECUTED if model is None or model.device != device else model.assumption
    return PowerModel(**terms["model"]).assumption if terms.get("model") else _POWER


def bracket_of_run(study: Study) -> PowerBracket | None:
    """The bracket of the power; None without any."""
    data = (study.meta.get("energy") or {}).get("bracket")
    return PowerBracket.from_dict(data) if data else None


def busy_threads(group: Group, power: PowerBracket | None) -> int:
    """The threads of a group; where they are not recorded, all processors that the run might use."""
    return group.threads or (1 if power is None else power.allotment.processors)
