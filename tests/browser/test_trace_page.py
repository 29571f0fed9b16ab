"""The page of a trace, in a browser: what it shows, its keys, its links, and how it looks to those who see it otherwise."""

from __future__ import annotations

import json
import time
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from pluscheck.report.html.page import trace_page
from stories import LOCKS, told

if TYPE_CHECKING:
    from playwright.sync_api import Page

Open = Callable[..., "Page"]

LONG = """module Locks
sort Task
var n : 0..500 = 0
var slot : [1..60 -> 0..9] = [i \\in 1..60 |-> 0]
process Work(self \\in Task)
  var mine : 0..5 = 0;
{
  Go: while (TRUE) { await n % 20 < 17; n := n + 1; slot[(n % 60) + 1] := (slot[(n % 60) + 1] + 1) % 10; mine := (mine + 1) % 6; };
}
action Tick { await n % 20 >= 17 /\\ n < 500; n := n + 1; slot[(n % 60) + 1] := 0; }
invariant NotYet == n < 500
model m { scope Task = 1; }
"""

RACE = "Race/shared/Fresh.html"
DEADLOCK = "Locks/unordered/deadlock.html"
PROOF = "ic3/Race/base/Fresh.html"
INDEX = "index.html"


def state(page: Page) -> int:
    """Return the state that is shown."""
    return int(page.locator("button.state[aria-current=step]").inner_text())


def steps_of(page: Page) -> int:
    """Return how many steps the run has."""
    return page.locator("button.state").count() - 1


def test_nothing_is_fetched(opened: Open) -> None:
    page = opened(RACE)
    assert page.evaluate("performance.getEntriesByType('resource').length") == 0
    assert "pluscheck" in page.inner_text("body")


def test_there_is_a_lane_for_each_process_and_idle_cells_are_quiet(opened: Open) -> None:
    page = opened(RACE)
    lanes = page.locator("tr.lane th")
    assert [lane.inner_text() for lane in lanes.all() if lane.is_visible()] == ["Reader1", "Writer1"]
    page.check("#quiet")  # the other writer takes no step
    assert [lane.inner_text() for lane in lanes.all() if lane.is_visible()] == ["Reader1", "Writer1", "Writer2"]
    acts = page.locator("tr.lane td.acts").count()
    assert acts == steps_of(page)
    assert all(text.strip() == "" for text in page.locator("tr.lane td:not(.acts)").all_inner_texts())


def test_a_bar_reaches_from_the_first_state_in_which_the_lock_is_held_to_the_last(opened: Open, pages: Path) -> None:
    """The interpreter says who holds what; on the screen the bar must lie below just those states."""
    found = told(LOCKS, "deadlock")
    (pages / "made" / "told.html").write_text(trace_page(found), encoding="utf-8")
    page = opened("made/told.html")
    page.check("#quiet")
    heads = [head.bounding_box() for head in page.locator("thead th[data-state]").all()]
    for lock, path in enumerate(found.locks):
        for row in page.locator(f"tr.holder[data-lock='{path}']").all():
            holder = row.get_attribute("data-holder")
            bars = [bar.bounding_box() for bar in row.locator(".bar.mode-excl").all()]
            below = {
                number
                for number, head in enumerate(heads)
                for bar in bars
                if head and bar and bar["x"] - 1 <= head["x"] + head["width"] / 2 <= bar["x"] + bar["width"] + 1
            }
            assert below == {
                number
                for number, state in enumerate(found.states)
                if any(holder in holding.holders for holding in state.holdings[lock])
            }


def test_modes_of_a_lock_differ_in_letter_and_pattern_not_in_colour_alone(opened: Open) -> None:
    page = opened(RACE)
    page.check("#quiet")
    shared, legend = page.locator(".bar.mode-shared").first, page.locator(".legend .mode-excl")
    assert shared.inner_text() == "S"
    assert "gradient" in shared.evaluate("bar => getComputedStyle(bar).backgroundImage")
    assert legend.inner_text() == "X"
    assert legend.evaluate("bar => getComputedStyle(bar).backgroundImage") == "none"


def test_a_deadlock_is_a_circle_drawn_and_written_out(opened: Open) -> None:
    page = opened(DEADLOCK)
    assert page.locator(".cycle svg path.edge").count() == 2
    words = page.inner_text(".cycle figcaption")
    assert "waits for" in words or "waits" in words
    assert all(lock in words for lock in ("lock[a]", "lock[b]"))
    assert page.locator(".picture .bar.mode-wait").count() == 2
    hollow = page.locator(".picture .bar.mode-wait").first.evaluate("bar => getComputedStyle(bar).borderStyle")
    assert hollow == "dashed"


def test_only_the_conjunct_that_fails_is_red(opened: Open) -> None:
    page = opened(RACE)
    false, true = page.locator(".conjuncts li.false"), page.locator(".conjuncts li.true")
    assert [part.strip() for part in false.locator("code").all_inner_texts()] == ["seen[r] = box.data"]
    assert "box.mark" in true.locator("code").all_inner_texts()
    red, plain = (part.first.evaluate("part => getComputedStyle(part).backgroundColor") for part in (false, true))
    assert red != plain
    assert "r = Reader1" in page.inner_text(".why")


def test_the_strip_has_each_property_in_each_state(opened: Open) -> None:
    page = opened(RACE)
    rows = page.locator(".strip tr")
    assert {"Fresh", "Marked"} <= set(rows.locator("th").all_inner_texts())
    assert page.locator(".strip tr.main td").count() == steps_of(page) + 1
    first = page.locator(".strip tr.main td.first")
    assert first.count() == 1
    assert int(first.get_attribute("data-state") or -1) == steps_of(page)


def test_only_what_changed_is_shown_into_fields_and_elements_unless_asked(opened: Open) -> None:
    page = opened(RACE)
    changes = {
        path: row.locator("td").all_inner_texts()
        for row in page.locator(".steps tr[data-path]").all()
        if (path := row.get_attribute("data-path")) and path.startswith(("box", "seen"))
    }
    assert "box.data" in changes
    assert "seen" not in changes
    page.keyboard.press("Home")
    page.keyboard.press("d")
    whole = page.locator("#whole tr[data-path]")
    assert whole.count() >= 8
    assert {"box.data", "box.mark", "seen[Reader1]"} <= {row.get_attribute("data-path") for row in whole.all()}
    page.keyboard.press("d")
    assert not page.is_visible("#whole")


def test_the_source_shows_what_fired_and_leads_back(opened: Open) -> None:
    page = opened(RACE)
    page.keyboard.press("Home")
    assert page.locator(".line.fired").count() == 0
    for number in range(1, steps_of(page) + 1):
        page.keyboard.press("ArrowRight")
        assert state(page) == number
        assert page.locator(".line.fired").count() > 0
    line = page.locator(".line", has_text="Write: with").first
    line.click()
    assert f"is part of step {steps_of(page)}" in page.inner_text("#live")
    assert state(page) == steps_of(page)
    page.locator(".line", has_text="Give:").first.click()
    assert "No step of this run goes through line" in page.inner_text("#live")


def test_guards_that_were_passed_are_ticked(opened: Open) -> None:
    page = opened(RACE, "#step=0")
    for number in range(1, steps_of(page) + 1):
        page.keyboard.press("ArrowRight")
        ticked = page.locator(".line.guard code").all_text_contents()
        acts = page.locator(f"tr.lane td.acts[data-state='{number}']").get_attribute("title") or ""
        assert bool(ticked) == (acts in ("Lock", "Take"))  # the others wait for nothing
        assert all("await" in line for line in ticked)
        for marked in page.locator(".line.guard code").all():
            assert "guard" in marked.evaluate("line => getComputedStyle(line, '::after').content")


def test_a_step_that_the_failure_does_not_depend_on_is_dimmed(opened: Open) -> None:
    page = opened(RACE)
    needed, beside = page.locator("td.acts:not(.beside)"), page.locator("td.acts.beside")
    assert {"Tell", "Write"} <= {cell.get_attribute("title") for cell in needed.all()}
    assert beside.count() >= 2
    assert all("not depended on" in cell.inner_text() for cell in beside.all())  # never by colour alone
    bold, thin = (
        cell.first.evaluate("e => getComputedStyle(e.querySelector('b')).fontWeight") for cell in (needed, beside)
    )
    assert int(thin) < int(bold)
    page.uncheck("#slice")
    assert beside.first.evaluate("e => getComputedStyle(e.querySelector('b')).fontWeight") == bold


def test_why_another_step_is_not_possible(opened: Open) -> None:
    page = opened(DEADLOCK)
    page.select_option("#process", label="Task1")
    said = page.inner_text("#blocked")
    assert "Task1" in said
    assert "Task2:" not in said
    assert "is FALSE" in said
    page.locator("#blocked button").first.click()
    assert page.locator(".line.stops").count() >= 1


def test_keys(opened: Open) -> None:
    page = opened(RACE)
    last = steps_of(page)
    assert state(page) == last
    for key, expected in [
        ("Home", 0), ("ArrowRight", 1), ("k", 2), ("ArrowLeft", 1), ("j", 0), ("j", 0), ("End", last), ("k", last),
    ]:  # fmt: skip
        page.keyboard.press(key)
        assert state(page) == expected, key
    page.keyboard.press("?")
    assert page.is_visible("#help")
    page.keyboard.press("?")
    assert not page.is_visible("#help")


def test_keys_go_to_where_the_chosen_part_changes(opened: Open) -> None:
    page = opened(RACE, "#step=0&var=box.data")
    page.keyboard.press("n")
    changed = state(page)
    assert page.locator(".steps li.current tr[data-path='box.data']").count() == 1
    page.keyboard.press("End")
    while state(page) > changed:
        before = state(page)
        page.keyboard.press("p")
        if state(page) == before:
            break
    assert page.locator(".steps li.current tr[data-path='box.data']").count() == 1


def test_no_key_traps_the_reader(opened: Open) -> None:
    page = opened(RACE)
    seen: list[str] = []
    for _ in range(200):
        page.keyboard.press("Tab")
        here = page.evaluate(
            "(() => { const e = document.activeElement; return e === document.body ? '' : e.id || e.className || e.tagName })()"
        )
        if not here and seen:
            break
        seen.append(here)
    else:
        pytest.fail("Tab does not lead out of the page")
    assert {"theme", "copy", "full", "process"} <= set(seen)
    assert sum("state" in name.split() for name in seen) == 1  # one stop for all the states, arrows between them


def test_a_link_leads_to_the_step_the_part_and_the_process(opened: Open) -> None:
    page = opened(RACE, "#step=2&var=box.data&proc=Writer1")
    assert state(page) == 2
    assert page.locator("#process option:checked").inner_text() == "Writer1"
    page.keyboard.press("ArrowRight")
    assert page.url.endswith("#step=3&var=box.data&proc=Writer1")
    page.keyboard.press("d")
    assert page.locator("#whole tr.chosen").get_attribute("data-path") == "box.data"


def test_the_link_can_be_copied(opened: Open) -> None:
    page = opened(RACE, "#step=1")
    page.evaluate(
        """Object.defineProperty(navigator, "clipboard", { value: { writeText: async (text) => { window.copied = text; } } })"""
    )
    page.click("#copy")
    assert page.evaluate("window.copied").endswith(f"{RACE}#step=1")


@pytest.mark.parametrize("name", [RACE, DEADLOCK, PROOF, INDEX])
@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("width", [200, 390, 1200])
def test_axe_finds_nothing(opened: Open, name: str, scheme: str, width: int) -> None:
    axe = pytest.importorskip("axe_playwright_python")
    script = (Path(axe.__file__).parent / "axe.min.js").read_text(encoding="utf-8")
    page = opened(name, color_scheme=scheme)
    page.set_viewport_size({"width": width, "height": 800})
    page.evaluate("document.querySelectorAll('details').forEach(details => { details.open = true; })")
    page.evaluate(script)
    found = page.evaluate("axe.run().then(({violations}) => violations)")
    assert [(one["id"], [node["target"] for node in one["nodes"]][:3]) for one in found] == []


def test_what_is_done_is_said(opened: Open) -> None:
    page = opened(RACE)
    page.keyboard.press("Home")
    page.keyboard.press("ArrowRight")
    live = page.locator("#live")
    assert live.get_attribute("aria-live") == "polite"
    assert live.inner_text().startswith("State 1 of")


def test_dark_by_the_system_and_by_a_button(opened: Open) -> None:
    def background(page: Page) -> str:
        return str(page.evaluate("getComputedStyle(document.body).backgroundColor"))

    light, dark = opened(RACE, color_scheme="light"), opened(RACE, color_scheme="dark")
    day, night = background(light), background(dark)
    assert day != night
    light.click("#theme")
    assert background(light) == night
    assert light.inner_text("#theme") == "Light"
    dark.click("#theme")
    assert background(dark) == day


@pytest.mark.parametrize("name", [PROOF, INDEX])
def test_every_page_can_be_made_dark(opened: Open, name: str) -> None:
    page = opened(name, color_scheme="light")
    light = page.evaluate("getComputedStyle(document.body).backgroundColor")
    page.click("#theme")
    assert page.evaluate("getComputedStyle(document.body).backgroundColor") != light
    assert page.inner_text("#theme") == "Light"


def test_nothing_moves_for_who_wants_that(opened: Open) -> None:
    page = opened(RACE, reduced_motion="reduce")
    assert page.evaluate("getComputedStyle(document.querySelector('.scroll')).scrollBehavior") == "auto"


def test_on_paper_every_step_is_there(opened: Open) -> None:
    page = opened(RACE)
    page.emulate_media(media="print")
    assert all(item.is_visible() for item in page.locator(".steps > li").all())
    assert not page.is_visible("#theme")
    # Between steps there may be a new page, within one not; all values of the initial state need not fit on one.
    inside = page.locator(".steps > li").evaluate_all("items => items.map(item => getComputedStyle(item).breakInside)")
    assert inside == ["auto", *["avoid"] * steps_of(page)]
    assert "gradient" in page.locator(".bar.mode-shared").first.evaluate("bar => getComputedStyle(bar).backgroundImage")
    assert page.pdf().startswith(b"%PDF")


def test_without_scripts_there_is_a_table_of_all_steps(opened: Open) -> None:
    page = opened(RACE, java_script_enabled=False)
    items = page.locator(".steps > li")
    assert items.count() > 4
    assert all(item.is_visible() for item in items.all())
    assert all(row.is_visible() for row in page.locator("tr.lane").all())
    assert not page.is_visible("#theme")


@pytest.mark.parametrize("name", ["ITF", "JSON"])
def test_what_is_embedded_can_be_saved(opened: Open, tmp_path: Path, name: str) -> None:
    page = opened(RACE)
    with page.expect_download() as saved:
        page.click(f"button[data-download={name}]")
    saved.value.save_as(tmp_path / "saved")
    document = json.loads((tmp_path / "saved").read_text(encoding="utf-8"))
    assert len(document["states" if name == "ITF" else "steps"]) == steps_of(page) + (name == "ITF")


def test_what_one_process_does_at_one_go_is_shortened_on_demand(opened: Open) -> None:
    page = opened(RACE)
    inner = page.locator("td.turn b").first  # neither the first of its turn nor the last
    assert page.locator("td.turn").count() >= 1
    assert inner.evaluate("name => getComputedStyle(name).position") == "absolute"
    page.uncheck("#fold")
    assert inner.evaluate("name => getComputedStyle(name).position") == "static"
    page.check("#fold")
    page.locator("td.turn").first.click()  # what is looked at is told
    assert inner.evaluate("name => getComputedStyle(name).position") == "static"


@pytest.mark.parametrize("width", [390, 768, 1200])
@pytest.mark.parametrize("name", [RACE, DEADLOCK, PROOF, INDEX])
def test_the_page_is_no_wider_than_its_window(opened: Open, name: str, width: int) -> None:
    page = opened(name)
    page.set_viewport_size({"width": width, "height": 800})
    assert page.evaluate("document.documentElement.scrollWidth") <= width


def test_a_run_that_repeats_for_ever_says_where(opened: Open, pages: Path) -> None:
    (pages / "made" / "loop.html").write_text(trace_page(replace(told(LOCKS, "deadlock"), loop=1)), encoding="utf-8")
    page = opened("made/loop.html")
    assert "goes back to state 1: it repeats for ever" in page.inner_text(".loop")
    assert "↻" in page.inner_text("thead th[data-state='1']")
    bracket = page.locator(".picture thead th").evaluate_all(
        "all => all.map(one => ['Left', 'Top', 'Right'].map(side => getComputedStyle(one)[`border${side}Width`] === '3px'))"
    )
    last = steps_of(page)
    assert bracket[1:] == [[state == 1, state >= 1, state == last] for state in range(last + 1)]


def test_five_hundred_steps_open_and_step_without_a_pause(opened: Open, pages: Path) -> None:
    (pages / "made" / "long.html").write_text(trace_page(told(LONG, "NotYet")), encoding="utf-8")
    started = time.monotonic()
    page = opened("made/long.html")
    assert state(page) == 500
    opening = time.monotonic() - started
    taken = page.evaluate("""() => {
      const started = performance.now();
      for (let n = 0; n < 100; n += 1) document.body.dispatchEvent(new KeyboardEvent("keydown", { key: "ArrowLeft", bubbles: true }));
      document.body.getBoundingClientRect();
      return performance.now() - started;
    }""")
    assert state(page) == 400
    # Asked for is one second and no pause; a busy machine gets several times that.
    print(f"opened in {opening:.2f} s, {taken / 100:.1f} ms a step")
    assert opening < 6
    assert taken < 100 * 100


def test_what_should_hold_and_what_is_missing_comes_first(opened: Open) -> None:
    page = opened(RACE)
    assert page.inner_text(".says") == "Who looked has seen what is there."
    assert page.inner_text(".without") == "Without the protection Excl."
    proof = opened(PROOF)
    assert proof.inner_text(".says") == "Who looked has seen what is there."
    assert proof.locator(".chips li").all_inner_texts() == ["Excl = TRUE"]
    assert proof.locator(".without").count() == 0
