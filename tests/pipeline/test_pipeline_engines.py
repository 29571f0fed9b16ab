"""Which share of the time an engine has in the portfolio depends on what the model hopes for."""

from __future__ import annotations

import pytest

import pluscheck.engines.portfolio as race
from lowering import model_of
from pluscheck.core.system import TransitionSystem
from pluscheck.engines.interface import Budget, Findings, Listener, ignore
from pluscheck.engines.portfolio import Aims, Racer
from pluscheck.pipeline.engines import together

SPEC = """
var x : 0..2 = 0
action Up { when x < 2; x := x + 1; }
invariant Small == x <= 1
invariant Typed == x <= 2
model all { expect Typed proved; expect Small violated; }
model part { check Small; expect Small violated; }
"""


@pytest.mark.parametrize(
    ("model", "wanted", "longest"), [("all", "Typed", 30.0), ("all", "Small", 10.0), ("part", "Small", 10.0)]
)
def test_a_proof_that_is_expected_is_worth_more(
    model: str, wanted: str, longest: float, monkeypatch: pytest.MonkeyPatch
) -> None:
    given: dict[str, float | None] = {}

    def portfolio(
        _system: TransitionSystem,
        _wanted: frozenset[str],
        _budget: Budget,
        _listener: Listener,
        *,
        searcher: Racer,
        provers: tuple[Racer, ...],
        aims: Aims,
        **_others: object,
    ) -> Findings:
        given.update({prover.name: prover.seconds for prover in (searcher, *provers)})
        assert aims.violations == {"Small"}
        return Findings("portfolio", {}, {}, 0, complete=False)

    monkeypatch.setattr(race, "portfolio", portfolio)
    spec = model_of(SPEC, model)
    together(spec, frozenset([wanted]), Budget(), ignore, prove_seconds=None, accepts=lambda *_: True, is_race=True)
    assert given == {
        "bmc": None,
        "ic3": None,
        "bdd": longest,
        "kinduction": None,
        "native": 60.0 if longest > 10 else 10.0,
    }
