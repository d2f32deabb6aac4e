"""The explorer and the table as parts of a page: data, script and style, each made safe to stand inside it."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from jinja2.utils import htmlsafe_json_dumps
from markupsafe import Markup

from bench.report.explorer.data import page_data
from bench.report.sections.study import Study

if TYPE_CHECKING:
    from bench.store.runs import Run

FOLDER = Path(__file__).parent
BUNDLE = FOLDER / "bundle" / "explorer.js"
_STYLE = FOLDER / "explorer.css"


@dataclass(frozen=True, slots=True)
class ExplorerParts:
    """What the template puts into the page as it is; `rows` is the number of rows."""

    data: Markup
    script: Markup
    style: Markup
    rows: int

    @classmethod
    def of(cls, study: Study, run: Run) -> ExplorerParts | None:
        """The parts for a run; None where it has no rows to explore."""
        if not study.results:
            return None
        return cls(
            data=as_json(page_data(study, run)),
            script=Markup(BUNDLE.read_text(encoding="utf-8")),  # our own file, and it has no end tag of a script
            style=Markup(_STYLE.read_text(encoding="utf-8")),
            rows=len(study.results),
        )


def as_json(value: Any) -> Markup:
    """JSON that stands inside a script of a page: no text in it can end the script or begin a tag.

    Raises ValueError for a number that is not finite.
    """
    return htmlsafe_json_dumps(value, dumps=json.dumps, separators=(",", ":"), allow_nan=False, ensure_ascii=False)
