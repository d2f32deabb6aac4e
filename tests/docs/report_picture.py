"""Takes the README's pictures: the first screen of the reference run's page, on a light and on a dark screen.

`python -m tests.docs.report_picture` writes them and the run's summary anew. It needs the extra `browser` and Chromium.
"""

from __future__ import annotations

import io
import shutil
import tempfile
from pathlib import Path
from typing import Literal

from PIL import Image
from playwright.sync_api import sync_playwright

from bench.report.page import write
from bench.store import runs
from tests.bench.report.explorer.browser.conftest import FLAGS, program
from tests.docs.markdown import ROOT

RUN = "intel-xeon-2-cores"
# As wide as the page, and as high as a laptop's window.
_WINDOW = {"width": 1180, "height": 900}
# Flat colours and text: more change nothing that can be seen, and take twice the bytes.
_COLOURS = 256
_SCREENS: dict[str, Literal["light", "dark"]] = {"report.png": "light", "report-dark.png": "dark"}


def take(page: Path, folder: Path) -> None:
    """Writes both pictures of a page into a folder. Raises RuntimeError without a browser."""
    found = program()
    if found is None:
        raise RuntimeError("no Chromium to open pages in: apt-get install chromium")
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=found, args=FLAGS)
        for name, scheme in _SCREENS.items():
            opened = browser.new_page(viewport=_WINDOW, color_scheme=scheme)  # type: ignore[arg-type]
            opened.goto(page.as_uri())
            taken = Image.open(io.BytesIO(opened.screenshot())).convert("RGB")
            taken.quantize(_COLOURS, method=Image.Quantize.MAXCOVERAGE).save(folder / name, optimize=True)
        browser.close()


if __name__ == "__main__":
    kept = ROOT / "reports" / "reference" / RUN
    with tempfile.TemporaryDirectory() as made:
        page = write(runs.load(ROOT / "results" / "reference" / RUN), Path(made))
        shutil.copy(page.with_name("summary.md"), kept)
        take(page, kept)
