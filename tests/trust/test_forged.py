"""Stored proofs that were tampered with, by those who know how: each is rejected, with exit code 6 and a place, and none is believed."""

from __future__ import annotations

import json
import re
import shutil
import subprocess
import sys
from importlib.resources import files
from pathlib import Path
from typing import Any

import jsonschema
import pytest

from pluscheck.base.answers import Answer
from pluscheck.certify import discharging
from pluscheck.certify.obligations import Obligations
from pluscheck.cli.exits import Exit
from pluscheck.cli.main import main
from pluscheck.engines.exhaustive import exhaustive
from pluscheck.engines.interface import Budget
from pluscheck.lang.front import elaborate
from pluscheck.lower import lower
from pluscheck.pipeline.evidence import Judge
from pluscheck.pipeline.stored import stored_proof
from pluscheck.proofs.files import write_proof

LOCK = r"""module Lock
sort Thread
var lock : Option(Thread) = None
var inside : SUBSET Thread = {}
var count : 0..3 = 0
switch Waits : BOOLEAN == TRUE

Holds(x) == lock = Some(x)

process Worker(self \in Thread)
  var turns : 0..1 = 0;
{
  Want: await Waits => lock = None; lock := Some(self);
  In:   inside := inside \cup {self}; count := count + 1;
  Out:  inside := inside \ {self}; count := count - 1;
  Free: lock := None; turns := 1;
}

invariant Alone == \A a, b \in inside : a = b
invariant Counted == count = Cardinality(inside)
invariant Small == count <= 1
transition Later == \A t \in Thread : turns'[t] >= turns[t]
witness Both == \A t \in Thread : turns[t] = 1
witness Two == count = 2

model base { scope Thread = 2; expect Alone proved; expect Two unreachable; }
model other { scope Thread = 2; expect Alone proved; expect Two unreachable; }
model three { scope Thread = 3; expect Alone proved; expect Two unreachable; }
model broken { scope Thread = 2; Waits = FALSE; expect Alone violated; expect Small violated; }
"""

FAULTY = r"""module Faulty
var x : 0..2 = 0
action Up(by \in 1..2) { x := x + by; }
model base { expect faults violated; }
"""


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a folder with two specifications, and honest proofs of everything that the search finds of them."""
    home = tmp_path_factory.mktemp("made")
    (home / "spec").mkdir()
    for name, text in (("Lock", LOCK), ("Faulty", FAULTY)):
        file = home / "spec" / f"{name}.plus"
        file.write_text(text, encoding="utf-8")
        elaborated = elaborate(file)
        for model_name in elaborated.models:
            model = lower(elaborated, model_name)
            wanted = frozenset(e.property for e in model.expectations)
            found = exhaustive(model.system, wanted, Budget(), lambda _: None)
            judge = Judge(model.system, 20)
            for expectation in model.expectations:
                judged = judge.judged(expectation.property, found.verdicts[expectation.property])
                kept = stored_proof(elaborated, model, expectation, judged, home / "proofs")
                assert kept is not None
                write_proof(*kept)
    return home


@pytest.fixture
def proofs(made: Path, tmp_path: Path) -> Path:
    """Return the folder of proofs of a copy of it all."""
    shutil.copytree(made, tmp_path, dirs_exist_ok=True)
    return tmp_path / "proofs"


def exit_of(*files: Path, more: tuple[str, ...] = ()) -> int:
    return main(["recheck", *map(str, files), *more])


def test_honest_proofs_are_accepted(proofs, capsys):
    assert exit_of(proofs) == Exit.MET
    lines = capsys.readouterr().out.splitlines()
    assert len(lines) == len(list(proofs.rglob("*.json"))) == 4 * 8 + 2
    assert all(re.search(r" is (proved|violated|reached); .*, accepted by ", line) for line in lines)


def test_layout_comments_and_the_place_of_files_do_not_matter(proofs, tmp_path):
    spec = tmp_path / "spec" / "Lock.plus"
    spec.write_text(LOCK.replace("\n", "\n\n").replace("var count", "(* how many *) var  count"), encoding="utf-8")
    assert exit_of(proofs) == Exit.MET
    elsewhere = tmp_path / "deep" / "er" / "Lock.plus"
    elsewhere.parent.mkdir(parents=True)
    spec.rename(elsewhere)
    assert exit_of(proofs / "Lock") == Exit.REJECTED
    assert exit_of(proofs / "Lock", more=("--spec", str(elsewhere))) == Exit.MET


def test_no_engine_is_imported(proofs):
    code = (
        "import sys; from pluscheck.cli.main import main; code = main(['recheck', sys.argv[1]]);"
        "print([m for m in sys.modules if m.split('.')[:2] in (['pluscheck', 'engines'], ['pluscheck', 'bits'])"
        " or m.split('.')[0] in ('pysat', 'dd')], file=sys.stderr); sys.exit(code)"
    )
    for part in ("Lock/base", "Lock/broken"):
        done = subprocess.run(
            [sys.executable, "-c", code, str(proofs / part)], capture_output=True, text=True, timeout=60, check=False
        )
        assert (done.returncode, done.stderr) == (0, "[]\n")


def test_a_trace_needs_no_solver_either(proofs):
    code = (
        "import sys; from pluscheck.cli.main import main; code = main(['recheck', sys.argv[1]]);"
        "print([m for m in sys.modules if m.split('.')[:2] in (['pluscheck', 'ground'], ['pluscheck', 'smt'])"
        " or m == 'z3'], file=sys.stderr); sys.exit(code)"
    )
    done = subprocess.run(
        [sys.executable, "-c", code, str(proofs / "Lock" / "broken" / "Alone.json")],
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert (done.returncode, done.stderr) == (0, "[]\n")


# ---------------------------------------------------------------------------------------- what is forged

Data = dict[str, Any]


def steps(data: Data) -> list[Data]:
    return data["evidence"]["steps"]


def swap_steps(data: Data) -> None:
    steps(data)[0], steps(data)[-1] = steps(data)[-1], steps(data)[0]


def swap_changes(data: Data) -> None:
    steps(data)[0]["changes"], steps(data)[1]["changes"] = steps(data)[1]["changes"], steps(data)[0]["changes"]


def repeat_step(data: Data) -> None:
    steps(data).insert(1, steps(data)[0])


def leave_out_step(data: Data) -> None:
    del steps(data)[1]


def cut_short(data: Data) -> None:
    del steps(data)[-1]


def go_on(data: Data) -> None:
    last = json.loads(json.dumps(steps(data)[-1]))
    last["changes"] = []
    steps(data).append(last)


def no_steps(data: Data) -> None:
    data["evidence"]["steps"] = []


def other_start(data: Data) -> None:
    data["evidence"]["initial"]["count"] = 1


def other_argument(data: Data) -> None:
    step = steps(data)[0]
    step["arguments"]["self"] = "Thread2" if step["arguments"]["self"] == "Thread1" else "Thread1"


def no_arguments(data: Data) -> None:
    steps(data)[0]["arguments"] = {}


def further_argument(data: Data) -> None:
    steps(data)[0]["arguments"]["x"] = 1


def other_action(data: Data) -> None:
    steps(data)[0]["action"] = "Worker.Free"


def unknown_action(data: Data) -> None:
    steps(data)[0]["action"] = "Worker.Cheat"


def other_variant(data: Data) -> None:
    steps(data)[0]["variant"] = 1


def change_more(data: Data) -> None:
    steps(data)[-1]["changes"].append({"at": ["turns", "Thread1"], "from": 0, "to": 1})


def change_less(data: Data) -> None:
    del steps(data)[-1]["changes"][0]


def other_value(data: Data) -> None:
    change = next(c for c in steps(data)[-1]["changes"] if c["at"] == ["count"])
    change["to"] = 3


def other_value_before(data: Data) -> None:
    steps(data)[0]["changes"][0]["from"] = "Thread1"


def out_of_range(data: Data) -> None:
    change = next(c for c in steps(data)[-1]["changes"] if c["at"] == ["count"])
    change["to"] = 4


def truth_for_number(data: Data) -> None:
    data["evidence"]["initial"]["count"] = False


def unknown_element(data: Data) -> None:
    steps(data)[0]["arguments"]["self"] = "Thread3"


def missing_variable(data: Data) -> None:
    del data["evidence"]["initial"]["count"]


def further_variable(data: Data) -> None:
    data["evidence"]["initial"]["ghost"] = 0


def unknown_path(data: Data) -> None:
    steps(data)[0]["changes"][0]["at"] = ["lock", "Thread1"]


def claimed_fault(data: Data) -> None:
    data["evidence"]["fault"] = {"code": "PC701", "text": "count+1"}


TRACES = (
    swap_steps, swap_changes, repeat_step, leave_out_step, cut_short, go_on, no_steps, other_start, other_argument, no_arguments,
    further_argument, other_action, unknown_action, other_variant, change_more, change_less, other_value, other_value_before,
    out_of_range, truth_for_number, unknown_element, missing_variable, further_variable, unknown_path, claimed_fault,
)  # fmt: skip


def other_model(data: Data) -> None:
    data["model"] = "other" if data["model"] != "other" else "base"


def unknown_model(data: Data) -> None:
    data["model"] = "nobody"


def other_property(data: Data) -> None:
    data["property"] = "Small" if data["property"] != "Small" else "Alone"


def unknown_property(data: Data) -> None:
    data["property"] = "Nothing"


def other_kind(data: Data) -> None:
    data["kind"] = "transition"


def other_module(data: Data) -> None:
    data["spec"]["module"] = "Faulty"


def other_spec(data: Data) -> None:
    data["spec"]["file"] = "../../../spec/Faulty.plus"


def absolute_spec(data: Data) -> None:
    data["spec"]["file"] = "/etc/passwd"


def no_spec(data: Data) -> None:
    data["spec"]["file"] = "../../../spec/Gone.plus"


def library_spec(data: Data) -> None:
    data["spec"]["file"] = "<library>/../../../../etc/passwd.plus"


def other_digest(data: Data) -> None:
    data["system"] = "sha256:" + "0" * 64


def other_expectation(data: Data) -> None:
    data["expected"] = "holds"


def expected_to_a_depth(data: Data) -> None:
    data["expected_depth"] = 3


def other_verdict(data: Data) -> None:
    data["verdict"] = "violated" if data["verdict"] != "violated" else "proved"


def reached(data: Data) -> None:
    data["verdict"] = "reached"


def unknown_verdict(data: Data) -> None:
    data["verdict"] = "true"


def other_format(data: Data) -> None:
    data["format"] = "pluscheck-proof-2"


def missing_member(data: Data) -> None:
    del data["system"]


def further_member(data: Data) -> None:
    data["trusted"] = True


def other_evidence(data: Data) -> None:
    data["evidence"] = {"kind": "none needed"}


def no_evidence(data: Data) -> None:
    data["evidence"] = None


def only_a_depth(data: Data) -> None:
    data["evidence"] = {"kind": "depth", "depth": 1_000}


ANY = (
    other_model, unknown_model, other_property, unknown_property, other_kind, other_module, other_spec, absolute_spec, no_spec,
    library_spec, other_digest, other_expectation, expected_to_a_depth, other_verdict, reached, unknown_verdict, other_format,
    missing_member, further_member, other_evidence, no_evidence, only_a_depth,
)  # fmt: skip


def fewer_states(data: Data) -> None:
    data["evidence"]["count"] -= 1


def more_states(data: Data) -> None:
    data["evidence"]["count"] += 1


def other_diameter(data: Data) -> None:
    data["evidence"]["diameter"] += 1


def other_states(data: Data) -> None:
    data["evidence"]["digest"] = "sha256:" + "1" * 64


def negative_count(data: Data) -> None:
    data["evidence"]["count"] = -1


STATES = (fewer_states, more_states, other_diameter, other_states, negative_count)


def forged(path: Path, forge: Any) -> None:
    data = json.loads(path.read_text(encoding="utf-8"))
    before = json.dumps(data)
    forge(data)
    assert json.dumps(data) != before
    path.write_text(json.dumps(data), encoding="utf-8")


def assert_rejected(path: Path, capsys: Any) -> None:
    assert exit_of(path) == Exit.REJECTED
    out, err = capsys.readouterr()
    assert out == f"{path.as_posix()}: rejected\n"
    assert re.search(r"PC\d\d\d", err)
    assert path.name in err
    assert "Traceback" not in err


@pytest.mark.parametrize("forge", [*TRACES, *ANY], ids=lambda forge: forge.__name__)
def test_a_forged_trace_is_rejected(forge, proofs, capsys):
    path = proofs / "Lock" / "broken" / "Alone.json"
    forged(path, forge)
    assert_rejected(path, capsys)


@pytest.mark.parametrize("forge", [*STATES, *ANY], ids=lambda forge: forge.__name__)
def test_a_forged_count_of_states_is_rejected(forge, proofs, capsys):
    path = proofs / "Lock" / "base" / "Alone.json"
    forged(path, forge)
    assert_rejected(path, capsys)


# ------------------------------------------------------------------------------------------- certificates

INVARIANT = [
    '\\A t \\in Thread : pc[t] = "Out" <=> t \\in inside',
    '\\A t \\in Thread : pc[t] \\in {"In", "Out", "Free"} => lock = Some(t)',
    "count = Cardinality(inside)",
]
"""Written by hand: what Alone rests on."""


@pytest.fixture
def certificate(proofs: Path) -> Path:
    """Return the file of a proof by an inductive invariant."""
    path = proofs / "Lock" / "base" / "Alone.json"
    data = json.loads(path.read_text(encoding="utf-8"))
    data["evidence"] = {"kind": "inductive invariant", "conjuncts": INVARIANT, "properties": []}
    path.write_text(json.dumps(data), encoding="utf-8")
    return path


def test_an_honest_certificate_is_accepted_and_can_be_shown(certificate, capsys):
    assert exit_of(certificate, more=("--show",)) == Exit.MET
    lines = capsys.readouterr().out.splitlines()
    assert lines[0].endswith("Alone is proved; an inductive invariant of 3 conjuncts, accepted by Z3")
    assert lines[1:] == [f"    /\\ {conjunct}" for conjunct in INVARIANT]


def conjuncts(data: Data) -> list[str]:
    return data["evidence"]["conjuncts"]


def no_conjuncts(data: Data) -> None:
    conjuncts(data).clear()


def without_first(data: Data) -> None:
    del conjuncts(data)[0]


def without_lock(data: Data) -> None:
    del conjuncts(data)[1]


def weakened(data: Data) -> None:
    conjuncts(data)[1] = '\\A t \\in Thread : pc[t] \\in {"Out"} => lock = Some(t)'


def strengthened(data: Data) -> None:
    conjuncts(data).append("inside = {}")


def not_at_first(data: Data) -> None:
    conjuncts(data).append("lock # None")


def contradiction(data: Data) -> None:
    conjuncts(data).append("FALSE")


def faulty(data: Data) -> None:
    conjuncts(data).append("Get(lock) = Get(lock)")


def circular(data: Data) -> None:
    data["evidence"] = {"kind": "inductive invariant", "conjuncts": [], "properties": ["Alone"]}


def with_witness(data: Data) -> None:
    data["evidence"]["properties"] = ["Both"]


def with_unknown_property(data: Data) -> None:
    data["evidence"]["properties"] = ["Nothing"]


def with_property_that_the_digest_lacks(data: Data) -> None:
    data["evidence"]["properties"] = ["Counted"]


def no_formula(data: Data) -> None:
    conjuncts(data)[0] = "\\A t \\in"


def more_than_a_formula(data: Data) -> None:
    conjuncts(data)[0] += "\ninvariant Alone == TRUE"


def redefinition(data: Data) -> None:
    conjuncts(data)[0] += "\nHolds(x) == TRUE"


def no_boolean(data: Data) -> None:
    conjuncts(data)[0] = "count"


def next_state(data: Data) -> None:
    conjuncts(data)[0] = "count' = count"


def always(data: Data) -> None:
    conjuncts(data)[0] = "[](count = 0)"


def unknown_name(data: Data) -> None:
    conjuncts(data)[0] = "ghost = 0"


def other_predicate(data: Data) -> None:
    conjuncts(data)[0] = "predicate 2"


def unknown_label(data: Data) -> None:
    conjuncts(data)[0] = '\\A t \\in Thread : pc[t] # "Nowhere"'


def an_element(data: Data) -> None:
    conjuncts(data)[0] = "lock # Some(Thread1)"


def huge_set(data: Data) -> None:
    conjuncts(data)[0] = "\\A f \\in [0..50 -> SUBSET (0..50)] : f = f"


def deep(data: Data) -> None:
    conjuncts(data)[0] = "(" * 5_000 + "TRUE" + ")" * 5_000 + " /\\ " + "~ " * 5_000 + "TRUE"


def number_for_text(data: Data) -> None:
    conjuncts(data)[0] = 1  # type: ignore[call-overload]


def no_steps_at_all(data: Data) -> None:
    data["evidence"].update(kind="k-induction", k=0)


def one_step_is_too_few(data: Data) -> None:
    data["evidence"] = {"kind": "k-induction", "k": 1, "conjuncts": [], "properties": []}


CERTIFICATES = (
    no_conjuncts, without_first, without_lock, weakened, strengthened, not_at_first, contradiction, faulty, circular, with_witness,
    with_unknown_property, with_property_that_the_digest_lacks, no_formula, more_than_a_formula, redefinition, no_boolean,
    next_state, always, unknown_name, other_predicate, unknown_label, an_element, deep, number_for_text,
    no_steps_at_all, one_step_is_too_few,
)  # fmt: skip


@pytest.mark.parametrize("forge", [*CERTIFICATES, *ANY], ids=lambda forge: forge.__name__)
def test_a_forged_certificate_is_rejected(forge, certificate, capsys):
    forged(certificate, forge)
    assert_rejected(certificate, capsys)


@pytest.fixture
def certificates(certificate: Path) -> list[Path]:
    """Return the files of several proofs by one inductive invariant."""
    evidence = json.loads(certificate.read_text(encoding="utf-8"))["evidence"]
    paths = [certificate, *(certificate.with_name(f"{name}.json") for name in ("Counted", "Small", "Two"))]
    for path in paths[1:]:
        forged(path, lambda data: data.update(evidence=evidence))
    return paths


def test_an_invariant_that_several_proofs_have_is_judged_once(certificates, monkeypatch):
    closed = []
    honest = Obligations.of_invariant
    monkeypatch.setattr(Obligations, "of_invariant", lambda *args: closed.append(args) or honest(*args))
    assert exit_of(*certificates) == Exit.MET
    assert len(closed) == 2  # this one, and FALSE, which is none where there is an initial state


@pytest.mark.parametrize(
    "forge", [weakened, contradiction, circular, no_steps_at_all], ids=lambda forge: forge.__name__
)
@pytest.mark.parametrize("place", [0, 1, -1])
def test_a_forged_certificate_is_not_taken_for_the_honest_ones_beside_it(forge, place, certificates, capsys):
    path = certificates[place]
    forged(path, forge)
    assert exit_of(*certificates) == Exit.REJECTED
    said = {line.split(": ")[0]: line.endswith("rejected") for line in capsys.readouterr().out.splitlines()}
    assert said == {other.as_posix(): other == path for other in certificates}


@pytest.mark.parametrize(
    ("reply", "why"),
    [
        ((Answer.UNKNOWN, {}), "the solver gave up"),
        ((Answer.SAT, {}), "what the solver says against it, the reference semantics does not confirm"),
    ],
)
def test_what_a_solver_does_not_know_or_says_wrongly_is_no_verdict(reply, why, certificate, monkeypatch, capsys):
    monkeypatch.setattr(discharging, "z3_reply", lambda *_: reply)
    assert exit_of(certificate) == Exit.UNDECIDED
    assert capsys.readouterr().out.endswith(f": undecided: {why}\n")


def test_what_is_too_large_to_be_judged_is_not_accepted(certificate, capsys):
    forged(certificate, huge_set)
    assert exit_of(certificate) == Exit.UNDECIDED
    assert "undecided: " in capsys.readouterr().out


def test_a_certificate_of_another_system_is_rejected_even_with_that_systems_digest(certificate, proofs, capsys):
    data = json.loads(certificate.read_text(encoding="utf-8"))
    path = proofs / "Lock" / "broken" / "Small.json"
    other = json.loads(path.read_text(encoding="utf-8"))
    forged(path, lambda found: found.update(evidence=data["evidence"], verdict="proved"))
    assert other["system"] == json.loads(path.read_text(encoding="utf-8"))["system"]
    assert_rejected(path, capsys)


# ------------------------------------------------------------------------------------ faults, files, specifications


@pytest.mark.parametrize("text", ["count+2", "", "x"])
@pytest.mark.parametrize("code", ["PC701", "PC702", "PC999"])
def test_a_forged_fault_is_rejected(text, code, proofs, capsys):
    path = proofs / "Faulty" / "base" / "faults.json"
    data = json.loads(path.read_text(encoding="utf-8"))
    assert data["evidence"]["fault"]["code"] == "PC701"
    forged(path, lambda data: data["evidence"]["fault"].update(text=text, code=code))
    assert_rejected(path, capsys)


def test_a_fault_without_its_step_is_rejected(proofs, capsys):
    path = proofs / "Faulty" / "base" / "faults.json"
    forged(path, lambda data: data["evidence"]["fault"].pop("step"))
    assert_rejected(path, capsys)


@pytest.mark.parametrize("share", [0.0, 0.3, 0.9, 0.999])
def test_a_file_that_is_cut_off_is_rejected(share, proofs, capsys):
    path = proofs / "Lock" / "broken" / "Alone.json"
    data = path.read_bytes()
    path.write_bytes(data[: int(len(data.rstrip()) * share)])
    assert_rejected(path, capsys)


def test_a_key_that_is_there_twice_is_rejected(proofs, capsys):
    path = proofs / "Lock" / "base" / "Alone.json"
    text = path.read_text(encoding="utf-8")
    path.write_text(text.replace('"verdict"', '"verdict": "violated",\n  "verdict"'), encoding="utf-8")
    assert_rejected(path, capsys)


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("await Waits => lock = None;", ""),
        ("count + 1", "count + 2"),
        ("Waits : BOOLEAN == TRUE", "Waits : BOOLEAN == FALSE"),
        ("model base { scope Thread = 2;", "model base { scope Thread = 3;"),
        ("lock : Option(Thread) = None", "lock : Option(Thread)"),
        ("a, b \\in inside : a = b", "a, b \\in inside : a = b \\/ a # b"),
    ],
)
def test_a_proof_of_what_the_specification_was_before_is_rejected(old, new, proofs, tmp_path, capsys):
    assert old in LOCK
    (tmp_path / "spec" / "Lock.plus").write_text(LOCK.replace(old, new), encoding="utf-8")
    assert_rejected(proofs / "Lock" / "base" / "Alone.json", capsys)


def test_a_property_that_others_do_not_need_may_come_and_go(proofs, tmp_path):
    (tmp_path / "spec" / "Lock.plus").write_text(LOCK + "\ninvariant More == count < 3\n", encoding="utf-8")
    assert exit_of(proofs / "Lock" / "base" / "Alone.json") == Exit.MET
    assert exit_of(proofs / "Lock" / "base" / "faults.json") == Exit.REJECTED  # `More` might fault


def test_a_proof_moved_to_another_place_is_still_of_what_it_says(proofs, capsys):
    path = proofs / "Lock" / "base" / "Alone.json"
    path.write_bytes((proofs / "Lock" / "three" / "Alone.json").read_bytes())
    assert exit_of(path) == Exit.MET
    assert "Lock, model three: Alone is proved" in capsys.readouterr().out


def test_what_is_wrong_with_the_specification_is_not_the_proofs_fault(proofs, tmp_path):
    (tmp_path / "spec" / "Lock.plus").write_text("module Lock\nvar x : 0..", encoding="utf-8")
    assert exit_of(proofs / "Lock" / "base" / "Alone.json") == Exit.SPEC


def test_a_file_that_is_not_there_is_no_evidence(tmp_path):
    assert exit_of(tmp_path / "Gone.json") == Exit.USAGE
    assert exit_of(tmp_path) == Exit.USAGE


# ---------------------------------------------------------------------------------------------------- as JSON

SCHEMA = json.loads((files("pluscheck") / "report" / "recheck.schema.json").read_text(encoding="utf-8"))


def json_of(capsys, *arguments: str) -> Data:
    """Return what `recheck` says of files, as JSON that follows its schema; nothing else is said."""
    capsys.readouterr()
    code = main(["recheck", "--format", "json", *arguments])
    said = capsys.readouterr()
    assert said.err == ""
    data = json.loads(said.out)
    jsonschema.validate(data, SCHEMA)
    assert data["exit_code"] == code
    return data


def test_each_proof_is_told_of_in_json(proofs, certificate, capsys):
    data = json_of(capsys, str(proofs))
    assert data["exit_code"] == Exit.MET
    told = {(p["module"], p["model"], p["property"]): p for p in data["proofs"]}
    assert len(told) == len(data["proofs"]) == len(list(proofs.rglob("*.json")))
    assert {p["standing"] for p in told.values()} == {"shown"}
    assert told["Lock", "broken", "Small"]["verdict"] == "violated"
    assert told["Lock", "broken", "Small"]["by"] == ["reference semantics"]
    alone = told["Lock", "base", "Alone"]
    assert (alone["file"], alone["by"], alone["invariant"]) == (certificate.as_posix(), ["Z3"], None)
    (shown,) = json_of(capsys, "--show", str(certificate))["proofs"]
    assert shown["invariant"] == INVARIANT


def test_why_a_proof_is_not_accepted_is_told_in_json(proofs, certificate, capsys):
    forged(certificate, weakened)
    broken, other = (proofs / "Lock" / "broken" / f"{name}.json" for name in ("Small", "Alone"))
    broken.write_text("{", encoding="utf-8")
    forged(other, only_a_depth)
    data = json_of(capsys, str(certificate), str(broken), str(other))
    assert data["exit_code"] == Exit.REJECTED
    first, second, third = data["proofs"]
    assert (first["standing"], first["verdict"], first["by"]) == ("rejected", "proved", [])
    assert first["diagnostics"][0]["code"] == "PC807"
    assert first["diagnostics"][0]["labels"][0]["place"]["file"] == certificate.as_posix()
    assert (second["standing"], second["property"], second["by"]) == ("rejected", None, [])
    assert (third["standing"], third["verdict"]) == ("rejected", "violated")
    (proofs.parent / "spec" / "Lock.plus").write_text("module Lock\nvar x : 0..", encoding="utf-8")
    data = json_of(capsys, str(certificate))
    assert data["exit_code"] == Exit.SPEC
    (wrong,) = data["proofs"]
    assert wrong["standing"] == "spec"
    assert wrong["diagnostics"][0]["labels"][0]["place"]["file"].endswith("Lock.plus")
