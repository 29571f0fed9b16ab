"""The pages of a whole run, in a browser: what leads to them, what a proof says, and that text in them stays text."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from pluscheck.pipeline.options import Options, Pattern, Unwatched
from pluscheck.pipeline.verify import verify
from stories import RACE as RACE_TEXT

if TYPE_CHECKING:
    from playwright.sync_api import Locator, Page

Open = Callable[..., "Page"]

RACE = "Race/shared/Fresh.html"
PROOF = "ic3/Race/base/Fresh.html"
INDEX = "index.html"


def test_what_must_hold_and_what_must_be_possible_are_two_tables(opened: Open) -> None:
    page = opened(INDEX)
    holds, possible = (
        page.get_by_role("region", name="what must hold in Race"),
        page.get_by_role("region", name="what is possible in Race"),
    )
    assert holds.locator("thead th").all_inner_texts() == ["model", "Fresh", "Marked", "deadlock", "faults"]
    rows = {
        row.locator("th").inner_text().split("\n")[0]: row.locator("td").all_inner_texts()
        for row in holds.locator("tbody tr").all()
    }
    assert rows["base"][0] == "proved"
    assert rows["shared"][0].startswith("violated in ")
    assert possible.locator("thead th").all_inner_texts() == ["witness", "base", "shared"]
    assert possible.locator("tbody td").all_inner_texts() == ["reached in 2", "reached in 2"]


def test_the_index_leads_to_every_page(opened: Open, pages: Path) -> None:
    page = opened(INDEX)
    links = [link.get_attribute("href") for link in page.locator("a").all()]
    here = {str(path.relative_to(pages)) for path in pages.rglob("*.html") if not {"ic3", "made"} & set(path.parts)}
    assert here == {INDEX, *links}
    assert "without Excl" in page.inner_text("body")
    page.click(f"a[href='{RACE}']")
    assert "Fresh" in page.inner_text("h1")


def test_a_proof_says_what_was_shown_and_by_what(opened: Open) -> None:
    page = opened(PROOF)
    text = page.inner_text("body")
    assert "PROVED" in text.upper()
    assert all(word in text for word in ("Initiation", "Consecution", "Safety", "judged by", "Excl"))
    assert page.locator(".clauses li").count() >= 2


def test_each_clause_of_a_proof_says_what_it_excludes(opened: Open) -> None:
    page = opened(PROOF)
    clauses = page.locator(".clauses li:has(pre)")
    assert clauses.count() >= 2
    numbers = set(page.locator(".clauses li").evaluate_all("items => items.map(item => String(item.value))"))
    for clause in clauses.all():
        said = clause.locator(".use").inner_text()
        assert said.startswith(("needed Excludes states such as", "not needed The others"))
        if (broken := re.search(r"breaks (.*)\.", said)) is not None:
            assert set(re.findall(r"\b\d+", broken[1])) <= numbers
            assert re.fullmatch(r"(Fresh|Marked|clauses? \d+|, | and |\d+)+", broken[1])
    assert "needed Excludes" in page.inner_text(".clauses")


def test_the_step_that_a_clause_is_needed_for_is_shown_as_two_states(opened: Open) -> None:
    page = opened(PROOF)
    clause = page.locator(".clauses li:has(details):has-text('breaks')").first
    assert not clause.locator("table").is_visible()
    clause.locator("summary").click()
    assert [head.split()[0] for head in clause.locator("thead th").all_inner_texts()] == ["part", "excluded", "after"]
    rows = [row.locator("td").all_inner_texts() for row in clause.locator("tbody tr").all()]
    changed = clause.locator("td.changed").count()
    assert changed >= 1
    assert sum(old != new.removesuffix(" changed") for old, new in rows) == changed


EVIL = "</script><img src=x onerror=window.hurt=1><script>window.hurt=1</script>"


def test_a_specification_full_of_markup_stays_text(opened: Open, pages: Path) -> None:
    """In comments, in the names of folders, and in what is told of evidence; names within a specification cannot have any."""
    folder = pages / "made" / "evil"
    folder.mkdir()
    text = RACE_TEXT.replace("invariant Fresh", f"(* {EVIL} *)\ninvariant Fresh").replace(
        "Look(", f"Look( (* {EVIL} *) "
    )
    spec = folder / "<img src=x onerror=window.hurt=1>" / "Race.plus"
    spec.parent.mkdir()
    spec.write_text(text, encoding="utf-8")
    (folder / "Race.plus").write_text(text, encoding="utf-8")  # beside which the folder has to be told
    verify([spec, folder / "Race.plus"], Options(html=folder / "html"), Unwatched())
    written = sorted((folder / "html").rglob("*.html"))
    assert len(written) >= 4
    for path in written:
        page = opened(str(path.relative_to(pages)))
        assert page.evaluate("window.hurt") is None
        assert page.locator("img").count() == 0
    assert "<img src=x onerror=window.hurt=1>" in opened("made/evil/html/index.html").inner_text("body")
    written = [path for path in written if path.name == "Fresh.html" and "onerror" in str(path.relative_to(folder))]
    fresh = opened(str(next(path for path in written if path.parent.name == "shared").relative_to(pages)))
    assert fresh.inner_text(".says") == EVIL
    assert fresh.locator(".line", has_text="process Look").inner_text().count(EVIL) == 1


def test_two_files_of_one_name_have_pages_of_their_own(opened: Open, pages: Path) -> None:
    folder = pages / "made" / "same"
    specs = [folder / name / "Up.plus" for name in ("a", "b")]
    for most, spec in zip((1, 2), specs, strict=True):
        spec.parent.mkdir(parents=True)
        spec.write_text(
            f"module Up\nvar x : 0..3 = 0\naction Go {{ await x < 3; x := x + 1; }}\ninvariant Small == x < {most}\n"
            "model m { expect Small violated; expect deadlock violated; }\n"
        )
    verify(specs[::-1], Options(html=folder / "html"), Unwatched())
    written = {path: path.read_bytes() for path in (folder / "html").rglob("Small.html")}
    assert len(written) == 2
    verify(specs, Options(html=folder / "html"), Unwatched())
    assert {path: path.read_bytes() for path in (folder / "html").rglob("Small.html")} == written
    page = opened("made/same/html/index.html")
    assert page.locator("h2 .facts").all_inner_texts() == ["a/Up.plus", "b/Up.plus"]
    for section, steps in ((0, 1), (1, 2)):
        page = opened("made/same/html/index.html")
        page.locator("section").nth(section).locator("td.violated a").first.click()
        assert f"Small is violated after {steps} step" in page.inner_text(".lead")


def test_what_could_not_be_checked_is_not_among_what_is_as_expected(opened: Open, pages: Path) -> None:
    folder = pages / "made" / "broken"
    folder.mkdir()
    (folder / "Bad.plus").write_text("module Bad\nvar x : 0..3 = FALSE\n")
    (folder / "Up.plus").write_text(
        "module Up\nvar x : 0..3 = 0\naction Go { x := 1; }\nwitness Far == x = 3\n"
        "model m { check Far; depth 2; expect Far unreachable; }\n"
    )
    verify([folder / "Bad.plus"], Options(html=folder / "one"), Unwatched())
    assert opened("made/broken/one/index.html").inner_text("h1") == "1 specification could not be checked"
    verify([folder / "Bad.plus", folder / "Up.plus"], Options(html=folder / "two", engine="bmc"), Unwatched())
    page = opened("made/broken/two/index.html")
    assert page.inner_text("h1") == "1 of 1 verdicts as expected, 1 specification could not be checked"
    assert "not reached in 2 steps" in page.inner_text("body")


PERMUTED = """module Permuted
sort T
var s : [T -> 0..8] = [t \\in T |-> 0]
action Up(t \\in T) { await s[t] < 7; s[t] := s[t] + 1; }
invariant Ok == \\A t \\in T : s[t] < 8
model m { scope T = 9; check Ok; }
"""

STEPS = """module Steps
var x : 0..3 = 0
var y : 0..3 = 0
action Up { await x < 3; x := x + 1; y := x; }
action Again { x := 0; y := 0; }
transition NoJump == y' <= y + 1
model m { expect NoJump proved; }
"""


def test_a_proof_says_what_was_found_and_what_a_clause_excludes(opened: Open, pages: Path) -> None:
    folder = pages / "made" / "proofs"
    folder.mkdir()
    for name, text in (("Permuted", PERMUTED), ("Steps", STEPS)):
        (folder / f"{name}.plus").write_text(text)
    only = (Pattern.parse("Permuted::Ok"),)
    verify([folder / "Permuted.plus"], Options(engine="native", only=only, html=folder / "html"), Unwatched())
    permuted = opened("made/proofs/html/Permuted/m/Ok.html").inner_text(".obligations")
    assert "is one of them once the elements of T are permuted" in permuted
    assert "All states were found, up to permutations." in permuted
    verify([folder / "Steps.plus"], Options(engine="ic3", html=folder / "html"), Unwatched())
    page = opened("made/proofs/html/Steps/m/NoJump.html")
    uses = page.locator(".use:has-text('Excludes')").all_inner_texts()
    assert uses
    assert all(re.search(r"from there \w+ (violates NoJump|breaks clause)", use) for use in uses)
    assert any("violates NoJump" in use for use in uses)
    assert page.locator("details").count() == len(uses)
    assert "No step from a state that satisfies it violates the property." in page.inner_text(".obligations")


@pytest.mark.parametrize(
    ("engine", "obligations"),
    [
        ("kinduction", ["Base.", "Step. After 1 step in a row, from any state at all, of which none does,"]),
        ("ic3", ["Safety. No state at all violates the property, whether it can be reached or not:"]),
    ],
)
def test_of_a_proof_without_invariant_none_is_told_of(
    opened: Open, pages: Path, engine: str, obligations: list[str]
) -> None:
    folder = pages / "made" / f"alone_{engine}"
    folder.mkdir()
    (folder / "Steps.plus").write_text(STEPS)
    only = (Pattern.parse("Steps::faults"),)
    verify([folder / "Steps.plus"], Options(engine=engine, only=only, html=folder / "html"), Unwatched())
    page = opened(f"made/alone_{engine}/html/Steps/m/faults.html")
    told = page.locator(".obligations li").all_inner_texts()
    assert len(told) == len(obligations)
    assert all(text.startswith(start) for text, start in zip(told, obligations, strict=True))
    assert told[-1].endswith(": no invariant is needed.")
    assert "0 conjuncts" not in page.inner_text("body")


def test_what_a_proof_says_can_be_saved(opened: Open, tmp_path: Path) -> None:
    page = opened("ic3/Race/base/Fresh.html")
    with page.expect_download() as download:
        page.click("text=Download JSON")
    download.value.save_as(tmp_path / "saved.json")
    document = json.loads((tmp_path / "saved.json").read_text(encoding="utf-8"))
    assert (document["module"], document["model"], document["property"]) == ("Race", "base", "Fresh")
    assert len(document["clauses"]) == page.locator(".clauses > li").count() - len(document["with_properties"])


def test_a_name_of_the_specification_keeps_its_first_letter(opened: Open, pages: Path) -> None:
    folder = pages / "made" / "names"
    folder.mkdir()
    (folder / "Up.plus").write_text(
        "module Up\nvar x : 0..3 = 0\naction Go { x := 1; }\ninvariant strict == x = 0\nmodel m { expect strict violated; }\n"
    )
    verify([folder / "Up.plus"], Options(html=folder / "html"), Unwatched())
    assert opened("made/names/html/Up/m/strict.html").inner_text(".lead") == "strict is violated after 1 step."


FROM_RIGHT = """module Right
sort T
enum E == { אלף, בית }
var מצב : E = אלף
process רץ(self \\in T) { קח: with (ערך \\in E) { מצב := ערך; } }
invariant I == מצב = אלף
model m { scope T = {ראש}; check I; expect I violated; }
"""


def test_what_is_written_from_the_right_stands_in_the_order_of_what_is_said(opened: Open, pages: Path) -> None:
    folder = pages / "made" / "right"
    folder.mkdir()
    (folder / "Right.plus").write_text(FROM_RIGHT, encoding="utf-8")
    verify([folder / "Right.plus"], Options(html=folder / "html"), Unwatched())
    page = opened("made/right/html/Right/m/I.html")
    page.keyboard.press("End")

    def in_order(parts: Locator, words: list[str]) -> bool:
        assert parts.all_inner_texts() == words
        found = [box["x"] for part in parts.all() if (box := part.bounding_box()) is not None]
        return len(found) == len(words) and found == sorted(found)

    assert in_order(page.locator("h3:visible bdi"), ["ראש", "קח", "ערך", "בית"])
    page.check("#full")
    assert in_order(page.locator("#whole tr[data-path='מצב'] code"), ["מצב", "בית", "אלף"])  # what is new is said first


def test_the_same_run_makes_the_same_pages(tmp_path: Path) -> None:
    """With proofs, witnesses and violations among them."""
    spec = tmp_path / "ic3" / "Race.plus"
    spec.parent.mkdir()
    spec.write_text(RACE_TEXT, encoding="utf-8")
    found = []
    for _ in range(2):
        verify([spec], Options(engine="ic3", html=tmp_path / "html"), Unwatched())
        found.append({path: path.read_bytes() for path in (tmp_path / "html").rglob("*.html")})
    assert len(found[0]) >= 4
    assert found[0] == found[1]


def test_what_is_proved_of_a_witness_is_that_it_is_unreachable(opened: Open, pages: Path) -> None:
    folder = pages / "made" / "never"
    folder.mkdir()
    spec = folder / "Race.plus"
    text = RACE_TEXT.replace("model base", "witness Torn == lock.excl # None /\\ lock.shared # {}\nmodel base")
    spec.write_text(text.replace("expect Fresh proved;", "check Torn; expect Torn unreachable;"), encoding="utf-8")
    verify([spec], Options(engine="ic3", only=(Pattern.parse("Race:base:Torn"),), html=folder), Unwatched())
    page = opened("made/never/Race/base/Torn.html")
    assert "Torn is unreachable: it is false in every state" in page.inner_text("main")
    assert "violate" not in page.inner_text("main")
    index = opened("made/never/index.html")
    assert index.locator("td").all_inner_texts() == ["proved unreachable"]
