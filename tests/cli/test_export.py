"""`export`: files for other tools."""

from __future__ import annotations

import time
from pathlib import Path

import pytest

from aiger_files import parsed
from pluscheck.base.answers import Answer
from pluscheck.certify.solvers import OTHERS, is_installed, other_answer
from pluscheck.cli.exits import Exit
from pluscheck.cli.main import main
from pluscheck.pipeline.exports import FORMATS
from pluscheck.smt.text import answer_of

SPEC = """
module Cell
var x : 0..2 = 0
action Up { when x < 2; x := x + 1; }
invariant Small == x <= 1
model m { expect Small violated; }
model n extends m { check Small; }
"""


@pytest.fixture
def spec(tmp_path: Path) -> str:
    file = tmp_path / "Cell.plus"
    file.write_text(SPEC, encoding="utf-8")
    return str(file)


def test_a_file_for_each_model(spec: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["export", spec, "--to", "aiger", "--output", str(tmp_path)]) == Exit.MET
    written = [tmp_path / "Cell.m.aig", tmp_path / "Cell.n.aig"]
    assert capsys.readouterr().out.split() == [str(path) for path in written]
    first = parsed(written[0].read_bytes())
    assert {"Small", "deadlock", "faults"} <= set(first.symbols.values())
    assert len(parsed(written[1].read_bytes()).bads) == 1


def test_the_same_spec_gives_the_same_bytes(spec: str, tmp_path: Path) -> None:
    def contents() -> bytes:
        assert main(["export", spec, "--to", "aiger", "--model", "m", "--output", str(tmp_path)]) == Exit.MET
        return (tmp_path / "Cell.m.aig").read_bytes()

    assert contents() == contents()


def test_what_is_not_there_is_said_to_be_missing(spec: str, tmp_path: Path) -> None:
    to = ["--output", str(tmp_path)]
    assert main(["export", spec, "--to", "nothing", *to]) == Exit.USAGE
    assert main(["export", spec, "--to", "aiger", "--model", "k", *to]) == Exit.USAGE
    assert main(["export", str(tmp_path / "No.plus"), "--to", "aiger", *to]) == Exit.USAGE
    assert main(["export", spec, "--to", "aiger", "--output", str(tmp_path / "no")]) == Exit.USAGE
    assert sorted(path.name for path in tmp_path.iterdir()) == ["Cell.plus"]


def test_what_cannot_be_written_is_no_fault_of_ours(spec: str, tmp_path: Path) -> None:
    (tmp_path / "Cell.m.aig").mkdir()
    assert main(["export", spec, "--to", "aiger", "--model", "m", "--output", str(tmp_path)]) == Exit.UNWRITABLE


COUNTING = """
module Counting
sort P
var at : [P -> 0..5] = [p \\in P |-> 0]
var sum : 0..20 = 0
action Up(p \\in P) { when at[p] < 5; at[p] := at[p] + 1; sum := sum + 1; }
terminal == \\A p \\in P : at[p] = 5
invariant Small == sum <= 10
transition Grows == sum' > sum
model m { scope P = 2; expect Small proved; expect Grows proved; expect deadlock proved; expect faults proved; }
"""


@pytest.fixture
def proofs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder with the proofs of a spec of more states than are looked at one by one."""
    monkeypatch.chdir(tmp_path)
    (tmp_path / "Counting.plus").write_text(COUNTING, encoding="utf-8")
    assert main(["gate", "--update", "-q", "--no-cache", "Counting.plus"]) == Exit.MET
    return tmp_path / "proofs" / "Counting" / "m"


@pytest.mark.parametrize("name", ["Small", "Grows", "deadlock", "faults"])
def test_every_solver_answers_unsat_to_each_obligation_of_a_proof(proofs: Path, tmp_path: Path, name: str) -> None:
    to = tmp_path / "build"
    to.mkdir()
    assert main(["export", str(proofs / f"{name}.json"), "--to", "smt2", "--output", str(to)]) == Exit.MET
    scripts = [path.read_text(encoding="utf-8") for path in sorted(to.iterdir())]
    assert len(scripts) >= 3
    for script in scripts:
        assert answer_of(script, seconds=10).answer is Answer.UNSAT
        for solver in filter(is_installed, OTHERS):
            assert other_answer(solver, script, time.monotonic() + 10) is Answer.UNSAT


def test_obligations_are_those_of_a_stored_invariant(spec: str, proofs: Path) -> None:
    assert main(["export", spec, "--to", "smt2"]) == Exit.USAGE
    assert main(["export", str(proofs / "Small.json"), "--to", "smt2", "--model", "m"]) == Exit.USAGE


@pytest.mark.skipif(not all(map(is_installed, OTHERS)), reason="needs the solvers of the extra `solvers`")
def test_who_doubts_z3_asks_others_too(proofs: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["recheck", str(proofs / "Small.json"), "--with", "cvc5", "--with", "bitwuzla"]) == Exit.MET
    said = capsys.readouterr().out
    assert all(name in said for name in ("Z3", "cvc5", "bitwuzla"))


def test_its_help_names_every_format(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["export", "--help"]) == Exit.MET
    said = capsys.readouterr().out
    assert all(name in said for name in FORMATS)
