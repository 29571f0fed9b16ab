"""No evidence is believed: an engine that lies is found out, and what it said is no result."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from pluscheck.cli.exits import Exit
from pluscheck.cli.main import main
from pluscheck.core.system import TransitionSystem
from pluscheck.engines.exhaustive import exhaustive
from pluscheck.engines.interface import Budget, Findings, Listener
from pluscheck.evidence.trace import Trace
from pluscheck.evidence.verdict import Proved, ReachableSet, Reached, Violated
from pluscheck.pipeline import engines
from pluscheck.pipeline.engines import EngineEntry
from pluscheck.pipeline.options import Options, Unwatched
from pluscheck.pipeline.verify import verify
from pluscheck.report.model import Answer, Outcome

SPEC = """module Count
var x : 0..3 = 0
action Up { await x < 3; x := x + 1; }
terminal == x = 3
invariant Small == x < 3
invariant Large == x < 4
model m { check Small, Large; }
"""


def liar(system: TransitionSystem, wanted: frozenset[str], budget: Budget, listener: Listener) -> Findings:
    """Claim a violation that is none, and prove what is violated by a set with a state missing."""
    honest = exhaustive(system, wanted, budget, listener)
    violation, proof = honest.verdicts["Small"], honest.verdicts["Large"]
    assert isinstance(violation, Violated)
    assert isinstance(proof, Proved)
    short = Trace(violation.trace.states[:-1], violation.trace.steps[:-1])
    fewer = ReachableSet(proof.certificate.states - {violation.trace.states[-1]}, 2)
    return replace(honest, verdicts={**honest.verdicts, "Large": Violated(short), "Small": Proved(fewer)})


def mislabels(system: TransitionSystem, wanted: frozenset[str], budget: Budget, listener: Listener) -> Findings:
    """Say of an invariant that it is reached, with a run that does violate it: shown as a witness, it would look like a pass."""
    honest = exhaustive(system, wanted, budget, listener)
    violation = honest.verdicts["Small"]
    assert isinstance(violation, Violated)
    return replace(honest, verdicts={**honest.verdicts, "Small": Reached(violation.trace)})


def broken(*_: object) -> Findings:
    raise RuntimeError("an engine with a bug")


@pytest.fixture
def count(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    file = tmp_path / "Count.plus"
    file.write_text(SPEC, encoding="utf-8")
    table = {
        **engines.ENGINES,
        "liar": EngineEntry(lambda: liar, ends_at_depth=False),
        "mislabels": EngineEntry(lambda: mislabels, ends_at_depth=False),
        "broken": EngineEntry(lambda: broken, ends_at_depth=False),
    }
    monkeypatch.setattr("pluscheck.pipeline.engines.ENGINES", table)
    monkeypatch.setattr("pluscheck.pipeline.checking.ENGINES", table)
    monkeypatch.setattr("pluscheck.cli.verify.ENGINES", table)
    return file


def test_rejected_evidence_is_no_result(count: Path) -> None:
    model = verify([count], Options(engine="liar"), Unwatched()).specs[0].models[0]
    for p in model.properties:
        assert (p.answer, p.outcome) == (Answer.REJECTED, Outcome.REJECTED)
        assert p.reason
        assert p.trace is None


def test_a_verdict_of_the_wrong_kind_is_rejected(count: Path) -> None:
    model = verify([count], Options(engine="mislabels"), Unwatched()).specs[0].models[0]
    outcomes = {p.name: p.outcome for p in model.properties}
    assert outcomes == {"Small": Outcome.REJECTED, "Large": Outcome.MET}


def test_rejected_evidence_is_a_fault_of_our_own(count: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["verify", "--engine", "liar", str(count)]) == Exit.INTERNAL
    assert "evidence rejected" in capsys.readouterr().out


def test_an_engine_that_breaks_is_a_fault_of_our_own(count: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["verify", "--engine", "broken", str(count)]) == Exit.INTERNAL
    assert "this is a fault of pluscheck" in capsys.readouterr().err


def test_honest_evidence_is_accepted(count: Path) -> None:
    model = verify([count], Options(engine="exhaustive"), Unwatched()).specs[0].models[0]
    answers = {p.name: (p.answer, p.judged) for p in model.properties}
    assert answers == {
        "Small": (Answer.VIOLATED, "replayed"),
        "Large": (Answer.PROVED, "4 states, judged by Z3"),
    }
