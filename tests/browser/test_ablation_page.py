"""The pages of an ablation, in a browser: the table on a narrow screen and on paper, and the steps whose order matters."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from pluscheck.pipeline.ablation import Question, ablated
from pluscheck.pipeline.ablation_pages import write_pages
from pluscheck.pipeline.options import Unwatched

if TYPE_CHECKING:
    from playwright.sync_api import FloatRect, Locator, Page

Open = Callable[..., "Page"]

COPY = """module Copy
sort Task
var locked : BOOLEAN = FALSE
var dirtied : BOOLEAN = FALSE
process Copier(self \\in Task) {
  Begin: skip;
  order AcquireWhatIsNeeded {
    LockTheSource:  locked := TRUE;
    WaitForTheSource: skip;
  } then {
    CleanTheSource: dirtied := FALSE;
    WaitUntilItIsClean: skip;
  }
  Work: locked := FALSE;
  Rest: skip;
}
action Write { await ~locked /\\ ~dirtied; dirtied := TRUE; }
terminal == TRUE
invariant NothingIsDirty == \\A t \\in Task : pc[t] = "Work" => ~dirtied
model m { scope Task = 1; }
"""
RUN = "made/ablation/without_LockTheSource_before_CleanTheSource.html"


@pytest.fixture(scope="module")
def made(pages: Path) -> None:
    """The pages of an ablation, beside the others."""
    spec = pages / "made" / "Copy.plus"
    spec.write_text(COPY, encoding="utf-8")
    write_pages(ablated(Question(spec, order="AcquireWhatIsNeeded"), Unwatched()), pages / "made" / "ablation")


def boxes_of(cells: Locator) -> list[FloatRect]:
    return [box for cell in cells.all() if (box := cell.bounding_box())]


@pytest.mark.usefixtures("made")
def test_on_a_narrow_screen_all_of_a_row_is_seen_without_scrolling(opened: Open) -> None:
    page = opened("made/ablation/ablation.html")
    cells = page.locator(".verdicts tbody th, .verdicts tbody td")
    assert cells.count() == 5
    assert len({box["y"] for box in boxes_of(cells)}) == 1  # a row
    page.set_viewport_size({"width": 390, "height": 844})
    boxes = boxes_of(cells)
    assert len({box["y"] for box in boxes}) == len(boxes) == 5  # a card
    assert all(box["x"] >= 0 and box["x"] + box["width"] <= 390 for box in boxes)
    assert page.evaluate("document.documentElement.scrollWidth") <= 390
    assert page.evaluate("[...document.querySelectorAll('.scroll')].every(e => e.scrollWidth <= e.clientWidth)")
    said = page.evaluate(
        "[...document.querySelectorAll('.verdicts td')].map(e => getComputedStyle(e, '::before').content)"
    )
    assert said == ['"violated"', '"steps"', '"who acts"', '"how it ends"']
    # To those who hear it, it is a table still; and so it is on paper.
    assert page.get_by_role("columnheader").count() == 5
    assert page.get_by_role("row").count() == 2
    page.emulate_media(media="print")
    assert len({box["y"] for box in boxes_of(cells)}) == 1


@pytest.mark.usefixtures("made")
def test_the_table_leads_to_a_run_and_back(opened: Open) -> None:
    page = opened("made/ablation/ablation.html")
    page.click(".verdicts a")
    assert page.url.endswith(RUN)
    assert "LockTheSource before CleanTheSource is not demanded." in page.inner_text(".without")
    page.click(".crumbs a")
    assert page.url.endswith("made/ablation/ablation.html")


@pytest.mark.usefixtures("made")
def test_steps_whose_order_matters_are_to_be_read(opened: Open) -> None:
    page = opened(RUN)
    steps = page.locator("tr.lane td.acts b")
    seen = [step.inner_text() for step in steps.all() if (box := step.bounding_box()) and box["width"] > 10]
    assert {"LockTheSource", "WaitForTheSource", "CleanTheSource", "WaitUntilItIsClean"} <= set(seen)
    marked = page.locator("tr.lane td.turned b")
    assert marked.all_inner_texts() == ["CleanTheSource", "LockTheSource"]
    assert (
        page.evaluate("[...document.querySelectorAll('td.turned b')].map(e => getComputedStyle(e).fontWeight)")
        == ["700"] * 2
    )
