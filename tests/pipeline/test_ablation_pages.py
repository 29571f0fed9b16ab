"""The pages of an ablation: each is linked, says in which setting its run is and what is missing there, and shows where the run takes the parts of an order the wrong way round."""

from __future__ import annotations

import json
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import pytest

from pluscheck.cli.main import main
from pluscheck.pipeline.ablation import Question, ablated
from pluscheck.pipeline.ablation_pages import write_pages
from pluscheck.pipeline.options import Unwatched
from pluscheck.report.ablation import AblationReport, RaceReport

DOOR = """module Door
enum Side == { left, right }
switch Shut : [Side -> BOOLEAN] == [s \\in Side |-> TRUE]
switch Paint : BOOLEAN == TRUE
switch Bolt : BOOLEAN == FALSE
var inside : SUBSET Side = {}
action Enter(s \\in Side) { await Shut[s] => inside = {}; inside := inside \\cup {s}; }
action Leave(s \\in Side) { await s \\in inside /\\ ~(Bolt /\\ Paint); inside := inside \\ {s}; }
invariant Alone == inside # Side
witness Entered == inside # {}
model base { }
"""

COPY = """module Copy
sort Task
var locked : BOOLEAN = FALSE
var clean : BOOLEAN = FALSE
var dirtied : BOOLEAN = FALSE
process Copier(self \\in Task) {
  Begin: skip;
  order Acquire {
    Lock:  locked := TRUE;
    Again: skip;
  } then {
    Look:  skip;
    Stare: skip;
  } then {
    Clean: clean := TRUE; dirtied := FALSE;
    Wipe:  skip;
  }
  Work: locked := FALSE;
}
action Write { await ~locked /\\ ~dirtied; dirtied := TRUE; }
terminal == TRUE
invariant NothingDirty == \\A t \\in Task : pc[t] = "Work" => ~dirtied
witness Worked == clean /\\ ~locked
model m { scope Task = 1; }
"""


class Page(HTMLParser):
    """A page as text without its scripts, and what the tests look at of it."""

    def __init__(self, path: Path) -> None:
        super().__init__()
        self.links: list[dict[str, str | None]] = []
        self.acts: list[str] = []
        self.text = ""
        self._is_script = False
        self.feed(path.read_text(encoding="utf-8"))
        self.text = " ".join(self.text.split())

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = dict(attrs)
        self._is_script = tag in ("script", "style")
        if tag == "a":
            self.links.append(given)
        if tag == "td" and "acts" in (given.get("class") or "").split():
            self.acts.append(f"{given['title']}: {given['class']}")

    def handle_data(self, data: str) -> None:
        if not self._is_script:
            self.text += data


def written(text: str, folder: Path, **asked: Any) -> tuple[AblationReport, dict[str, Page]]:
    """Return what is found of a specification, with the pages that are written, by their names."""
    spec = folder / f"{text.split(maxsplit=2)[1]}.plus"
    spec.write_text(text, encoding="utf-8")
    report = write_pages(ablated(Question(spec, **asked), Unwatched()), folder / "pages")
    return report, {path.name: Page(path) for path in (folder / "pages").iterdir()}


def races_of(report: AblationReport) -> list[RaceReport]:
    found = [*report.maximal_unsafe, *(n.race for n in report.needs), *(w.race for w in report.worse)]
    return [race for race in found if race is not None]


@pytest.mark.parametrize(
    ("text", "order", "names"),
    [
        # A page that only an unsafe set leads to; those that protections lead to, and what is added; one that only what is added leads to.
        (
            DOOR.replace("~(Bolt /\\ Paint)", "TRUE").replace("Shut[s] =>", "Paint \\/ Bolt =>"),
            None,
            {"without_Paint_Bolt", "with_none"},
        ),
        (DOOR, None, {"with_Shut_left", "with_Shut_right", "with_all"}),
        (
            DOOR.replace("Shut[s] =>", "(\\E o \\in Side : Shut[o]) =>"),
            None,
            {"with_none", "without_Shut_right", "with_all"},
        ),
        (COPY, "Acquire", {"without_Lock_before_Clean", "with_Lock_before_Look", "with_Look_before_Clean"}),
    ],
)
def test_every_page_is_linked_and_leads_back(text: str, order: str | None, names: set[str], tmp_path: Path) -> None:
    report, pages = written(text, tmp_path, order=order)
    table = pages.pop("ablation.html")
    assert {link["href"] for link in table.links} == set(pages)
    assert {race.link for race in races_of(report)} == set(pages)
    assert {name.removesuffix(".html") for name in pages} == names
    for page in pages.values():
        (back,) = page.links
        assert back["href"] == "ablation.html"
        assert "that this page came with" in (back["title"] or "")


def test_json_names_the_pages(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    spec = tmp_path / "Door.plus"
    spec.write_text(DOOR, encoding="utf-8")
    main(["ablate", str(spec), "--format", "json"])
    assert {need["race"]["link"] for need in json.loads(capsys.readouterr().out)["needs"] if need["race"]} == {None}
    main(["ablate", str(spec), "--format", "json", "--html", str(tmp_path / "pages")])
    told = json.loads(capsys.readouterr().out)
    races = [*told["maximal_unsafe"], *(one["race"] for one in (*told["needs"], *told["worse"]) if one["race"])]
    assert {race["link"] for race in races} == {p.name for p in (tmp_path / "pages").iterdir()} - {"ablation.html"}
    for race in races:
        assert f"{race['steps']} step" in Page(tmp_path / "pages" / race["link"]).text


@pytest.mark.parametrize(
    ("text", "name", "heading", "sentences"),
    [
        (
            DOOR,
            "with_Shut_left",
            "With only the protection Shut[left], of 4.",
            ["With Shut[right] as well, nothing is violated."],
        ),
        (DOOR, "with_all", "With all 4 protections.", ["worse: with all of this but Bolt, nothing is violated."]),
        (
            DOOR.replace("~(Bolt /\\ Paint)", "TRUE").replace("Shut[s] =>", "Paint \\/ Bolt =>"),
            "without_Paint_Bolt",
            "Without the protections Paint, Bolt.",
            ["With Paint as well, nothing is violated."],
        ),
        (
            DOOR.replace("~(Bolt /\\ Paint)", "TRUE").replace("inside # Side", "inside = {} \\/ Bolt"),
            "without_Bolt",
            "Without the protection Bolt.",
            ["With Bolt as well, nothing is violated."],
        ),
    ],
)
def test_a_page_says_what_is_on_or_off(
    text: str, name: str, heading: str, sentences: list[str], tmp_path: Path
) -> None:
    _, pages = written(text, tmp_path)
    page = pages[f"{name}.html"]
    assert heading in page.text
    for sentence in sentences:
        assert sentence in page.text
    # Where more protection makes it worse, it is said of no more than the safe sets that it helps.
    assert ("as well, nothing is violated" in page.text) is any("as well" in sentence for sentence in sentences)


def test_that_everything_or_nothing_is_on_reads_as_people_say_it(tmp_path: Path) -> None:
    never = DOOR.replace("inside # Side", "inside = {}")
    report, pages = written(never, tmp_path)
    assert set(pages) == {"ablation.html", "with_all.html", *(race.link for race in races_of(report))}
    assert "With all 4 protections." in pages["with_all.html"].text
    only = "module Only\nswitch Off : BOOLEAN == TRUE\nvar x : 0..1 = 0\naction Set { await Off; x := 1; }\n"
    (tmp_path / "one").mkdir()
    _, pages = written(f"{only}terminal == TRUE\ninvariant Zero == x = 0\nmodel m {{ }}\n", tmp_path / "one")
    assert set(pages) == {"ablation.html", "with_all.html"}
    assert "With the protection Off." in pages["with_all.html"].text
    assert "Off alone: Zero, 1 step" in pages["ablation.html"].text
    assert "with none of them it is safe, but with Off besides" in pages["ablation.html"].text
    assert "all 4: Alone, 1 step" in Page(tmp_path / "pages/ablation.html").text


# --------------------------------------------------------------------------------------------- orders


def taken(race: RaceReport) -> list[str]:
    """Return the labels of the steps of a run, the processes' own only."""
    return [step.action.rpartition(".")[2] for step in race.trace.steps]


def test_an_order_says_what_is_missing_and_where_that_shows(tmp_path: Path) -> None:
    report, pages = written(COPY, tmp_path, order="Acquire")
    assert [safe.stated for safe in report.minimal_safe] == [("Lock before Clean",)]
    for race in races_of(report):
        page = pages[race.link or ""]
        steps = taken(race)
        clean, lock = steps.index("Clean") + 1, steps.index("Lock") + 1
        assert "Lock before Clean is not demanded." in page.text
        assert "With Lock before Clean as well, nothing is violated." in page.text
        assert f"Task1 takes Clean at step {clean}, and Lock only at step {lock}." in page.text
        demanded = f"What is demanded of the order Acquire: {', '.join(race.on)}."
        assert (demanded if race.on else "Nothing is demanded of the order Acquire.") in page.text
        assert [cell.split(":")[0] for cell in page.acts if "turned" in cell] == ["Clean", "Lock"]


def test_the_steps_of_an_order_are_not_shortened(tmp_path: Path) -> None:
    text = COPY.replace("  Work:", "  Rest: skip;\n  Rest2: skip;\n  Rest3: skip;\n  Work:")
    _, pages = written(text, tmp_path, order="Acquire")
    runs = [page for name, page in pages.items() if name != "ablation.html"]
    for page in runs:
        shortened = {cell.split(":")[0] for cell in page.acts if "turn" in cell.split()}
        assert shortened <= {"Begin", "Rest", "Rest2", "Rest3"}
        assert {"Lock", "Clean", "Wipe"} <= {cell.split(":")[0] for cell in page.acts}
    assert any("Rest2: acts beside turn" in page.acts for page in runs)


LEFT = """module Left
var locked : BOOLEAN = FALSE
var dirty : BOOLEAN = FALSE
var times : 0..2 = 0
process Copier {
  Begin: skip;
  order Acquire {
    Lock:  locked := TRUE;
  } then {
    Clean: CLEAN
  }
  Work: skip;
}
invariant Right == ~dirty \\/ ~locked
model m { }
"""


@pytest.mark.parametrize(
    ("clean", "steps", "number"),
    [
        # That the lock was taken the first time does not count the second time.
        (
            "if (times = 0) { await locked; times := 1; goto Begin; } else { dirty := ~(Lock \\in AcquireDone); };",
            ["Begin", "Lock", "Clean", "Begin", "Clean"],
            5,
        ),
        # Nor does it come after what was done the first time.
        (
            "if (times = 0) { dirty := ~locked; times := 1; goto Begin; } else { times := 2; };",
            ["Begin", "Clean", "Begin", "Lock"],
            2,
        ),
        # The step that cannot be completed is one as well.
        ("assert locked;", ["Begin"], 2),
    ],
)
def test_who_leaves_an_order_begins_anew(clean: str, steps: list[str], number: int, tmp_path: Path) -> None:
    text = LEFT.replace("CLEAN", clean)
    report, pages = written(text, tmp_path, order="Acquire", properties=("Right",))
    (need,) = report.needs
    assert need.race is not None
    assert taken(need.race) == steps
    told = pages["without_Lock_before_Clean.html"].text
    assert f"Copier takes Clean at step {number}, without having taken Lock since it came to the order." in told


def test_an_order_in_a_procedure_of_two_kinds_of_processes(tmp_path: Path) -> None:
    start, _, rest = COPY.partition("process Copier(self \\in Task) {")
    body, _, end = rest.partition("  Work: locked := FALSE;\n}")
    callers = [
        f"process {name}(self \\in {sort}) {{ Start: {first}call take(); Work: locked := FALSE; }}"
        for name, sort, first in (("Copier", "Task", ""), ("Mover", "Other", "await FALSE; "))
    ]
    text = "\n".join((start, "sort Other", f"procedure take() {{{body}  Back: return;\n}}", *callers, end))
    text = text.replace('pc[t] = "Work"', 'pc[t] = "Back"').replace("Task = 1;", "Task = 1; scope Other = 1;")
    report, pages = written(text, tmp_path, order="Acquire", properties=("NothingDirty",))
    assert report.maximal_unsafe
    for race in report.maximal_unsafe:
        steps = [(step.process, step.action.rpartition(".")[2]) for step in race.trace.steps]
        clean, lock = steps.index(("Task1", "Clean")) + 1, steps.index(("Task1", "Lock")) + 1
        assert f"Task1 takes Clean at step {clean}, and Lock only at step {lock}." in pages[race.link or ""].text
