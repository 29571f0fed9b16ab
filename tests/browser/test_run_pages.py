"""The pages of a whole run, in a browser: what leads to them, what a proof says, and that text in them stays text."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

from pluscheck.pipeline.options import Options, Pattern, Unwatched
from pluscheck.pipeline.verify import verify
from stories import RACE as RACE_TEXT

if TYPE_CHECKING:
    from playwright.sync_api import Page

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
    verify([spec], Options(html=folder / "html"), Unwatched())
    written = sorted((folder / "html").rglob("*.html"))
    assert len(written) >= 4
    for path in written:
        page = opened(str(path.relative_to(pages)))
        assert page.evaluate("window.hurt") is None
        assert page.locator("img").count() == 0
        assert "<img src=x onerror=window.hurt=1>" in page.inner_text("body")
    fresh = opened("made/evil/html/Race/shared/Fresh.html")
    assert fresh.inner_text(".says") == EVIL
    assert fresh.locator(".line", has_text="process Look").inner_text().count(EVIL) == 1


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
