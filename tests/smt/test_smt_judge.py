"""A set of reachable states is accepted as it is, and rejected with any state missing or a bad one added."""

from __future__ import annotations

from collections.abc import Mapping

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pluscheck.base.answers import Answer
from pluscheck.base.errors import InternalError
from pluscheck.core.system import State
from pluscheck.engines.exhaustive import exhaustive
from pluscheck.engines.interface import Budget, ignore
from pluscheck.evidence.verdict import Proved
from pluscheck.ground.dag import Dag
from pluscheck.ground.ground import ground
from pluscheck.smt.judge import Obligation, judge, one_of_rows
from systems import CASES, Case

UNSAT = {Answer.UNSAT}


def reachable(case: Case) -> tuple[frozenset[str], frozenset[State]]:
    """What holds of the case, and its reachable states."""
    found = exhaustive(case.system, case.wanted, Budget(), ignore)
    proved = {name: v for name, v in found.verdicts.items() if isinstance(v, Proved)}
    return frozenset(proved), next(v for v in proved.values() if isinstance(v, Proved)).certificate.states


@pytest.mark.parametrize("name", CASES)
def test_reachable_states_are_a_certificate_of_what_holds(name: str) -> None:
    case = CASES[name]
    holding, states = reachable(case)
    system = ground(case.system)
    assert {j.answer for j in judge(system, states, holding)} == UNSAT
    violated = case.wanted - holding
    if violated:
        assert {j.answer for j in judge(system, states, case.wanted)} != UNSAT


@pytest.mark.parametrize("name", CASES)
def test_no_reachable_state_can_be_left_out(name: str) -> None:
    case = CASES[name]
    holding, states = reachable(case)
    system = ground(case.system)
    for missing in sorted(states, key=repr)[:5]:
        answers: Mapping[Obligation, Answer] = {
            j.obligation: j.answer for j in judge(system, states - {missing}, holding)
        }
        assert Answer.SAT in (answers[Obligation.INITIATION], answers[Obligation.CONSECUTION])


@given(st.sets(st.tuples(st.integers(0, 1), st.integers(-1, 2), st.integers(0, 1), st.integers(0, 2)), max_size=30))
def test_a_table_of_rows_is_true_of_the_rows_alone(rows: set[tuple[int, int, int, int]]) -> None:
    dag = Dag()
    columns = [dag.bool_leaf("a"), dag.int_leaf("b", -1, 2), dag.bool_leaf("c"), dag.int_leaf("d", 0, 2)]
    node = one_of_rows(dag, columns, sorted(rows))
    cone = dag.cone([node])
    for a in (0, 1):
        for b in range(-1, 3):
            for c in (0, 1):
                for d in range(3):
                    value = dag.values(cone, dict(zip(columns, (a, b, c, d), strict=True)))[node]
                    assert bool(value) == ((a, b, c, d) in rows)


def test_an_answer_is_no_truth_value() -> None:
    with pytest.raises(InternalError):
        bool(Answer.UNSAT)
