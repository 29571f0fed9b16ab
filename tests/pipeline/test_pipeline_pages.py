"""The pages that `--html` writes: whole in themselves, without anything to fetch, always the same, and text stays text."""

from __future__ import annotations

import json
import re
from dataclasses import replace
from html.parser import HTMLParser
from pathlib import Path

import pytest

from pluscheck.pipeline.options import Options, Unwatched
from pluscheck.pipeline.verify import verify
from pluscheck.report.html.page import trace_page
from pluscheck.report.html.picture import lock_bars, wait_cycles
from pluscheck.report.model import Reason
from pluscheck.report.story import Story
from stories import LOCKS, told


class Page(HTMLParser):
    """Collects what the tests look at."""

    def __init__(self, text: str) -> None:
        super().__init__(convert_charrefs=True)
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))

    def having(self, tag: str, attribute: str) -> list[dict[str, str | None]]:
        return [attributes for name, attributes in self.tags if name == tag and attribute in attributes]


@pytest.fixture(scope="module")
def deadlock() -> Story:
    return told(LOCKS, "deadlock")


def test_a_page_needs_nothing_but_itself(deadlock: Story) -> None:
    text = trace_page(deadlock)
    assert not re.search(r"https?:|@import|fetch\(|XMLHttpRequest|url\((?!#)", text)
    assert not [tag for tag, attributes in Page(text).tags if "src" in attributes or tag in ("link", "iframe", "img")]
    assert "default-src 'none'" in text


def test_the_same_story_gives_the_same_bytes(deadlock: Story) -> None:
    assert trace_page(deadlock) == trace_page(told(LOCKS, "deadlock"))


def test_there_is_a_lane_for_each_process_and_a_bar_for_each_ownership(deadlock: Story) -> None:
    page = Page(trace_page(deadlock))
    lanes = page.having("tr", "data-lane")
    assert len(lanes) == len(deadlock.lanes)
    bars = [
        (int(cell["data-from"] or 0), int(cell["colspan"] or 0), cell["data-mode"])
        for cell in page.having("td", "data-from")
        if cell["data-mode"]
    ]
    for lock, path in enumerate(deadlock.locks):
        for number, state in enumerate(deadlock.states):
            held = [(holding.mode, who) for holding in state.holdings[lock] for who in holding.holders]
            drawn = [
                (segment.mode, bar.holder)
                for whole in lock_bars(deadlock)
                if whole.path == path
                for bar in whole.bars
                for segment in bar.segments
                if segment.mode in ("S", "X") and segment.start <= number < segment.start + segment.length
            ]
            assert sorted(drawn) == sorted(held)
    expected = [
        (segment.start, segment.length, segment.mode)
        for whole in lock_bars(deadlock)
        for bar in whole.bars
        for segment in bar.segments
        if segment.mode
    ]
    assert bars == expected


USERS = """module Users
extends Mutex
enum User == { driver, irq, idler }
enum Name == { a, b, other }
var lock : [Name -> Mutex(User)] = [n \\in Name |-> IF n = other THEN Some(idler) ELSE MutexFree]
process Driver {
  One:  mutex_lock(lock[a], driver);
  Two:  mutex_lock(lock[b], driver);
  Back: mutex_unlock(lock[b], driver); mutex_unlock(lock[a], driver);
}
process Handler {
  Uno:  mutex_lock(lock[b], irq);
  Due:  mutex_lock(lock[a], irq);
  Back: mutex_unlock(lock[a], irq); mutex_unlock(lock[b], irq);
}
model m { expect deadlock violated; }
"""


def shown_bars(story: Story) -> dict[str, list[tuple[str, str]]]:
    """Return what can be seen of each lock at the end, without asking for more."""
    bars = {lock.path: [bar for bar in lock.bars if not bar.quiet] for lock in lock_bars(story)}
    return {path: [(bar.holder, bar.segments[-1].mode) for bar in found] for path, found in bars.items() if found}


def test_a_holder_that_is_no_process_is_shown() -> None:
    assert shown_bars(told(USERS, "deadlock")) == {
        "lock[a]": [("Handler", "wait"), ("driver", "X")],
        "lock[b]": [("Driver", "wait"), ("irq", "X")],
    }


def test_who_holds_what_somebody_waits_for_is_shown_though_it_takes_no_step() -> None:
    text = USERS.replace("IF n = other THEN Some(idler) ELSE MutexFree", "Some(idler)")
    text = text.replace("One:  mutex_lock(lock[a], driver);", "One:  skip;")
    assert shown_bars(told(text, "deadlock")) == {"lock[b]": [("Driver", "wait"), ("idler", "X")]}


def test_who_waits_in_a_circle_is_shown_though_it_takes_no_step() -> None:
    text = """module Still
extends Mutex
enum Task == { p, q }
var a : Mutex(Task) = Some(p)
var b : Mutex(Task) = Some(q)
process P(self \\in Task) { Take: if (self = p) { mutex_lock(b, self); } else { mutex_lock(a, self); }; }
model m { expect deadlock violated; }
"""
    story = told(text, "deadlock")
    assert story.steps == ()
    assert shown_bars(story) == {"a": [("p", "X"), ("q", "wait")], "b": [("p", "wait"), ("q", "X")]}
    lanes = Page(trace_page(story)).having("tr", "data-lane")
    assert [lane["class"] for lane in lanes] == ["lane", "lane"]


def test_a_deadlock_is_drawn_and_written_out(deadlock: Story) -> None:
    (cycle,) = wait_cycles(deadlock)
    assert "Task1 holds lock[" in cycle.words
    assert "Task2 holds lock[" in cycle.words
    text = trace_page(deadlock)
    assert "<figcaption>Task1 holds lock[" in text
    assert text.count('class="edge"') == 2


def test_markup_in_names_and_values_stays_text(deadlock: Story) -> None:
    evil = "</script><img src=x onerror=alert(1)>"
    hostile = replace(
        deadlock,
        module=evil,
        model=evil,
        property=evil,
        locks=tuple(evil for _ in deadlock.locks),
        paths=(evil, *deadlock.paths[1:]),
        lanes=tuple(replace(lane, name=evil) for lane in deadlock.lanes),
        reasons=(Reason(None, False, ((evil, evil),), ((evil, evil),)),),
        sources=tuple(replace(source, text=evil) for source in deadlock.sources),
    )
    text = trace_page(hostile, {evil: (evil, evil)})
    assert "<img" not in text
    page = Page(text)
    assert not [tag for tag, _ in page.tags if tag == "img"]
    assert text.count("<script") == text.count("</script>")


def test_without_scripts_every_step_is_there(deadlock: Story) -> None:
    text = trace_page(deadlock)
    static = re.sub(r"<script.*?</script>", "", text, flags=re.DOTALL)
    for step in deadlock.steps:
        assert f'id="state-{step.number}"' in static
        for change in step.changes:
            assert f'data-path="{change.path}"' in static


def test_what_the_script_reads_is_json(deadlock: Story) -> None:
    text = trace_page(deadlock, {"Trace": ("trace.txt", 'a "b" </script>')})
    found = re.findall(r'<script type="application/json"[^>]*>(.*?)</script>', text, flags=re.DOTALL)
    story, attachment = [json.loads(part) for part in found]
    assert len(story["steps"]) == len(deadlock.steps)
    assert attachment == 'a "b" </script>'


def test_a_run_has_a_page_for_each_verdict_and_one_that_leads_to_them(tmp_path: Path) -> None:
    spec = tmp_path / "Locks.plus"
    spec.write_text(LOCKS, encoding="utf-8")
    for _ in range(2):  # what is there already is written over, and comes out the same
        report = verify([spec], Options(html=tmp_path / "pages"), Unwatched())
        before = {path: path.read_bytes() for path in sorted((tmp_path / "pages").rglob("*.html"))}
    names = {p.name for p in report.specs[0].models[0].properties if p.answer in ("violated", "reached", "proved")}
    assert {path.stem for path in before} == {*names, "index"}
    index = (tmp_path / "pages" / "index.html").read_text(encoding="utf-8")
    for link in re.findall(r'href="([^"]*)"', index):
        assert (tmp_path / "pages" / link).is_file()
    assert "without Ordered" in index


def test_nothing_unseen_turns_a_page_round(tmp_path: Path) -> None:
    """Neither in the names of files and folders, nor in what is wrong with them, nor in comments."""
    turn = "\u202e"
    text = f"module Up\nvar x : 0..3 = 0 (* {turn}said *)\naction Go {{ x := 1; }}\n(* {turn}meant *)\ninvariant Low == x = 0\nmodel m {{ expect Low violated; }}\n"
    specs = [tmp_path / f"a{turn}" / "Up.plus", tmp_path / "b" / "Up.plus", tmp_path / f"{turn}Down.plus"]
    for spec in specs:
        spec.parent.mkdir(exist_ok=True)
        spec.write_text(text, encoding="utf-8")
    verify(specs, Options(html=tmp_path / "pages"), Unwatched())
    pages = {path: path.read_text(encoding="utf-8") for path in (tmp_path / "pages").rglob("*.html")}
    assert len(pages) >= 3
    index = pages[tmp_path / "pages" / "index.html"]
    assert "a\\u202e/Up.plus" in index
    assert "the module in `\\u202eDown.plus`" in index
    low = next(page for path, page in pages.items() if path.name == "Low.html")
    assert all(f"\\u202e{word}" in low for word in ("said", "meant"))
    shown = [re.sub(r"<script.*?</script>", "", page, flags=re.DOTALL) for page in pages.values()]
    assert not any(turn in page for page in shown)


def test_pages_do_not_tell_where_one_stood(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    spec = tmp_path / "home" / "Locks.plus"
    spec.parent.mkdir()
    spec.write_text(LOCKS, encoding="utf-8")
    found = []
    for number, (folder, given) in enumerate([(spec.parent, Path(spec.name)), (spec.parent, spec), (tmp_path, spec)]):
        monkeypatch.chdir(folder)
        verify([given], Options(html=tmp_path / str(number)), Unwatched())
        pages = {path.relative_to(tmp_path / str(number)): path for path in (tmp_path / str(number)).rglob("*.html")}
        found.append({name: path.read_text(encoding="utf-8") for name, path in pages.items()})
    assert len(found[0]) >= 3
    assert found[0] == found[1] == found[2]
    assert not any(str(tmp_path) in text for text in found[0].values())
