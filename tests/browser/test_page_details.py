"""Pages of runs that are not as most: who waits for himself, who holds and waits, what is not defined; and what a reader does without a mouse or on a telephone."""

from __future__ import annotations

from collections.abc import Callable
from itertools import combinations
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from pluscheck.report.html.page import trace_page
from stories import told

if TYPE_CHECKING:
    from playwright.sync_api import Locator, Page

Open = Callable[..., "Page"]
Rectangle = tuple[float, float, float, float]
"""Left, top, width, height."""

RACE = "Race/shared/Fresh.html"

TWICE = """module Twice
extends Mutex
sort Task
var m : Mutex(Task) = MutexFree
process Work(self \\in Task) { One: mutex_lock(m, self); Two: mutex_lock(m, self); }
model m { scope Task = 1; expect deadlock violated; }
"""

UPGRADE = """module Upgrade
extends RwLock
sort Task
var l : RwLock(Task) = Unlocked
process Work(self \\in Task) {
  Take:    lock_shared(l, self);
  Upgrade: await l.shared = {self}; l := [shared |-> {}, excl |-> Some(self)];
}
model m { scope Task = 2; expect deadlock violated; }
"""

RING = """module Ring
extends Mutex
sort BackgroundWriteback
enum Inode == { destinationInode, sourceInode, thirdInode }
var tableLock : [Inode -> Mutex(BackgroundWriteback)] = [n \\in Inode |-> MutexFree]
Next(i) == CASE i = destinationInode -> sourceInode [] i = sourceInode -> thirdInode [] OTHER -> destinationInode
process Work(self \\in BackgroundWriteback)
  var mine : Inode \\in Inode;
{
  One:  mutex_lock(tableLock[mine], self);
  Two:  mutex_lock(tableLock[Next(mine)], self);
  Back: mutex_unlock(tableLock[mine], self);
        mutex_unlock(tableLock[Next(mine)], self);
        goto One;
}
model m { scope BackgroundWriteback = 3; expect deadlock violated; }
"""

COUNTED = """module Counted
extends Counter
sort Task
sort Owner
var users : Counter(2) = 0
process Work(self \\in Task) {
  Get:  counter_get(users);
  Wait: counter_wait(users);
}
process Own(self \\in Owner) {
  Free: await users = 0;
        goto Free;
}
model m { scope Task = 2; scope Owner = 1; expect deadlock violated; }
"""

BROKEN = """module Broken
var x : 0..3 = 0
process Work {
  Up:   x := x + 1;
  Down: assert x = 0;
}
model m { expect faults violated; }
"""


@pytest.fixture
def made(opened: Open, pages: Path) -> Callable[[str, str], Page]:
    """Opens the page of the first violation of a property."""

    def open_(text: str, name: str) -> Page:
        (pages / "made" / f"{name}.html").write_text(trace_page(told(text, name)), encoding="utf-8")
        return opened(f"made/{name}.html")

    return open_


def test_who_waits_for_himself_has_an_arrow_back(made: Callable[[str, str], Page]) -> None:
    page = made(TWICE, "deadlock")
    assert page.locator(".cycle rect").count() == 1
    edge, box = page.locator(".cycle path.edge").bounding_box(), page.locator(".cycle rect").bounding_box()
    assert edge is not None
    assert box is not None
    assert edge["width"] > 30
    assert abs(edge["x"] - (box["x"] + box["width"])) < 8
    assert page.locator(".cycle .edge-label").text_content() == "m"
    assert "Task1 holds m, waits for m, which it holds itself." in page.inner_text(".cycle figcaption")


@pytest.mark.parametrize("text", [TWICE, UPGRADE, RING])
def test_nothing_in_a_drawing_lies_on_anything_else(made: Callable[[str, str], Page], text: str) -> None:
    page = made(text, "deadlock")
    view = page.locator(".cycle svg").evaluate(
        "svg => { const b = svg.viewBox.baseVal; return [b.x, b.y, b.width, b.height]; }"
    )
    boxes, names, labels = (
        page.locator(f".cycle {what}").evaluate_all(
            "all => all.map(one => { const b = one.getBBox(); return [b.x, b.y, b.width, b.height]; })"
        )
        for what in ("rect", ".node", ".edge-label")
    )
    assert len(boxes) == len(names) == len(labels) >= 1
    assert all(within(box, view) for box in (*boxes, *labels))
    assert all(within(name, box) for name, box in zip(names, boxes, strict=True))
    assert not any(meet(one, other) for one, other in combinations([*boxes, *labels], 2))


def within(inner: Rectangle, outer: Rectangle) -> bool:
    return all(
        outer[axis] <= inner[axis] and inner[axis] + inner[axis + 2] <= outer[axis] + outer[axis + 2] for axis in (0, 1)
    )


def meet(one: Rectangle, other: Rectangle) -> bool:
    return all(
        max(one[axis], other[axis]) < min(one[axis] + one[axis + 2], other[axis] + other[axis + 2]) for axis in (0, 1)
    )


def test_a_drawing_is_written_out_with_how_a_lock_is_held(made: Callable[[str, str], Page]) -> None:
    page = made(UPGRADE, "deadlock")
    words = (
        "Task1 holds l shared, waits for l, which Task2 holds; Task2 holds l shared, waits for l, which Task1 holds."
    )
    assert page.inner_text(".cycle figcaption") == words
    assert page.locator(".cycle svg").get_attribute("aria-label") == words


def test_who_holds_and_waits_has_a_bar_for_either(made: Callable[[str, str], Page]) -> None:
    page = made(UPGRADE, "deadlock")
    for who in ("Task1", "Task2"):
        rows = page.locator(f"tr.holder[data-holder='{who}']")
        assert rows.count() == 2
        assert rows.nth(0).locator(".bar").all_inner_texts() == ["S"]
        assert rows.nth(1).locator(".bar").all_inner_texts() == ["waits"]


def test_bars_are_read_out_and_explained(made: Callable[[str, str], Page]) -> None:
    page = made(UPGRADE, "deadlock")
    cells = page.locator("tr.holder[data-holder='Task2'] td:has(.bar)")
    assert [" ".join(text.split()) for text in cells.all_inner_texts()] == [
        "S shared, state 2",
        "waits for it, state 2",
    ]
    assert page.locator(".legend .key").all_inner_texts() == ["X exclusive", "S shared"]


def test_who_is_only_counted_is_drawn_when_the_number_changes(made: Callable[[str, str], Page]) -> None:
    page = made(COUNTED, "deadlock")
    counted = page.locator("tr.holder[data-lock='users'][data-holder='']")
    assert counted.is_visible()
    assert counted.locator(".bar").all_inner_texts() == ["1", "2"]
    assert "held by so many" in page.inner_text(".legend")


def test_a_line_in_another_file_is_named_with_it(made: Callable[[str, str], Page]) -> None:
    page = made(COUNTED, "deadlock")
    said = page.locator("#blocked button").all_inner_texts()
    assert any(text.endswith(" of Counter.plus") for text in said)
    assert any(" of " not in text for text in said)


def test_names_leave_the_width_to_the_states(made: Callable[[str, str], Page]) -> None:
    page = made(UPGRADE, "deadlock")
    first, whole = page.locator(".picture thead th").first.bounding_box(), page.locator(".picture").bounding_box()
    assert first is not None
    assert whole is not None
    assert first["width"] < whole["width"] / 5


def test_short_values_are_not_broken_by_long_ones_beside_them(made: Callable[[str, str], Page]) -> None:
    page = made(RING, "deadlock")
    page.set_viewport_size({"width": 390, "height": 800})
    old = page.locator(".steps li.current td code", has_text="None").first
    assert old.evaluate("code => code.getClientRects().length") == 1


def test_heads_of_a_step_that_a_proof_excludes_are_whole_on_a_telephone(opened: Open) -> None:
    page = opened("ic3/Race/base/Fresh.html")
    page.set_viewport_size({"width": 390, "height": 800})
    page.evaluate("document.querySelectorAll('details').forEach(details => { details.open = true; })")
    heads = page.locator(".clauses th", has_text="excluded")
    assert heads.count() >= 1
    lines = heads.evaluate_all(
        """all => all.map(one => {
          const text = document.createRange();
          text.selectNodeContents(one);
          return text.getClientRects().length;
        })"""
    )
    assert set(lines) == {1}


def test_a_step_that_cannot_be_completed_is_shown_where_it_stops(made: Callable[[str, str], Page]) -> None:
    page = made(BROKEN, "faults")
    said = page.inner_text(".steps .broken")
    assert "Work: Down" in said
    assert "cannot be completed: assertion failed (PC710)" in said
    line = page.locator(".line.fault")
    assert "assert x = 0" in line.inner_text()
    assert "assertion failed" in line.locator("code").evaluate("code => getComputedStyle(code, '::after').content")
    page.keyboard.press("Home")
    assert not page.is_visible(".steps .broken")


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_letters_stay_in_sight_however_far_the_picture_is_moved(opened: Open, scheme: str) -> None:
    page = opened(RACE, color_scheme=scheme, reduced_motion="reduce")
    page.set_viewport_size({"width": 300, "height": 800})
    page.locator(".scroll").first.evaluate("box => { box.scrollLeft = box.scrollWidth; }")
    names = page.locator(".picture thead th").first.bounding_box()
    view = page.locator(".scroll").first.bounding_box()
    assert names is not None
    assert view is not None
    seen = 0
    for bar in page.locator(".picture .bar:visible").all():
        whole, letter = bar.bounding_box(), bar.locator(".letter").bounding_box()
        assert whole is not None
        assert letter is not None
        if whole["x"] + whole["width"] > names["x"] + names["width"] + letter["width"] + 12:
            assert names["x"] + names["width"] <= letter["x"] + 1 <= view["x"] + view["width"]
            seen += 1
    assert seen


def test_on_paper_every_step_has_its_name_and_none_is_hidden(opened: Open) -> None:
    page = opened(RACE)
    page.check("#full")
    page.emulate_media(media="print")
    assert all(item.is_visible() for item in page.locator(".steps > li").all())
    names = page.locator("td.turn b")
    assert names.count() >= 1
    for name in names.all():
        box = name.bounding_box()
        assert box is not None
        assert box["width"] > 8


def test_paper_has_the_steps_that_a_proof_excludes_and_no_night(opened: Open) -> None:
    page = opened("ic3/Race/base/Fresh.html", color_scheme="dark")
    table = page.locator(".clauses table").first
    assert not table.is_visible()
    page.emulate_media(media="print")
    assert table.is_visible()
    assert table.locator(".changed").first.evaluate("cell => getComputedStyle(cell).fontWeight") == "700"
    assert page.evaluate("getComputedStyle(document.body).backgroundColor") == "rgb(255, 255, 255)"


def test_steps_stand_beside_each_other_on_paper(opened: Open) -> None:
    page = opened(RACE)
    page.emulate_media(media="print")
    lefts = set(page.locator(".steps > li").evaluate_all("items => items.map(item => item.getBoundingClientRect().x)"))
    assert len(lefts) == 2


@pytest.mark.parametrize(("scheme", "media"), [("light", "screen"), ("dark", "screen"), ("light", "print")])
def test_stripes_are_seen_without_colours(opened: Open, scheme: str, media: str) -> None:
    """Between a stripe and what is beneath it the contrast is 1.8 at least, as WCAG counts it."""
    page = opened(RACE, color_scheme=scheme)
    page.emulate_media(media=media)  # type: ignore[arg-type]
    ratio = page.locator(".bar.mode-shared").first.evaluate("""bar => {
      const style = getComputedStyle(bar), parts = (text) => text.match(/[\\d.]+/g).map(Number);
      const [r, g, b] = parts(style.backgroundColor);
      const stripe = parts(style.backgroundImage.match(/rgba?\\([^)]*\\)(?= (?:4|10)px)/g).at(-1));
      const alpha = stripe[3] ?? 1;
      const light = (rgb) => rgb.map((x) => x / 255).map((x) => (x <= 0.04045 ? x / 12.92 : ((x + 0.055) / 1.055) ** 2.4))
        .reduce((sum, x, n) => sum + x * [0.2126, 0.7152, 0.0722][n], 0.05);
      const [one, other] = [light([r, g, b]), light([r, g, b].map((x, n) => (1 - alpha) * x + alpha * stripe[n]))];
      return Math.max(one, other) / Math.min(one, other);
    }""")
    assert ratio >= 1.8


def tab_to(page: Page, target: Locator) -> None:
    for _ in range(80):
        page.keyboard.press("Tab")
        if target.evaluate("element => element === document.activeElement"):
            return
    pytest.fail("no key leads there")


def test_a_part_of_the_state_is_chosen_without_a_mouse(opened: Open) -> None:
    page = opened(RACE)
    path = page.locator(".steps li.current button.path").first
    name = path.inner_text()
    tab_to(page, path)
    page.keyboard.press("Enter")
    assert page.locator("tr.chosen:visible").get_attribute("data-path") == name
    assert f"Chosen: {name} = " in page.inner_text("#live")
    page.keyboard.press("p")
    assert f"Chosen: {name} = " in page.inner_text("#live")


def test_a_line_of_the_source_is_gone_to_without_a_mouse(opened: Open) -> None:
    page = opened(RACE)
    tab_to(page, page.locator(".code").first)
    page.keyboard.press("ArrowDown")
    page.keyboard.press("ArrowUp")
    assert page.locator(".line.cursor").count() == 1
    while "Read:" not in page.locator(".line.cursor").inner_text():
        page.keyboard.press("ArrowUp")
    page.keyboard.press("Enter")
    assert "did Read" in page.inner_text(".steps") or "is part of step" in page.inner_text("#live")
    page.keyboard.press("Tab")
    assert page.evaluate("document.activeElement.closest('.code') === null")


def test_who_is_at_a_button_that_goes_away_is_not_lost(opened: Open) -> None:
    page = opened("Locks/unordered/deadlock.html")
    page.locator("#blocked button").first.focus()
    page.keyboard.press("j")
    assert page.evaluate("document.activeElement.id") == "process"


def test_that_a_link_was_copied_is_said(opened: Open) -> None:
    page = opened(RACE, permissions=["clipboard-read", "clipboard-write"])
    page.click("#copy")
    page.wait_for_function("document.querySelector('#live').textContent.includes('copied')")
