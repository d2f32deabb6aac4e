"""A page that is open in a browser, with what it drew and everything it complained about."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Locator, Page


@dataclass(frozen=True, slots=True)
class OpenedPage:
    """A page; `complaints` are its errors, messages of its console, and requests for anything but itself."""

    page: Page
    file: Path
    complaints: list[str] = field(default_factory=list)

    @classmethod
    @contextmanager
    def of(cls, browser: Browser, file: Path, address: str = "", **context: Any) -> Iterator[OpenedPage]:
        """Opens a file, with `address` from its #, in a context of its own."""
        made = browser.new_context(accept_downloads=True, **context)
        opened = cls(made.new_page(), file)
        opened.page.on("console", lambda message: opened.complaints.append(message.text))
        opened.page.on("pageerror", lambda error: opened.complaints.append(str(error)))
        opened.page.on("request", lambda request: opened._note(request.url))
        opened.page.goto(file.as_uri() + address)
        try:
            yield opened
        finally:
            made.close()

    def _note(self, url: str) -> None:
        if not url.startswith((self.file.as_uri(), "data:", "blob:")):
            self.complaints.append(f"request for {url}")

    @property
    def drawn(self) -> dict[str, Any]:
        """What the picture has: its mode, items, targets, series and panels, and how long drawing took."""
        found: dict[str, Any] = json.loads(self.page.locator("#explore-over").get_attribute("data-drawn") or "{}")
        return found

    def wait_until(self, expression: str) -> None:
        """Waits until an expression is true. The page forbids what Playwright's own function does: to evaluate text."""
        for _ in range(100):
            if self.page.evaluate(expression):
                return
            self.page.wait_for_timeout(50)
        raise AssertionError(f"not true within 5 s: {expression}")

    @property
    def address(self) -> str:
        """The address from its # on."""
        return str(self.page.evaluate("location.hash"))

    @property
    def case(self) -> str:
        """The text about the chosen case."""
        return self.page.locator("#explore-case").inner_text()

    def control(self, name: str) -> Locator:
        """The list or box of a choice, by the name that its address has."""
        return self.page.locator(f'[data-control="{name}"] :is(select, input)')

    def column(self, label: str) -> list[str]:
        """The texts of a column of the table, on the page shown."""
        heads = [text.strip(" ↑↓") for text in self.page.locator("#explore-table thead th").all_inner_texts()]
        place = heads.index(label) + 1
        return self.page.locator(f"#explore-table tbody tr > :nth-child({place})").all_inner_texts()

    def download(self, press: Callable[[], None]) -> tuple[str, bytes]:
        """The name and content of the file that a press gives."""
        with self.page.expect_download() as waited:
            press()
        return waited.value.suggested_filename, Path(waited.value.path()).read_bytes()
