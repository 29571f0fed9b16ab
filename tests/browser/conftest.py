"""A headless Chromium without a network, and the pages of a small run to open in it."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from pluscheck.pipeline.options import Options, Pattern, Unwatched
from pluscheck.pipeline.verify import verify
from stories import LOCKS, RACE

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Page


@pytest.fixture(scope="session")
def chromium() -> Iterator[Browser]:
    """A browser, if there is one."""
    sync_api = pytest.importorskip("playwright.sync_api")
    found = next(filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), None)
    if found is None:
        pytest.skip("there is no Chromium here")
    with sync_api.sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=found, args=["--no-sandbox"])
        yield browser
        browser.close()


@pytest.fixture(scope="session")
def pages(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of the pages of a run."""
    folder = tmp_path_factory.mktemp("pages")
    for name, text in (("Locks", LOCKS), ("Race", RACE)):
        (folder / f"{name}.plus").write_text(text, encoding="utf-8")
    verify([folder / "Locks.plus", folder / "Race.plus"], Options(html=folder / "html"), Unwatched())
    (folder / "ic3").mkdir()
    spec = folder / "ic3" / "Race.plus"
    spec.write_text(RACE, encoding="utf-8")
    proved = Options(engine="ic3", only=(Pattern.parse("Race:base:Fresh"),), html=folder / "html" / "ic3")
    verify([spec], proved, Unwatched())
    (folder / "html" / "made").mkdir()
    return folder / "html"


Open = Callable[..., "Page"]


@pytest.fixture
def opened(chromium: Browser, pages: Path) -> Iterator[Open]:
    """Opens a page from disk, the network off; options are those of a browser's context."""
    contexts = []
    errors: list[str] = []

    def open_(name: str, fragment: str = "", **options: object) -> Page:
        context = chromium.new_context(offline=True, viewport={"width": 1200, "height": 900}, **options)  # type: ignore[arg-type]
        context.set_default_timeout(5000)
        contexts.append(context)
        page = context.new_page()
        page.on("pageerror", lambda error: errors.append(str(error)))
        page.goto(f"{(pages / name).as_uri()}{fragment}")
        return page

    yield open_
    for context in contexts:
        context.close()
    assert errors == []
