"""Which part must come before which: what is told of random small orders is what going through every closed set of constraints says, and what is stored of one is judged anew."""

from __future__ import annotations

import json
import random
from collections.abc import Callable
from itertools import combinations
from pathlib import Path
from typing import Any

import pytest
from jsonschema import Draft202012Validator

from pluscheck.base.source import Source
from pluscheck.cli.exits import Exit
from pluscheck.cli.main import main
from pluscheck.core.system import DEADLOCK, FAULTS
from pluscheck.engines.exhaustive import exhaustive
from pluscheck.engines.interface import Budget, ignore
from pluscheck.evidence.verdict import Reached, Violated
from pluscheck.lang.front import elaborate
from pluscheck.lower import lower
from pluscheck.pipeline.ablation import Question, ablated
from pluscheck.pipeline.options import Unwatched
from pluscheck.report.ablation import AblationReport, Need
from pluscheck.report.ablation_json import ablation_json
from pluscheck.report.ablation_text import ablation_markdown, ablation_text
from pluscheck.report.look import Look

NAMES = "ABCD"
Pairs = frozenset[tuple[int, int]]
ASKED = frozenset(("I", "W", DEADLOCK, FAULTS))


def random_spec(seed: int) -> tuple[str, int]:
    """Return a specification with an order of so many parts, whose steps see one another and another process."""
    chooser = random.Random(seed)
    number = chooser.randint(2, 4)

    def atom() -> str:
        relation = chooser.choice(("\\in", "\\notin"))
        return f"{chooser.randrange(1, number + 1)} {relation} held"

    def out_of_order(i: int) -> str:
        """Return what is true of part i where it comes on the wrong side of another one, or, seldom, on the right one."""
        other = chooser.choice([j for j in range(number) if j != i])
        is_wrong = chooser.random() < 0.85
        relation = "\\notin" if (other < i) == is_wrong else "\\in"
        return f"{other + 1} {relation} held"

    parts = []
    for i in range(number):
        wrong = " /\\ ".join(out_of_order(i) for _ in range(chooser.randint(1, 2)))
        extra = chooser.choice(("", f"await {atom()};", f"bad := bad \\/ ({wrong});", f"assert x = 0 \\/ ~({wrong});"))
        parts.append(f"{NAMES[i]}: {extra} held := held \\cup {{{i + 1}}};")
    harm = chooser.choice(("", "", f"bad := bad \\/ {atom()};"))
    joined = " } then { ".join(parts)
    spec = f"""module Random
var held : SUBSET 1..{number} = {{}}
var bad : BOOLEAN = FALSE
var x : 0..2 = 0
process P {{
  Begin: skip;
  order O {{ {joined} }}
  Work: held := {{}};
}}
action Other {{ await {atom()} /\\ x < 2; x := x + 1; {harm} }}
terminal == held = {{}}
invariant I == ~bad
witness W == held = 1..{number} /\\ {chooser.choice(("TRUE", "TRUE", "x > 0"))}
"""
    return spec, number


def closed_sets(number: int) -> list[Pairs]:
    pairs = list(combinations(range(number), 2))
    return [
        frozenset(chosen)
        for size in range(len(pairs) + 1)
        for chosen in combinations(pairs, size)
        if all((a, d) in chosen for a, b in chosen for c, d in chosen if b == c)
    ]


def one_by_one(text: str, number: int) -> dict[Pairs, dict[str, int]]:
    found: dict[Pairs, dict[str, int]] = {}
    for on in closed_sets(number):
        off = [pair for pair in combinations(range(number), 2) if pair not in on]
        values = " ".join(f"O[{NAMES[a]}, {NAMES[b]}] = FALSE;" for a, b in off)
        system = lower(elaborate(Source("Random.plus", f"{text}model m {{ {values} }}\n")), "m").system
        verdicts = exhaustive(system, ASKED, Budget(), ignore).verdicts
        found[on] = {n: v.trace.length for n, v in verdicts.items() if isinstance(v, Violated | Reached)}
    return found


def named(on: Pairs) -> frozenset[str]:
    return frozenset(f"{NAMES[a]} before {NAMES[b]}" for a, b in on)


def report_of(text: str, tmp_path: Path, **asked: object) -> AblationReport:
    path = tmp_path / "Random.plus"
    path.write_text(text, encoding="utf-8")
    return ablated(Question(path, order="O", **asked), Unwatched()).report  # type: ignore[arg-type]


@pytest.mark.parametrize("seed", range(40))
def test_what_is_told_is_what_every_closed_set_shows(seed: int, tmp_path: Path) -> None:
    text, number = random_spec(seed)
    truth = one_by_one(text, number)
    report = report_of(text + "model m { }\n", tmp_path)
    assert report.undecided is None
    assert report.order == "O"
    unsafe = {named(on): min(f[n] for n in f if n != "W") for on, f in truth.items() if f.keys() - {"W"}}
    safe = {named(on) for on, f in truth.items() if f.keys() == {"W"}}
    minimal = {s for s in safe if not any(t < s for t in safe)}
    assert {frozenset(one.on) for one in report.minimal_safe} == minimal
    maximal = {s for s in unsafe if not any(s < t for t in unsafe)}
    assert {frozenset(one.on): one.steps for one in report.maximal_unsafe} == {s: unsafe[s] for s in maximal}
    for one in report.minimal_safe:
        pairs = {tuple(map(NAMES.index, name.split(" before "))) for name in one.on}
        follow = {(a, d) for a, b in pairs for c, d in pairs if b == c}
        assert set(one.follow) == named(frozenset(follow))  # type: ignore[arg-type]
    everywhere = frozenset.intersection(*minimal) if minimal else frozenset()
    for need in report.needs:
        match need.need:
            case Need.NEEDED:
                assert need.race is not None
                assert need.protection in everywhere
                assert need.race.steps == unsafe[frozenset(need.race.on)]
                assert frozenset(need.race.on) | {need.protection} in minimal
            case Need.STIFLING | Need.IMPLIED:
                assert need.protection in everywhere
            case Need.ALTERNATIVE:
                assert need.protection not in everywhere
                assert any(need.protection in s for s in minimal)
            case _:
                assert not any(need.protection in s for s in minimal)
    told = json.loads(ablation_json(report, 0, timings=False))
    schema = Path(__file__).parents[2] / "src/pluscheck/report/ablation.schema.json"
    Draft202012Validator(json.loads(schema.read_text(encoding="utf-8"))).validate(told)


# ------------------------------------------------------------------------------------------- by hand

COPY = """module Copy
var locked : BOOLEAN = FALSE
var clean : BOOLEAN = FALSE
var dirtied : BOOLEAN = FALSE
process Copier {
  Begin: skip;
  order Acquire {
    Lock: locked := TRUE;
  } then {
    Look: skip;
  } then {
    Clean: clean := TRUE; dirtied := FALSE;
  }
  Work: assert clean; locked := FALSE;
}
action Write { await ~locked /\\ ~dirtied; dirtied := TRUE; }
terminal == TRUE
invariant NothingDirty == \\A c \\in {"Work"} : Here(c) => ~dirtied
witness Worked == clean /\\ ~locked
model m { }
model open { Acquire[Lock, Clean] = FALSE; Acquire[Lock, Look] = FALSE; }
"""


@pytest.fixture
def copy(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    text = COPY.replace('\\A c \\in {"Work"} : Here(c) => ~dirtied', "locked /\\ clean => ~dirtied")
    Path("spec").mkdir()
    Path("spec/Copy.plus").write_text(text, encoding="utf-8")
    return Path("spec/Copy.plus")


def test_one_constraint_is_necessary_and_sufficient(copy: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["ablate", str(copy), "--model", "m", "--order", "Acquire"]) == Exit.MET
    told = capsys.readouterr().out
    assert "All 8 sets of the 3 constraints on the order Acquire are decided" in told
    assert "Necessary and sufficient: Lock before Clean." in told
    table = told.partition("  without")[2].splitlines()[1:4]
    assert [row.split("  ")[1] for row in table] == ["Lock before Look", "Lock before Clean", "Look before Clean"]
    assert ["(either way)" in row for row in table] == [True, False, True]


def test_what_a_model_that_leaves_it_open_lacks(copy: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["ablate", str(copy), "--from", "open", "--order", "Acquire"]) == Exit.MET
    assert "To make it safe, add Lock before Clean" in capsys.readouterr().out.replace("\n  ", " ")


def test_what_is_asked_has_to_be_there(copy: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["ablate", str(copy), "--model", "m", "--order", "Aquire"]) == Exit.USAGE
    assert "Acquire" in capsys.readouterr().err
    assert main(["ablate", str(copy), "--model", "m"]) == Exit.USAGE
    assert "`--order Acquire` asks about an order" in capsys.readouterr().err


def test_it_reads_well_everywhere(copy: Path) -> None:
    report = ablated(Question(copy, "m", order="Acquire"), Unwatched()).report
    assert "what must come before what in Acquire" in ablation_markdown(report, Look())
    narrow = ablation_text(report, Look(width=60, unicode=False, traces=True))
    assert narrow.isascii()
    assert "with none of them:" in narrow


# --------------------------------------------------------------------------------------------- stored

Data = dict[str, Any]


@pytest.fixture
def stored(copy: Path) -> Path:
    text = copy.read_text(encoding="utf-8").replace("model open { ", "model open { expect NothingDirty violated; ")
    copy.write_text(text, encoding="utf-8")
    assert main(["gate", "--update", "--no-cache", "-q"]) == 0
    assert main(["ablate", str(copy), "--model", "m", "--order", "Acquire", "--store", "proofs"]) == 0
    return Path("proofs/Copy/m/order_Acquire.ablation")


def row_of(capsys: pytest.CaptureFixture[str], *arguments: str) -> tuple[int, Data]:
    capsys.readouterr()
    code = main(["gate", "--no-cache", "--format", "json", *arguments])
    (row,) = json.loads(capsys.readouterr().out)["ablations"]
    return code, row


def test_what_is_stored_is_judged_anew(stored: Path, copy: Path, capsys: pytest.CaptureFixture[str]) -> None:
    code, row = row_of(capsys)
    assert (code, row["outcome"], row["stored"]) == (0, "met", "checked")
    assert "8 sets of 3 constraints on Acquire, 1 minimal safe set" in row["what"]
    text = copy.read_text(encoding="utf-8")
    copy.write_text(text.replace("Look: skip;", "Look: dirtied := FALSE;"), encoding="utf-8")
    code, row = row_of(capsys)
    assert (code, row["stored"]) == (6, "stale")
    code, row = row_of(capsys, "--update")
    assert row["stored"] == "written"
    copy.write_text(text.replace("order Acquire", "order Take").replace("Acquire[", "Take["), encoding="utf-8")
    assert row_of(capsys)[1]["stored"] == "stale"
    row_of(capsys, "--update")
    assert not stored.exists()


def _forget_an_unsafe_set(data: Data) -> None:
    data["unsafe"].pop()


def _forget_the_invariant(data: Data) -> None:
    data["invariant"] = None


def _claim_more(data: Data) -> None:
    data["minimal_safe"] = []


def _claim_less_is_enough(data: Data) -> None:
    data["minimal_safe"][0]["on"] = []


def _claim_what_is_not_closed(data: Data) -> None:
    data["minimal_safe"][0]["on"] = ["Lock before Look", "Look before Clean"]


def _another_order(data: Data) -> None:
    data["order"] = "Release"


def _switches(data: Data) -> None:
    data["order"] = None


def _another_constraint(data: Data) -> None:
    data["protections"][0] = "Clean before Lock"


def _a_run_of_more_settings(data: Data) -> None:
    for one in data["unsafe"]:
        one["off"] = one["off"][:0]


def _a_shorter_run(data: Data) -> None:
    data["unsafe"][0]["run"]["steps"].pop()


def _a_weaker_invariant(data: Data) -> None:
    data["invariant"]["conjuncts"] = ["TRUE"]


def _no_run_to_a_witness(data: Data) -> None:
    data["minimal_safe"][0]["witnesses"] = []


@pytest.mark.parametrize(
    "spoil",
    [
        _forget_an_unsafe_set,
        _forget_the_invariant,
        _claim_more,
        _claim_less_is_enough,
        _claim_what_is_not_closed,
        _another_order,
        _switches,
        _another_constraint,
        _a_run_of_more_settings,
        _a_shorter_run,
        _a_weaker_invariant,
        _no_run_to_a_witness,
    ],
    ids=lambda spoil: spoil.__name__,
)
def test_what_is_spoiled_is_refused(
    spoil: Callable[[Data], None], stored: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    data = json.loads(stored.read_text(encoding="utf-8"))
    spoil(data)
    stored.write_text(json.dumps(data), encoding="utf-8")
    code, row = row_of(capsys)
    assert code == Exit.REJECTED
    assert row["stored"] in ("rejected", "stale")


@pytest.mark.usefixtures("stored")
def test_a_page_does_not_say_what_an_order_would_have_prevented(tmp_path: Path) -> None:
    """The system of a model that leaves an order open was lowered for that, and knows no other."""
    main(["verify", "spec/Copy.plus", "--only", ":open:NothingDirty", "--html", str(tmp_path / "pages"), "-q"])
    page = (tmp_path / "pages/Copy/open/NothingDirty.html").read_text(encoding="utf-8")
    assert "Without the protection" not in page
    assert "With Acquire" not in page
    assert "Lock before Clean" in (tmp_path / "pages/index.html").read_text(encoding="utf-8")
