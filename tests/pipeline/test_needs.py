"""What a model says it needs is compared with what `ablate` finds, and the gate asks for an answer that is stored and is this one."""

from __future__ import annotations

import json
import random
from pathlib import Path
from typing import Any
from xml.etree import ElementTree as Xml

import pytest
from jsonschema import Draft202012Validator

from pluscheck.cli.main import main

ROOT = Path(__file__).parents[2]

SPEC = """module Door
enum Side == { left, right }
switch Shut : [Side -> BOOLEAN] == [s \\in Side |-> TRUE]
switch Watch : BOOLEAN == TRUE
var inside : SUBSET Side = {}
var watched : SUBSET Side = {}
process Guard {
  Begin: skip;
  order Round {
    Look: watched := watched \\cup {left};
  } then {
    Turn: watched := IF left \\in watched THEN watched \\cup {right} ELSE watched;
  } then {
    Rest: skip;
  }
  End: skip;
}
action Enter(s \\in Side) { await (Shut[s] \\/ Watch) => inside = {}; inside := inside \\cup {s}; }
action Leave(s \\in Side) { await s \\in inside; inside := inside \\ {s}; }
invariant Alone == inside # Side
invariant Seen == pc[Guard] = "Done" => right \\in watched
witness Entered == inside # {}
model base { needs Shut or Watch; needs Round: Look before Turn; }
model loose extends base { Watch = FALSE; }
"""

Data = dict[str, Any]
SWITCHES = Path("proofs/Door/base/switches.ablation")
ROUND = Path("proofs/Door/base/order_Round.ablation")


@pytest.fixture
def spec(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    Path("spec").mkdir()
    Path("spec/Door.plus").write_text(SPEC, encoding="utf-8")
    return Path("spec/Door.plus")


@pytest.fixture
def stored(spec: Path) -> Path:
    assert main(["gate", "--update", "--no-cache", "-q"]) == 0
    return spec


def change(spec: Path, old: str, new: str) -> None:
    text = spec.read_text(encoding="utf-8")
    assert old in text
    spec.write_text(text.replace(old, new), encoding="utf-8")


def gate(capsys: pytest.CaptureFixture[str], *arguments: str, cache: str | None = None) -> tuple[int, Data]:
    capsys.readouterr()
    code = main(["gate", *(["--no-cache"] if cache is None else ["--cache", cache]), "--format", "json", *arguments])
    report: Data = json.loads(capsys.readouterr().out)
    schema = json.loads((ROOT / "src/pluscheck/report/report.schema.json").read_text(encoding="utf-8"))
    Draft202012Validator(schema).validate(report)
    return code, report


def rows(report: Data) -> dict[str, tuple[str, str]]:
    return {row["file"]: (row["outcome"], row["stored"]) for row in report["ablations"]}


# ---------------------------------------------------------------------------------------------- the gate


def test_an_answer_that_is_not_stored_is_missed_and_found(spec: Path, capsys: pytest.CaptureFixture[str]) -> None:
    code, report = gate(capsys)
    missing = {SWITCHES.as_posix(): ("drift", "missing"), ROUND.as_posix(): ("drift", "missing")}
    assert (code, rows(report)) == (6, missing)
    assert all("no proofs/Door/base/" in row["why"] for row in report["ablations"])
    code, report = gate(capsys, "--update")
    assert (code, set(rows(report).values())) == (0, {("met", "written")})
    assert f"wrote {ROUND}: 1 minimal safe set: {{Look before Turn}}" in report["changes"]
    assert f"wrote {SWITCHES}: 2 minimal safe sets: {{Watch}} or {{Shut[left], Shut[right]}}" in report["changes"]
    code, report = gate(capsys)
    assert (code, set(rows(report).values())) == (0, {("met", "checked")})
    assert any("1 minimal safe set: {Look before Turn}, judged anew" in row["what"] for row in report["ablations"])
    assert spec.is_file()


@pytest.mark.usefixtures("stored")
def test_the_cache_does_not_hide_that_an_answer_is_gone(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    cache = str(tmp_path / "cache")
    for standing in ("checked", "remembered"):
        code, report = gate(capsys, cache=cache)
        assert (code, set(rows(report).values())) == (0, {("met", standing)})
    SWITCHES.unlink()
    code, report = gate(capsys, cache=cache)
    assert (code, rows(report)[SWITCHES.as_posix()]) == (6, ("drift", "missing"))


@pytest.mark.parametrize("update", [(), ("--update",)])
@pytest.mark.parametrize(
    ("old", "new", "told"),
    [
        (
            "needs Shut or Watch",
            "needs Shut[left] or Watch",
            "the model says it needs {Shut[left]} or {Watch}, found: {Shut[left], Shut[right]} or {Watch}",
        ),
        ("needs Shut or Watch", "needs all", "says it needs all 3, found: {Watch} or {Shut[left], Shut[right]}"),
        ("needs Shut or Watch", "needs Watch", "says it needs {Watch}, found: {Shut[left], Shut[right]} or {Watch}"),
        ("Round: Look before Turn", "Round: none", "says it needs none, found: {Look before Turn}"),
        (
            "Round: Look before Turn",
            "Round: all",
            "needs {Look before Turn, Turn before Rest}, found: {Look before Turn}",
        ),
    ],
)
def test_another_answer_than_the_model_says_fails_also_where_it_is_written(
    old: str, new: str, told: str, update: tuple[str], stored: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    change(stored, old, new)
    kept = SWITCHES.read_bytes(), ROUND.read_bytes()
    for _ in range(2):  # that it is wrong is not forgotten, nor is it remembered as right
        code, report = gate(capsys, *update, cache=str(tmp_path / "cache"))
        (wrong,) = [row for row in report["ablations"] if row["outcome"] != "met"]
        assert (code, wrong["outcome"], wrong["stored"]) == (1, "violated", "checked")
        assert told in wrong["why"]
    assert (SWITCHES.read_bytes(), ROUND.read_bytes()) == kept


def test_an_answer_that_changes_is_told_old_and_new(stored: Path, capsys: pytest.CaptureFixture[str]) -> None:
    change(stored, "(Shut[s] \\/ Watch)", "(Shut[s] /\\ Watch)")
    change(stored, "Watch = FALSE;", "Watch = FALSE; expect Alone violated;")
    assert gate(capsys)[0] == 6
    for _ in range(2):
        code, report = gate(capsys, "--update")
        (wrong,) = [row for row in report["ablations"] if row["outcome"] != "met"]
        assert (code, wrong["outcome"]) == (1, "violated")
        assert wrong["why"] == "the model says it needs {Shut[left], Shut[right]} or {Watch}, found: all 3"
        told = f"rewrote {SWITCHES}: minimal safe: {{Watch}} or {{Shut[left], Shut[right]}} -> all 3"
        assert (told in report["changes"]) == (wrong["stored"] == "written")
    assert wrong["stored"] == "checked"
    change(stored, "needs Shut or Watch", "needs all")
    assert gate(capsys)[0] == 0


def test_what_is_found_anew_and_is_the_same_says_so(stored: Path, capsys: pytest.CaptureFixture[str]) -> None:
    change(stored, "invariant Alone == ", "invariant Alone == inside # {left, right} /\\ ")
    code, report = gate(capsys, "--update")
    assert code == 0
    assert any(c.startswith(f"rewrote {SWITCHES}: 2 min") and c.endswith(", as before") for c in report["changes"])


@pytest.mark.parametrize(
    "text",
    [
        "",
        "{}",
        '{"format": "pluscheck-ablation-proof-1"}',
        "[" * 100_000,
        "\x00",
    ],
)
def test_what_is_no_answer_is_refused_and_found_anew(
    text: str, stored: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    good = SWITCHES.read_bytes()
    SWITCHES.write_text(text, encoding="utf-8")
    code, report = gate(capsys)
    assert (code, rows(report)[SWITCHES.as_posix()]) == (6, ("drift", "rejected"))
    assert gate(capsys, "--update")[0] == 0
    assert SWITCHES.read_bytes() == good
    assert stored.is_file()


def test_a_larger_answer_than_there_can_be_is_not_compared(stored: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """A file is believed in nothing, so what it says was needed is told only if it can have been."""
    data = json.loads(ROUND.read_text(encoding="utf-8"))
    data["minimal_safe"][0]["on"] = [f"L{i} before L{j}" for i in range(60) for j in range(60)]
    data["protections"] = ["x" * 1_000_000]
    ROUND.write_text(json.dumps(data), encoding="utf-8")
    code, report = gate(capsys, "--update")
    assert (code, report["changes"]) == (0, [f"rewrote {ROUND}: 1 minimal safe set: {{Look before Turn}}"])
    assert stored.is_file()


def test_what_a_file_says_was_needed_does_not_reach_a_terminal_as_it_stands(
    stored: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    data = json.loads(ROUND.read_text(encoding="utf-8"))
    data["minimal_safe"][0]["on"] = ["\x1b[31m before \u202e"]
    ROUND.write_text(json.dumps(data), encoding="utf-8")
    capsys.readouterr()
    assert main(["gate", "--update", "--no-cache"]) == 0
    text = capsys.readouterr().out
    assert "-> {Look before Turn}" in " ".join(text.split())
    assert "\x1b" not in text
    assert "\u202e" not in text
    assert stored.is_file()


def test_two_orders_that_differ_only_in_case_have_no_room_for_two_answers(
    spec: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    change(spec, "  End: skip;", "  L: order ROUND { Sit: skip; } then { Nod: skip; }\n  End: skip;")
    change(spec, "needs Shut or Watch;", "needs ROUND: none;")
    capsys.readouterr()
    assert main(["gate", "--no-cache"]) == 2
    assert "are one file on systems that ignore case" in capsys.readouterr().err


def test_where_a_constant_rests_on_a_switch_it_cannot_be_asked(spec: Path, capsys: pytest.CaptureFixture[str]) -> None:
    change(spec, "var inside", "const Most : 0..2 == IF Watch THEN 1 ELSE 2\nvar inside")
    code, report = gate(capsys, "--update")
    found = rows(report)
    assert (code, found[SWITCHES.as_posix()]) == (4, ("undecided", "missing"))
    assert found[ROUND.as_posix()] == ("met", "written")
    assert gate(capsys)[0] == 6


def test_only_leaves_it_aside(spec: Path, capsys: pytest.CaptureFixture[str]) -> None:
    main(["gate", "--update", "--no-cache", "-q"])
    SWITCHES.unlink()
    code, report = gate(capsys, "--only", "::Alone")
    assert (code, report["ablations"]) == (0, [])
    assert spec.is_file()


# --------------------------------------------------------------------------------------------- every format


def formats(capsys: pytest.CaptureFixture[str], name: str, *arguments: str) -> str:
    capsys.readouterr()
    main(["gate", "--no-cache", "--format", name, *arguments])
    return capsys.readouterr().out


def test_every_format_counts_or_names_the_answers(
    stored: Path, capsys: pytest.CaptureFixture[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert "; 2 answers of ablate: 2 as expected" in " ".join(formats(capsys, "text").split())
    change(stored, "Round: Look before Turn", "Round: none")
    why = "the model says it needs none, found: {Look before Turn}"
    text = " ".join(formats(capsys, "text").split())
    assert "10 properties: 10 as expected" in text
    assert "; 2 answers of ablate: 1 as expected, 1 not" in text
    assert f"✗ Door:base, what is needed {why}" in text.replace("x Door", "✗ Door")
    (suite,) = [s for s in Xml.fromstring(formats(capsys, "junit")) if s.get("name") == "what is needed"]
    assert (suite.get("tests"), suite.get("failures")) == ("2", "1")
    (result,) = json.loads(formats(capsys, "sarif"))["runs"][0]["results"]
    assert result["ruleId"] == "violated"
    assert why in result["message"]["text"]
    summary = tmp_path / "summary.md"
    monkeypatch.setenv("GITHUB_STEP_SUMMARY", str(summary))
    assert f"::what is needed: {why}" in formats(capsys, "github")
    assert "10 met; 2 answers of ablate: 1 as expected, 1 not" in summary.read_text(encoding="utf-8")


# --------------------------------------------------------------------------------------- ablate and verify


def ablate(capsys: pytest.CaptureFixture[str], *arguments: str) -> tuple[int, str]:
    capsys.readouterr()
    code = main(["ablate", "spec/Door.plus", *arguments])
    return code, " ".join(capsys.readouterr().out.split())


def test_ablate_says_whether_it_is_so(spec: Path, capsys: pytest.CaptureFixture[str]) -> None:
    for arguments in (["--model", "base"], ["--model", "base", "--order", "Round"], ["--from", "base"]):
        code, text = ablate(capsys, *arguments)
        assert code == 0
        assert "That is what the model says it needs." in text
    change(spec, "needs Shut or Watch", "needs Shut[left] or Watch")
    code, text = ablate(capsys, "--model", "base")
    assert code == 1
    told = "the model says it needs {Shut[left]} or {Watch}, found: {Shut[left], Shut[right]} or {Watch}."
    assert f"Not as expected: {told}" in text
    code, text = ablate(capsys, "--from", "base")
    assert (code, told in text) == (1, True)
    code, text = ablate(capsys, "--model", "base", "--property", "Seen")
    assert (code, "the model says" in text) == (0, False)
    code, text = ablate(capsys, "--model", "loose")
    assert (code, "the model says" in text) == (0, False)
    code, text = ablate(capsys, "--model", "base", "--timeout", "0.000001")
    assert code == 4
    assert "The model says it needs {Shut[left]} or {Watch}; whether that is so is not known." in text


def test_ablate_says_it_to_machines(spec: Path, capsys: pytest.CaptureFixture[str]) -> None:
    schema = json.loads((ROOT / "src/pluscheck/report/ablation.schema.json").read_text(encoding="utf-8"))

    def said(*arguments: str) -> Any:
        report = json.loads(ablate(capsys, *arguments, "--format", "json")[1])
        Draft202012Validator(schema).validate(report)
        return report["said"]

    assert said("--model", "base") == {"sets": [["Shut[left]", "Shut[right]"], ["Watch"]], "met": True}
    assert said("--model", "loose") is None
    change(spec, "Round: Look before Turn", "Round: none")
    assert said("--model", "base", "--order", "Round") == {"sets": [[]], "met": False}
    assert said("--model", "base", "--timeout", "0.000001")["met"] is None


def test_where_no_set_is_safe_another_answer_was_expected(spec: Path, capsys: pytest.CaptureFixture[str]) -> None:
    change(spec, "invariant Alone == inside # Side", "invariant Alone == inside = {}")
    code, text = ablate(capsys, "--model", "base")
    assert code == 1
    assert "found: no set is safe." in text


@pytest.mark.parametrize("seed", range(12))
def test_the_sets_that_make_it_safe_are_needed_and_no_others(seed: int, tmp_path: Path) -> None:
    """By construction: it is safe with all of one of these sets, of which none is a part of another."""
    chooser = random.Random(seed)
    names = [f"P{i}" for i in range(4)]
    chosen = [frozenset(chooser.sample(names, chooser.randint(1, 3))) for _ in range(chooser.randint(1, 4))]
    sets = sorted({one for one in chosen if not any(other < one for other in chosen)}, key=sorted)

    def exit_of(said: list[frozenset[str]]) -> int:
        needs = " or ".join(", ".join(chooser.sample(sorted(one), len(one))) for one in chooser.sample(said, len(said)))
        safe = " \\/ ".join("(" + " /\\ ".join(sorted(one)) + ")" for one in sets)
        switches = "".join(f"switch {name} : BOOLEAN == {chooser.choice(('TRUE', 'FALSE'))}\n" for name in names)
        path = tmp_path / "Any.plus"
        path.write_text(
            f"module Any\n{switches}var x : BOOLEAN = FALSE\naction Go {{ x := ~x; }}\n"
            f"invariant Safe == x => {safe}\nmodel m {{ needs {needs}; }}\n",
            encoding="utf-8",
        )
        return main(["ablate", str(path), "--output", str(tmp_path / "out")])

    assert exit_of(sets) == 0
    smaller = [one - {min(one)} for one in sets[:1] if len(one) > 1]
    for others in (sets[1:], [s for s in sets[1:] if not any(t < s for t in smaller)] + smaller):
        if others and not any(a < b for a in others for b in others):
            assert exit_of(others) == 1


def test_verify_says_nothing_of_it(spec: Path, capsys: pytest.CaptureFixture[str]) -> None:
    change(spec, "needs Shut or Watch", "needs none")
    assert main(["verify", "--no-color"]) == 0
    text = capsys.readouterr().out
    assert "need" not in text
    assert "ablate" not in text
