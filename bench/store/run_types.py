"""The types of the entries of run.json: a reader of a run meets no other ones, whoever wrote the file."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from pathlib import Path
from typing import Any

from bench.bounds import is_finite
from bench.calibration.value import Calibration
from bench.errors import InfrastructureError
from bench.store.entering import text

_NUMBER, _WHOLE, _TEXT, _FLAG, _OBJECT, _DATE, _PLAIN = (
    "a number of at least 0",
    "a whole number",
    "text",
    "true or false",
    "an object",
    "a time such as 2026-01-31T12:00:00Z",
    "text, a number, true or false",
)
# Files to read again, and their contents: a run is continued from these very texts.
_KEPT = {
    ("settings", "load"), ("sources",), ("configuration", "layers"), ("configuration", "include"),
    ("configuration", "listed"), ("configuration", "data"), ("configuration", "weights"),
}  # fmt: skip
# No entry of any run is nested as deep.
_DEEPEST = 40
# Of an object, its entries; of a list, the type of all members; an entry may be missing or null.
_LEVEL = {"name": _TEXT, "capacity_bytes": _NUMBER, "bytes_per_s": _NUMBER}
_LAYER = {"descriptor": _TEXT, "bias": _FLAG, "name": _TEXT, "count": _WHOLE, "precision": _TEXT}
_GRID = {"code": _TEXT, "country": _TEXT, "g_per_kwh": _NUMBER, "year": _WHOLE, "source": _TEXT}
_TYPES: Mapping[str, Any] = {
    "schema_version": _TEXT, "created_utc": _DATE, "finished_utc": _DATE, "name": _TEXT, "command": _TEXT,
    "wall_s": _NUMBER, "sampling_s": _NUMBER, "skipped": [_TEXT], "energy": _OBJECT,
    "rates": {"grid": _GRID, "price_per_kwh": _NUMBER, "price_per_hour": _NUMBER, "pue": _NUMBER, "currency": _TEXT},
    "configuration": {
        "name": _TEXT, "base": _TEXT, "design": _TEXT, "implementations": [_TEXT], "devices": [_TEXT],
        "precisions": [_TEXT], "layouts": [_TEXT], "data": [_TEXT], "weights": _TEXT, "layers": [_TEXT],
        "include": [_TEXT], "candidates": [_TEXT], "bias": _FLAG, "max_seconds": _NUMBER, "budget_s": _NUMBER,
        "target_rel_ci": _NUMBER, "processes": _WHOLE, "visits": _WHOLE, "cache": _TEXT, "malloc": _TEXT,
        "seed": _WHOLE, "energy": _TEXT, "energy_plan": _TEXT, "energy_window_s": _NUMBER, "energy_windows": _WHOLE,
        "axes": [[]], "grid": [[]], "listed": {"name": _TEXT, "layers": [_LAYER], "left_out": [_TEXT]},
    },
    "settings": {"threads": _WHOLE, "load": [_TEXT], "step_timeout_s": _NUMBER},
    "environment": {
        "host": _TEXT, "os": _TEXT, "cpu": _TEXT, "microarchitecture": _TEXT, "cores": _WHOLE, "threads": _WHOLE,
        "memory_bytes": _WHOLE, "gpu": _TEXT, "convcost": _TEXT, "torch": _TEXT, "numba": _TEXT, "numpy": _TEXT,
    },
    "calibration": [
        {"device": _TEXT, "threads": _WHOLE, "peaks": [{"precision": _TEXT, "flops_per_s": _NUMBER, "method": _TEXT}],
         "levels": [_LEVEL]}
    ],
    "own_energy": [
        {"device": _TEXT, "scope": _TEXT, "method": _TEXT, "source": _TEXT, "joules": _NUMBER, "low_j": _NUMBER,
         "high_j": _NUMBER}
    ],
}  # fmt: skip

# Keys that rates and their grid have, and of these the ones that are never null.
_RATES, _GIVEN_RATES = ("grid", "price_per_kwh", "price_per_hour", "pue"), ("pue",)
_GRIDS, _GIVEN_GRIDS = tuple(_GRID), ("g_per_kwh", "source")


def entered(meta: Mapping[str, Any], file: Path) -> dict[str, Any]:
    """The entries of run.json with texts as tables, pages and terminals can hold them. Raises as `require_types`."""
    require_types(meta, file)
    try:
        found: dict[str, Any] = _cleaned(dict(meta), ())
    except ValueError as error:
        raise InfrastructureError(f"{file} is damaged: {error}") from error
    return found


def _cleaned(value: Any, place: tuple[str, ...]) -> Any:
    if isinstance(value, str):
        return text(value)
    if len(place) > _DEEPEST:
        raise ValueError("its lists and objects are nested too deep")
    if isinstance(value, list):
        return [_cleaned(one, (*place, "")) for one in value]
    if isinstance(value, dict):
        return {
            text(key): one if (*place, key) in _KEPT else _cleaned(one, (*place, key)) for key, one in value.items()
        }
    return value


def require_types(meta: Mapping[str, Any], file: Path) -> None:
    """Raise InfrastructureError for an entry of another type, with its key; unknown keys may have any type."""
    if wrong := _wrong(meta, _TYPES, ""):
        raise InfrastructureError(f"{file} is damaged: {wrong}")
    reasons = (meta.get("energy") or {}).get("without")
    if reasons is not None and (not _is(reasons, _OBJECT) or _wrong([*reasons.values()], [_TEXT], "reasons")):
        raise InfrastructureError(f"{file} is damaged: energy.without is no object of reasons as text")
    try:
        known = tuple(map(Calibration.from_dict, meta.get("calibration") or ()))
    except (KeyError, TypeError) as error:
        raise InfrastructureError(f"{file} is damaged: calibration, {text(repr(error)[:60])}") from error
    if None in [peak.flops_per_s for one in known for peak in one.peaks]:
        raise InfrastructureError(f"{file} is damaged: a ceiling of its calibration is missing")
    if wrong := _wrong([*(meta.get("environment") or {}).values()], [_PLAIN], "environment"):
        raise InfrastructureError(f"{file} is damaged: {wrong}")
    if lacking := _lacking(meta.get("rates") or None):
        raise InfrastructureError(f"{file} is damaged: {lacking}")
    configuration = meta.get("configuration") or {}
    axes = [*(configuration.get("axes") or ()), *(configuration.get("grid") or ())]
    for axis in axes:
        if len(axis) != 2 or not isinstance(axis[0], str) or _wrong(axis[1], [_TEXT], "values") or not axis[1]:
            raise InfrastructureError(f"{file} is damaged: an axis is no name with a list of values as text")


def _lacking(rates: Mapping[str, Any] | None) -> str:
    """What rates lack; empty for whole ones, and for none."""
    grid = None if rates is None else rates.get("grid")
    for name, found, keys, given in (
        ("rates", rates, _RATES, _GIVEN_RATES),
        ("rates.grid", grid, _GRIDS, _GIVEN_GRIDS),
    ):
        if found is not None:
            lacks = [key for key in keys if key not in found or (key in given and found[key] is None)]
            if lacks:
                return f"{name} has no {', '.join(lacks)}"
    return ""


def _wrong(value: Any, wanted: Any, key: str) -> str:
    """What is wrong with a value, or with an entry of it; empty if it has the wanted types."""
    if isinstance(wanted, Mapping):
        if not isinstance(value, Mapping):
            return _said(key, value, _OBJECT)
        known = (name for name in wanted if value.get(name) is not None)
        return next(filter(None, (_wrong(value[name], wanted[name], f"{key}.{name}".strip(".")) for name in known)), "")
    if isinstance(wanted, list):
        if not isinstance(value, list):
            return _said(key, value, "a list")
        members = (_wrong(one, wanted[0], f"{key}[{n}]") for n, one in enumerate(value)) if wanted else ()
        return next(filter(None, members), "")
    return "" if _is(value, wanted) else _said(key, value, wanted)


def _is(value: Any, wanted: str) -> bool:
    if wanted == _TEXT:
        return isinstance(value, str)
    if wanted == _DATE:
        return isinstance(value, str) and _is_date(value)
    if wanted == _PLAIN:
        return value is None or isinstance(value, (str, bool)) or is_finite(value)
    if wanted == _FLAG:
        return isinstance(value, bool)
    if wanted == _OBJECT:
        return isinstance(value, dict)
    is_number = is_finite(value) and value >= 0
    return is_number and (wanted == _NUMBER or isinstance(value, int))


def _is_date(value: str) -> bool:
    try:
        datetime.fromisoformat(value)
    except ValueError:
        return False
    return True


def _said(key: str, value: Any, wanted: str) -> str:
    shown = text(repr(value)[:60]) if isinstance(value, (str, int, float)) else type(value).__name__
    return f"{key or 'the whole'} is {shown}; allowed: {wanted}"
