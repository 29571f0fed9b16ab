"""Predicates say of a state what their formulas say, determine it, and go along with exchanged elements of sorts."""

from __future__ import annotations

from itertools import pairwise
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from generate import SYSTEM, states
from pluscheck.core.evaluator import environment, evaluate
from pluscheck.core.system import State, TransitionSystem
from pluscheck.core.values import Atom, Function, Record, Some
from pluscheck.ground.ground import GroundSystem, ground
from pluscheck.ground.predicates import predicates, symmetries
from systems import mutex, queue

GROUND = ground(SYSTEM)
PREDICATES = predicates(GROUND)


def truths(grounded: GroundSystem, state: State) -> list[bool]:
    scalars = grounded.layout.encode(state)
    found = predicates(grounded)
    cone = grounded.dag.cone([predicate.node for predicate in found])
    leaves = {leaf.node: value for leaf, value in zip(grounded.leaves, scalars, strict=True)}
    values = grounded.dag.values(cone, leaves)
    return [bool(values[predicate.node]) for predicate in found]


@given(states())
@settings(max_examples=150, deadline=None)
def test_a_predicate_is_true_where_its_formula_is(state: State) -> None:
    setting = environment(SYSTEM)
    assert truths(GROUND, state) == [evaluate(setting, predicate.formula, state) for predicate in PREDICATES]


@given(states(), states())
@settings(max_examples=150, deadline=None)
def test_predicates_tell_states_apart(left: State, right: State) -> None:
    assert (truths(GROUND, left) == truths(GROUND, right)) == (left == right)


def exchanged(value: Any, first: Atom, second: Atom) -> Any:
    match value:
        case Atom():
            return second if value == first else first if value == second else value
        case Some(inner):
            return Some(exchanged(inner, first, second))
        case tuple():
            return tuple(exchanged(item, first, second) for item in value)
        case frozenset():
            return frozenset(exchanged(item, first, second) for item in value)
        case Record(fields):
            return Record(tuple((name, exchanged(item, first, second)) for name, item in fields))
        case Function(pairs):
            return Function.of({exchanged(a, first, second): exchanged(b, first, second) for a, b in pairs})
        case _:
            return value


@given(states())
@settings(max_examples=150, deadline=None)
def test_exchanging_elements_of_a_sort_permutes_the_predicates(state: State) -> None:
    pairs = [(a, b) for atoms in SYSTEM.scope.values() for a, b in pairwise(atoms)]
    rows = symmetries(GROUND, PREDICATES)
    assert len(rows) == len(pairs) > 0
    before = truths(GROUND, state)
    for (first, second), row in zip(pairs, rows, strict=True):
        after = truths(GROUND, exchanged(state, first, second))
        assert before == [after[abs(image) - 1] == (image > 0) for image in row]


@given(st.sampled_from([mutex(2, atomic=True), mutex(3, atomic=False), queue()]))
@settings(deadline=None)
def test_next_nodes_say_the_same_of_the_next_state(system: TransitionSystem) -> None:
    grounded = ground(system)
    to_next = {leaf.node: leaf.next_node for leaf in grounded.leaves}
    for predicate in predicates(grounded):
        now = grounded.dag.cone([predicate.node])
        later = grounded.dag.cone([predicate.next_node])
        own = [node for node in now if node in to_next]
        assert {to_next[node] for node in own} == {node for node in later if node in set(to_next.values())}
