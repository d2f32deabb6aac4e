"""Sphinx's configuration: Markdown in, pages that need no network out."""

from __future__ import annotations

import sys
from pathlib import Path

DOCS = Path(__file__).resolve().parent
sys.path[:0] = [str(DOCS), str(DOCS.parent)]

from reference_pages import write  # noqa: E402

from bench.version import __version__  # noqa: E402

write(DOCS / "reference")

project = "convcost"
release = __version__
extensions = ["myst_parser"]
exclude_patterns = ["_build"]
nitpicky = True
# Quotes and dashes are meant as they are typed: options begin with two.
smartquotes = False
myst_heading_anchors = 3

html_theme = "furo"
html_title = f"convcost {release}"
html_static_path = ["static"]
html_css_files = ["convcost.css"]
html_show_copyright = False
html_show_sphinx = False
