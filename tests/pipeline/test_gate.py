"""The gate as a user runs it: drift in both directions, forged evidence and caches, and that an update always writes the same."""

from __future__ import annotations

import json
import time
from pathlib import Path

import pytest

from pluscheck.cli.exits import Exit
from pluscheck.cli.main import main
from pluscheck.core.digest import system_digest
from pluscheck.lang.front import elaborate
from pluscheck.lower import lower
from pluscheck.pipeline import reading
from pluscheck.pipeline.cache import digest_of

SPEC = """module Counter3
var x : 0..3 = 0
action Up { await x < 3; x := x + 1; }
action Reset { await x = 3; x := 0; }
invariant Small == x < 9
invariant Tiny == x < 2
witness Two == x = 2
model m { depth 5; expect Tiny violated; }
"""

BOUNDED = "model shallow { check Small; depth 2; }\n"


@pytest.fixture
def spec(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "state"))
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    monkeypatch.delenv("PLUSCHECK_CACHE_KEY", raising=False)
    file = tmp_path / "spec" / "Counter3.plus"
    file.parent.mkdir()
    file.write_text(SPEC, encoding="utf-8")
    return file


def rows(capsys: pytest.CaptureFixture[str], *arguments: str) -> dict[str, tuple[str, str]]:
    """Return how each property stands: its outcome, and what came of stored evidence."""
    capsys.readouterr()
    main(["gate", "--format", "json", *arguments])
    report = json.loads(capsys.readouterr().out)
    return {
        p["name"]: (p["outcome"], p["stored"]) for s in report["specs"] for m in s["models"] for p in m["properties"]
    }


def proof(name: str) -> Path:
    return Path("proofs", "Counter3", "m", f"{name}.json")


def tree(folder: Path) -> dict[str, bytes]:
    return {path.as_posix(): path.read_bytes() for path in sorted(folder.rglob("*.json"))}


def test_no_expectation_without_evidence(spec: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["gate", "-q"]) == Exit.REJECTED
    assert set(rows(capsys).values()) == {("drift", "missing")}
    assert main(["gate", "--update"]) == Exit.MET
    assert "wrote proofs/Counter3/m/Tiny.json: violated, 2 steps" in capsys.readouterr().out
    assert main(["gate", "-q"]) == Exit.MET
    assert spec.is_file()


@pytest.mark.usefixtures("spec")
def test_no_evidence_without_expectation(capsys: pytest.CaptureFixture[str]) -> None:
    main(["gate", "--update"])
    orphan = Path("proofs/Counter3/m/Gone.json")
    orphan.write_bytes(proof("Small").read_bytes())
    capsys.readouterr()
    assert main(["gate", "-q"]) == Exit.REJECTED
    assert orphan.as_posix() in capsys.readouterr().out
    assert main(["gate", "-q", "spec/Counter3.plus"]) == Exit.REJECTED  # it is in the folder of this module
    assert main(["gate", "-q", "--update"]) == Exit.MET
    assert not orphan.exists()
    assert main(["gate", "-q"]) == Exit.MET


def test_names_that_differ_only_in_case_would_be_one_file_elsewhere(
    spec: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    spec.write_text(SPEC.replace("witness Two", "witness SMALL"), encoding="utf-8")
    assert main(["gate", "--update"]) == Exit.USAGE
    assert "m/SMALL.json and proofs/Counter3/m/Small.json are one file" in capsys.readouterr().err
    assert not Path("proofs").exists()


def test_an_update_writes_only_what_changed_and_always_the_same(
    spec: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    main(["gate", "--update"])
    first = tree(Path("proofs"))
    capsys.readouterr()
    main(["gate", "--update"])
    assert "wrote" not in capsys.readouterr().out
    main(["gate", "--update", "--no-cache", "--proofs", "again"])
    assert list(tree(tmp_path / "again").values()) == list(first.values())
    spec.write_text(SPEC.replace("x < 9", "x < 8"), encoding="utf-8")
    assert rows(capsys)["Small"] == ("drift", "stale")
    assert rows(capsys)["Two"] == ("met", "checked")
    capsys.readouterr()
    main(["gate", "--update"])
    written = [line for line in capsys.readouterr().out.splitlines() if "wrote" in line]
    assert any("Small" in line for line in written)
    assert not any("Tiny" in line or "Two" in line for line in written)  # what they mean is what it was


def test_formatting_keeps_proofs_and_meaning_does_not(spec: Path, capsys: pytest.CaptureFixture[str]) -> None:
    main(["gate", "--update"])
    spec.write_text(SPEC.replace("\naction Up", "\n\\* counts\n\n  action   Up"), encoding="utf-8")
    assert {outcome for outcome, _ in rows(capsys).values()} == {"met"}
    spec.write_text(SPEC.replace("x := 0;", "x := 1;"), encoding="utf-8")
    assert {stored for _, stored in rows(capsys).values()} == {"stale"}
    assert main(["gate", "-q"]) == Exit.REJECTED


def test_what_is_violated_now_is_a_violation(spec: Path) -> None:
    main(["gate", "--update"])
    spec.write_text(SPEC.replace("x < 9", "x < 3"), encoding="utf-8")
    assert main(["gate", "-q"]) == Exit.VIOLATED
    assert main(["gate", "-q", "--update"]) == Exit.VIOLATED


@pytest.mark.usefixtures("spec")
@pytest.mark.parametrize(
    ("name", "old", "new"),
    [
        ("Tiny", '"verdict": "violated"', '"verdict": "proved"'),
        ("Small", '"verdict": "proved"', '"verdict": "bounded"'),
        ("Tiny", '"to": 2', '"to": 3'),
        ("Two", '"Up"', '"Reset"'),
        ("Small", '"format": "pluscheck-proof-1"', '"format": "pluscheck-proof-9"'),
        ("Small", "}", ""),
    ],
)
def test_forged_evidence_is_rejected(name: str, old: str, new: str, capsys: pytest.CaptureFixture[str]) -> None:
    main(["gate", "-q", "--update"])
    text = proof(name).read_text(encoding="utf-8")
    assert old in text
    proof(name).write_text(text.replace(old, new), encoding="utf-8")
    assert main(["gate", "-q"]) == Exit.REJECTED
    assert rows(capsys)[name] == ("drift", "rejected")


@pytest.mark.usefixtures("spec")
def test_evidence_of_another_property_is_none(capsys: pytest.CaptureFixture[str]) -> None:
    main(["gate", "-q", "--update"])
    proof("Small").write_bytes(proof("deadlock").read_bytes())
    assert rows(capsys)["Small"] == ("drift", "rejected")


# ---------------------------------------------------------------------------------------------- cache


@pytest.mark.usefixtures("spec")
def test_the_cache_remembers_what_was_judged_and_traces_are_replayed_where_anything_changed(
    capsys: pytest.CaptureFixture[str],
) -> None:
    main(["gate", "-q", "--update"])
    found = rows(capsys)
    assert found["Small"] == ("met", "remembered")
    assert found["Tiny"] == ("met", "checked")
    assert rows(capsys, "--no-cache")["Small"] == ("met", "checked")
    assert set(rows(capsys).values()) == {("met", "remembered")}


def test_a_bound_is_searched_again_unless_the_cache_knows(
    spec: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("pluscheck.pipeline.engines.PROVERS", ())
    spec.write_text(SPEC + BOUNDED, encoding="utf-8")
    only = ("--only", ":shallow")
    assert main(["gate", "-q", "--update", *only]) == Exit.MET
    assert rows(capsys, *only) == {"Small": ("met", "remembered")}
    assert rows(capsys, *only, "--no-cache") == {"Small": ("met", "checked")}
    path = Path("proofs/Counter3/shallow/Small.json")
    path.write_text(path.read_text(encoding="utf-8").replace('"depth": 2', '"depth": 99'), encoding="utf-8")
    assert rows(capsys, *only) == {"Small": ("drift", "stale")}


@pytest.mark.usefixtures("spec")
@pytest.mark.parametrize("damage", ["empty", "forged", "swapped", "huge", "other key"])
def test_a_cache_that_is_damaged_or_forged_counts_for_nothing(
    damage: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    main(["gate", "-q", "--update"])
    entries = sorted((tmp_path / "cache").rglob("*.json"))
    assert len(entries) == 3  # Small, deadlock and faults
    contents = [json.loads(entry.read_bytes()) for entry in entries]
    match damage:
        case "empty":
            entries[0].write_bytes(b"")
        case "forged":
            entries[0].write_text(json.dumps({**contents[0], "what": "anything"}), encoding="utf-8")
        case "swapped":
            entries[0].write_bytes(entries[1].read_bytes())
        case "huge":
            entries[0].write_text(json.dumps({**contents[0], "more": "x" * 10_000}), encoding="utf-8")
        case _:
            (tmp_path / "state" / "pluscheck" / "cache.key").write_bytes(bytes(32))
    capsys.readouterr()
    assert main(["gate", "-q"]) == Exit.MET
    assert "counted for nothing" in capsys.readouterr().err
    assert main(["gate", "-q"]) == Exit.MET
    assert "counted for nothing" not in capsys.readouterr().err


@pytest.mark.usefixtures("spec")
def test_a_cache_without_the_evidence_it_is_about_is_of_no_use(capsys: pytest.CaptureFixture[str]) -> None:
    main(["gate", "-q", "--update"])
    text = proof("Small").read_text(encoding="utf-8")
    proof("Small").write_text(
        text.replace('"shown_by": ["reference semantics"]', '"shown_by": ["Z3"]'), encoding="utf-8"
    )
    assert rows(capsys)["Small"] == ("met", "checked")
    proof("Small").unlink()
    assert rows(capsys)["Small"] == ("drift", "missing")


@pytest.mark.usefixtures("spec")
def test_a_key_can_be_shared(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("PLUSCHECK_CACHE_KEY", "a secret of the CI")
    main(["gate", "-q", "--update", "--cache", "shared"])
    assert not (tmp_path / "state").exists()
    assert rows(capsys, "--cache", "shared")["Small"] == ("met", "remembered")
    monkeypatch.setenv("PLUSCHECK_CACHE_KEY", "another")
    assert rows(capsys, "--cache", "shared")["Small"] == ("met", "checked")


# ------------------------------------------------------------------------------- whole specifications, remembered

LIMITS = "module Limits\nMost == 9\n"

WHOLE = SPEC.replace("module Counter3", "module Counter3 extends Limits, Counter").replace("x < 9", "x < Most")

REMEMBERED = {("met", "remembered")}


@pytest.fixture
def whole(spec: Path, capsys: pytest.CaptureFixture[str]) -> Path:
    """A specification of several modules, of which everything is remembered."""
    spec.with_name("Limits.plus").write_text(LIMITS, encoding="utf-8")
    spec.write_text(WHOLE, encoding="utf-8")
    assert main(["gate", "-q", "--update"]) == Exit.MET
    assert ("met", "checked") in rows(capsys).values()
    assert set(rows(capsys).values()) == REMEMBERED
    return spec


def record(tmp_path: Path) -> Path:
    """Return the file in the cache that is about the whole of the specification."""
    entries = (tmp_path / "cache").rglob("*.json")
    (found,) = [entry for entry in entries if "models" in json.loads(entry.read_bytes())]
    return found


def test_of_what_has_not_changed_nothing_is_understood_anew(
    whole: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    main(["gate"])
    first = capsys.readouterr().out
    assert "a trace of 2 steps, judged before by reference semantics" in " ".join(first.split())
    monkeypatch.setattr(reading, "elaborate", None)
    assert main(["gate"]) == Exit.MET
    assert capsys.readouterr().out == first
    assert whole.is_file()


def test_what_is_remembered_is_reported_as_what_is_judged(whole: Path, capsys: pytest.CaptureFixture[str]) -> None:
    def told(*arguments: str) -> str:
        capsys.readouterr()
        assert main(["gate", "--format", "json", *arguments]) == Exit.MET
        text = capsys.readouterr().out
        return text.replace("judged before", "judged anew").replace('"remembered"', '"checked"')

    assert told() == told("--no-cache")
    assert whole.is_file()


@pytest.mark.parametrize(
    ("file", "text", "expected"),
    [
        ("Limits", LIMITS.replace("9", "8"), ("drift", "stale")),  # in a module that it extends
        ("Limits", LIMITS.replace("9", "1"), ("violated", "stale")),
        ("Limits", LIMITS.replace("9", "9 \\* most"), ("met", "remembered")),
        ("Counter3", WHOLE.replace("x < Most", "x < 8"), ("drift", "stale")),
        ("Counter3", WHOLE.replace("depth 5;", "depth 6;"), ("met", "remembered")),
        ("Counter", "module Counter\nMore == 1\n", ("met", "remembered")),  # it takes the place of the library's
    ],
)
def test_what_the_text_says_now_counts(
    file: str, text: str, expected: tuple[str, str], whole: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    whole.with_name(f"{file}.plus").write_text(text, encoding="utf-8")
    found = rows(capsys)
    assert found["Small"] == expected
    assert "checked" in {stored for _, stored in found.values()} or expected[0] != "met"  # traces, replayed


def test_a_module_that_is_gone_is_missed(whole: Path) -> None:
    whole.with_name("Limits.plus").unlink()
    assert main(["gate", "-q"]) == Exit.SPEC


@pytest.mark.usefixtures("whole")
@pytest.mark.parametrize("name", ["Tiny", "Small"])
def test_stored_evidence_that_is_changed_or_gone_is_missed(name: str, capsys: pytest.CaptureFixture[str]) -> None:
    text = proof(name).read_text(encoding="utf-8")
    proof(name).write_text(text.replace('"tools"', '"tool"'), encoding="utf-8")
    assert rows(capsys)[name] == ("drift", "rejected")
    proof(name).unlink()
    assert rows(capsys)[name] == ("drift", "missing")
    proof(name).mkdir()
    assert rows(capsys)[name] == ("drift", "rejected")


@pytest.mark.usefixtures("whole")
def test_evidence_without_expectation_is_found_beside_what_is_remembered(capsys: pytest.CaptureFixture[str]) -> None:
    proof("Gone").write_bytes(proof("Small").read_bytes())
    assert main(["gate", "-q"]) == Exit.REJECTED
    assert proof("Gone").as_posix() in capsys.readouterr().out
    assert main(["gate", "-q", "--update"]) == Exit.MET
    assert not proof("Gone").exists()


@pytest.mark.parametrize("forge", ["verdict", "text", "proof", "code", "none", "list", "deep", "key"])
def test_a_record_that_is_damaged_or_forged_counts_for_nothing(
    forge: str, whole: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """The specification is changed, and so is the record, by somebody who has no key: as if it were still as it was."""
    path = record(tmp_path)
    found = json.loads(path.read_bytes())
    whole.write_text(WHOLE.replace("x < Most", "x < 3"), encoding="utf-8")
    match forge:
        case "verdict":
            found["models"][0]["properties"][0]["name"] = "Large"
        case "text":
            found["modules"]["Counter3"] = digest_of(whole.read_bytes())
        case "proof":
            found["proofs"] = {}
        case "code":
            del found["code"]
        case "none":
            found = None
        case "list":
            found = [found]
        case "key":
            (tmp_path / "state" / "pluscheck" / "cache.key").write_bytes(bytes(32))
    content = "[" * 100_000 if forge == "deep" else json.dumps(found)
    path.write_text(content, encoding="utf-8")
    capsys.readouterr()
    assert main(["gate", "-q"]) == Exit.VIOLATED
    assert "counted for nothing" in capsys.readouterr().err


@pytest.mark.usefixtures("whole")
def test_with_only_some_properties_nothing_is_told_of_others(capsys: pytest.CaptureFixture[str]) -> None:
    assert set(rows(capsys, "--only", "::Small")) == {"Small"}
    assert len(rows(capsys)) == 5


def test_a_record_is_of_the_place_that_it_is_about(
    whole: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    other = tmp_path / "other" / "Counter3.plus"
    other.parent.mkdir()
    other.write_text(SPEC, encoding="utf-8")
    assert main(["gate", "-q", "--update", "--proofs", "more", str(other)]) == Exit.MET
    main(["gate", "-q", "--proofs", "more", str(other)])
    entries = [e for e in (tmp_path / "cache").rglob("*.json") if "models" in json.loads(e.read_bytes())]
    assert len(entries) == 2
    contents = [entry.read_bytes() for entry in entries]
    for entry, content in zip(entries, reversed(contents), strict=True):
        entry.write_bytes(content)
    assert ("met", "checked") in rows(capsys, str(whole)).values()
    assert ("met", "checked") in rows(capsys, "--proofs", "more", str(other)).values()


@pytest.mark.usefixtures("spec")
def test_what_is_unchanged_costs_milliseconds(capsys: pytest.CaptureFixture[str]) -> None:
    main(["gate", "-q", "--update"])
    main(["gate", "-q"])
    started = time.monotonic()
    main(["gate", "-q"])
    assert time.monotonic() - started < 1  # with six obligations, on a machine that does other things too
    assert capsys.readouterr().out


# ------------------------------------------------------------------------------------ what is asked of everybody

FAULTY = """module Faulty
sort T
var lock : SUBSET T = {}
action Take(t \\in T) { await lock = {}; lock := {t}; }
action Again(t \\in T) { await t \\in lock; assert lock = {}; }
invariant Mutex == Cardinality(lock) < 2
model m { scope T = 2; check Mutex; expect Mutex proved; }
"""


@pytest.mark.usefixtures("spec")
@pytest.mark.parametrize("engine", ["portfolio", "in-turn", "ic3", "bdd", "native", "exhaustive", "bmc", "spacer"])
def test_a_fault_that_nobody_asked_about_is_found_by_every_engine(engine: str) -> None:
    Path("Faulty.plus").write_text(FAULTY, encoding="utf-8")
    assert main(["verify", "-q", "--engine", engine, "Faulty.plus"]) == Exit.VIOLATED


@pytest.mark.usefixtures("spec")
def test_of_a_model_in_which_something_faults_nothing_is_stored(capsys: pytest.CaptureFixture[str]) -> None:
    Path("Faulty.plus").write_text(FAULTY, encoding="utf-8")
    assert main(["gate", "Faulty.plus", "--update"]) == Exit.VIOLATED
    assert "faults  violated in 1 step" in capsys.readouterr().out
    assert not Path("proofs/Faulty/m/faults.json").exists()


@pytest.mark.usefixtures("spec")
def test_where_something_is_to_hold_there_is_evidence_that_nothing_faults(capsys: pytest.CaptureFixture[str]) -> None:
    Path("Faulty.plus").write_text(FAULTY.replace("assert lock = {};", "skip;"), encoding="utf-8")
    main(["gate", "-q", "Faulty.plus", "--update"])
    stored = Path("proofs/Faulty/m/faults.json")
    assert stored.exists()
    stored.unlink()
    assert main(["gate", "-q", "Faulty.plus"]) == Exit.REJECTED
    assert "Faulty:m:faults" in capsys.readouterr().out


NOWHERE_TO_BEGIN = """module Nothing
var x : 0..3 = 0
INIT
action Inc { await x < 3; x := x + 1; }
invariant Safe == x < 4
model m { }
"""


@pytest.mark.usefixtures("spec")
@pytest.mark.parametrize("conjuncts", ['["FALSE"]', '["x = 77"]', '["TRUE"]'])
def test_without_initial_states_nothing_is_shown(conjuncts: str, capsys: pytest.CaptureFixture[str]) -> None:
    begins = NOWHERE_TO_BEGIN.replace("INIT", "init x = 0")
    Path("Nothing.plus").write_text(begins, encoding="utf-8")
    main(["gate", "-q", "Nothing.plus", "--update"])
    stored = Path("proofs/Nothing/m/Safe.json")
    honest = json.loads(stored.read_text(encoding="utf-8"))
    capsys.readouterr()
    Path("Nothing.plus").write_text(NOWHERE_TO_BEGIN.replace("INIT", "init x = 2"), encoding="utf-8")
    spec = elaborate(Path("Nothing.plus"))
    model = lower(spec, "m")
    honest["system"] = system_digest(model.system, ["Safe"])
    honest["evidence"] = {"kind": "inductive invariant", "conjuncts": json.loads(conjuncts), "properties": []}
    stored.write_text(json.dumps(honest), encoding="utf-8")
    assert main(["recheck", stored.as_posix()]) == Exit.REJECTED
    assert "Nothing has no initial state" in capsys.readouterr().err
    assert main(["gate", "Nothing.plus"]) == Exit.SPEC


@pytest.mark.usefixtures("spec")
def test_files_of_others_are_left_alone() -> None:
    Path("package.json").write_text('{"format": "mine"}', encoding="utf-8")
    Path("sub").mkdir()
    Path("sub/odd.json").write_bytes(b"\xff\xfe")
    assert main(["gate", "-q", "--update", "--proofs", "."]) == Exit.MET
    assert Path("package.json").exists()
    assert Path("sub/odd.json").exists()


def test_evidence_of_a_specification_that_is_gone_is_found_wherever_one_looks(
    spec: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    other = spec.with_name("Gone.plus")
    other.write_text(SPEC.replace("Counter3", "Gone"), encoding="utf-8")
    main(["gate", "-q", "--update"])
    assert main(["gate", "-q", spec.as_posix()]) == Exit.MET
    other.unlink()
    capsys.readouterr()
    assert main(["gate", "-q", spec.as_posix()]) == Exit.REJECTED
    assert "proofs/Gone/m/Small.json" in capsys.readouterr().out


@pytest.mark.usefixtures("spec")
def test_what_is_written_does_not_depend_on_what_was_missing() -> None:
    Path("spec/Locks.plus").write_text(
        """module Locks
sort T
var holder : SUBSET T = {}
var done : SUBSET T = {}
action Take(t \\in T) { await holder = {} /\\ t \\notin done; holder := {t}; }
action Drop(t \\in T) { await t \\in holder; holder := {}; done := done \\cup {t}; }
invariant Mutex == Cardinality(holder) < 2
invariant Once == holder \\cap done = {}
model m { scope T = 9; check Mutex, Once, faults; expect Mutex, Once, faults proved; }
""",
        encoding="utf-8",
    )
    main(["gate", "-q", "--update", "--no-cache"])
    whole = tree(Path("proofs"))
    for name in ("Mutex", "Once", "faults"):
        Path(f"proofs/Locks/m/{name}.json").unlink()
        main(["gate", "-q", "--update", "--no-cache"])
        assert tree(Path("proofs")) == whole


@pytest.mark.usefixtures("spec")
def test_who_judged_is_somebody_who_can(capsys: pytest.CaptureFixture[str]) -> None:
    main(["gate", "-q", "--update"])
    text = proof("Small").read_text(encoding="utf-8")
    proof("Small").write_text(text.replace('["reference semantics"]', '["an oracle"]'), encoding="utf-8")
    assert rows(capsys)["Small"] == ("drift", "rejected")
