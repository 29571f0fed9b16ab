"""States that are too many to be listed: counted, stored as counts, and searched again by whoever checks the proof."""

from __future__ import annotations

import json
import math
import time
from pathlib import Path

import pytest

from pluscheck.certify.second import TOO_LONG, SearchAhead
from pluscheck.cli.exits import Exit
from pluscheck.cli.main import main
from pluscheck.core.system import TransitionSystem
from pluscheck.pipeline.engines import ENGINES, PROVERS, that_is_there

SPEC = r"""module Cells
sort Cell
var at : [Cell -> 0..5] = [c \in Cell |-> 0]
action Up(c \in Cell) { when at[c] < 5; at[c] := at[c] + 1; }
action Down(c \in Cell) { when at[c] > 0; at[c] := at[c] - 1; }
invariant Within == \A c \in Cell : at[c] < 6
model m { scope Cell = 4; check Within; expect Within proved; }
"""

PROOF = Path("proofs/Cells/m/Within.json")


@pytest.fixture(autouse=True)
def _spec(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr("pluscheck.engines.native.MOST_LISTED", 100)
    monkeypatch.setattr("pluscheck.pipeline.engines.PROVERS", ("native",))
    Path("spec").mkdir()
    Path("spec/Cells.plus").write_text(SPEC, encoding="utf-8")


def test_a_proof_is_judged_by_a_second_search(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["verify", "--engine", "native", "--format", "json"]) == Exit.MET
    (row,) = json.loads(capsys.readouterr().out)["specs"][0]["models"][0]["properties"]
    assert (row["answer"], row["judged"]) == ("proved", "1,296 states, judged by a second search")


def test_it_is_stored_and_checked_again(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["gate", "-q", "--no-cache", "--update"]) == Exit.MET
    evidence = json.loads(PROOF.read_text(encoding="utf-8"))["evidence"]
    assert (evidence["kind"], evidence["count"], evidence["diameter"]) == ("searched states", 1296, 20)
    assert main(["gate", "-q", "--no-cache"]) == Exit.MET
    capsys.readouterr()
    assert main(["recheck", "proofs"]) == Exit.MET
    assert "a second search" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("said", "forged"),
    [('"count": 1296', '"count": 1295'), ('"diameter": 20', '"diameter": 21'), ('"sums": "', '"sums": "0')],
)
def test_a_forged_count_is_rejected(said: str, forged: str) -> None:
    main(["gate", "-q", "--no-cache", "--update"])
    text = PROOF.read_text(encoding="utf-8")
    assert said in text
    PROOF.write_text(text.replace(said, forged), encoding="utf-8")
    assert main(["recheck", "proofs"]) == Exit.REJECTED


def test_without_llvmlite_python_searches_with_one_warning(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr("pluscheck.pipeline.engines.find_spec", lambda name: None if name == "llvmlite" else name)
    assert not ENGINES["native"].is_there
    assert that_is_there("native") == "exhaustive"
    assert main(["verify", "--engine", "native"]) == Exit.MET
    told = capsys.readouterr()
    assert "1,296 states, judged by Z3" in told.out
    assert told.err.count("warning") == 1
    assert "native" in PROVERS


@pytest.mark.parametrize(("cores", "begun"), [(1, False), (2, True)])
@pytest.mark.parametrize("forks", [True, False])
def test_where_there_is_a_core_for_it_the_second_search_runs_beside_the_first(
    cores: int, begun: bool, forks: bool, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    started: list[SearchAhead] = []

    class Noted(SearchAhead):
        def __init__(self, system: TransitionSystem, permuted: tuple[str, ...]) -> None:
            super().__init__(system, permuted)
            started.append(self)

    monkeypatch.setattr("pluscheck.pipeline.evidence.SearchAhead", Noted)
    monkeypatch.setattr("pluscheck.core.symmetry.LARGE", 100)
    monkeypatch.setattr("pluscheck.pipeline.evidence.cores", lambda: cores)
    monkeypatch.setattr("pluscheck.base.processes.FORKS", forks)
    assert main(["verify", "--engine", "native", "--no-symmetry"]) == Exit.MET
    assert "proved · 1,296 states, judged by a second search" in capsys.readouterr().out
    assert bool(started) == begun
    assert all(each.result(math.inf) == TOO_LONG for each in started)  # their processes have ended


def test_of_a_violation_nobody_waits_for_the_second_search(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr("pluscheck.core.symmetry.LARGE", 100)
    monkeypatch.setattr("pluscheck.pipeline.evidence.cores", lambda: 2)
    monkeypatch.setattr("pluscheck.certify.second._explored", lambda *_: time.sleep(60))
    Path("spec/Cells.plus").write_text(SPEC.replace("at[c] < 6", "at[c] < 5").replace("proved", "violated"), "utf-8")
    began = time.monotonic()
    assert main(["verify", "--engine", "native"]) == Exit.MET
    assert time.monotonic() - began < 30
    assert "violated in 5 steps" in capsys.readouterr().out


def test_up_to_permutations_is_said_stored_and_checked(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr("pluscheck.core.symmetry.LARGE", 100)
    assert main(["verify", "--engine", "native"]) == Exit.MET
    told = " ".join(capsys.readouterr().out.split())
    assert "all 126 states up to permutations of Cell" in told
    assert "proved · 126 states up to permutations of Cell, judged by a second search" in told
    assert main(["verify", "--engine", "native", "--no-symmetry"]) == Exit.MET
    assert "proved · 1,296 states, judged by a second search" in capsys.readouterr().out
    assert main(["gate", "-q", "--no-cache", "--update"]) == Exit.MET
    text = PROOF.read_text(encoding="utf-8")
    assert json.loads(text)["evidence"]["permuted"] == ["Cell"]
    assert main(["recheck", "proofs"]) == Exit.MET
    assert "126 reachable states up to permutations of Cell" in capsys.readouterr().out
    PROOF.write_text(text.replace('["Cell"]', "[]"), encoding="utf-8")
    assert main(["recheck", "proofs"]) == Exit.REJECTED
