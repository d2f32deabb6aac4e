"""Finds the file of a model of executed work: one that the user names, else one of this microarchitecture in here."""

from __future__ import annotations

import json
from collections.abc import Collection
from pathlib import Path

from bench.bounds import json_value
from bench.energy.executed.form import as_dict, from_dict
from bench.energy.executed.model import COMMAND, ExecutedModel
from bench.errors import UsageError

FOLDER = Path(__file__).parent
OPTION = "--energy-model"
_ALLOWED = f"allowed: a file that `{COMMAND}` wrote"


def read(file: Path) -> ExecutedModel:
    """The model of a file. Raises UsageError for one that cannot be read or has another form or impossible values."""
    try:
        return from_dict(json_value(file.read_text(encoding="utf-8")))
    except OSError as error:
        raise UsageError(f"{file} cannot be read ({error.strerror or error}); {_ALLOWED}") from None
    except ValueError as error:
        raise UsageError(f"{file} is no model of energy that can be used: {error}; {_ALLOWED}") from None


def text_of(model: ExecutedModel) -> str:
    """The text of a file."""
    return json.dumps(as_dict(model), indent=2, allow_nan=False) + "\n"


def require_processor(model: ExecutedModel, file: Path, known: str | None, where: str) -> None:
    """Raise UsageError if a file is of another microarchitecture than `known`, that of `where`; None is unknown."""
    if model.microarchitecture != known:
        raise UsageError(
            f"{file} is of {model.microarchitecture}, and {where} is of "
            f"{known or 'an unknown microarchitecture'}: its joules would be those of another machine; allowed: a file "
            f"of the same, by `{COMMAND}` on such a machine with a sensor"
        )


def of_user(file: Path, devices: Collection[str]) -> ExecutedModel:
    """The model of a file that the user names, for a sweep on these devices of this machine.

    Raises UsageError for a file of another device or microarchitecture, and for all that `read` refuses.
    """
    model = read(file)
    if model.device not in devices:
        raise UsageError(
            f"{file} is of {model.device}, and this sweep runs on {', '.join(devices)}; leave out {OPTION}"
        )
    require_processor(model, file, processor_here(model.device), "this machine")
    return model


def committed(device: str, folder: Path = FOLDER) -> ExecutedModel | None:
    """The model of this machine's processor that comes with convcost; None without any.

    Looks at the machine only if there is a file for such a device: that of a GPU loads torch. Raises UsageError for a
    damaged file.
    """
    models = [model for model in map(read, sorted(folder.glob("*.json"))) if model.device == device]
    here = processor_here(device) if models else None
    return next((model for model in models if model.microarchitecture == here), None)


def processor_here(device: str) -> str | None:
    """The microarchitecture of this machine's processor, or the name of its GPU; None where it is unknown."""
    if device == "cuda":
        import torch

        return torch.cuda.get_device_name(0) if torch.cuda.is_available() else None
    from bench.machine.microarchitecture import microarchitecture

    return microarchitecture()
