"""A circuit says of states and steps what the DAG says of them."""

from __future__ import annotations

import random
from dataclasses import replace

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from generate import BOOL, SYSTEM, states, typed_expressions
from generate_systems import systems as random_systems
from pluscheck.base.answers import Answer
from pluscheck.base.errors import SpecError
from pluscheck.bits.cnf import template
from pluscheck.bits.solver import SatSolver
from pluscheck.bits.system import BitSystem
from pluscheck.core.system import DEADLOCK, FAULTS, Property, PropertyKind, State, TransitionSystem
from pluscheck.core.types import RangeType, SeqType
from pluscheck.ground.dag import Dag
from pluscheck.ground.ground import GroundSystem, ground
from pluscheck.ground.violations import violation
from systems import abba, built, counter, mutex, queue, var

WHOLE = BitSystem(ground(SYSTEM))


def leaf_values(system: GroundSystem, now: State, after: State | None = None) -> dict[int, int]:
    values = {leaf.node: value for leaf, value in zip(system.leaves, system.layout.encode(now), strict=True)}
    if after is not None:
        following = system.layout.encode(after)
        values.update({leaf.next_node: value for leaf, value in zip(system.leaves, following, strict=True)})
    return values


def inputs(bits: BitSystem, state: State) -> dict[int, bool]:
    return dict(zip(bits.state, bits.bits(bits.system.layout.encode(state)), strict=True))


@settings(deadline=None)
@given(states())
def test_bits_stand_for_a_state_and_are_typed(state: State) -> None:
    leaves = WHOLE.system.layout.encode(state)
    assert WHOLE.leaves(WHOLE.bits(leaves)) == leaves
    assert WHOLE.circuit.values([WHOLE.typed], inputs(WHOLE, state)) == [True]


@pytest.mark.parametrize(
    ("system", "number"),
    [
        (mutex(2, atomic=True), None),
        (queue(), None),
        (built("Wide", (var("x", RangeType(-100, 27), 0), var("y", SeqType(RangeType(0, 2), 2), ())), ()), 128 * 13),
    ],
)
def test_as_many_bits_are_typed_as_there_are_states(system: TransitionSystem, number: int | None) -> None:
    bits = BitSystem(ground(system))
    cnf = template(bits.circuit, [bits.typed], bits.state)
    solver = SatSolver(cnf.clauses, stop=lambda: None)
    solver.add([cnf.literal(bits.typed)])
    found = set()
    while solver.solve() is Answer.SAT:
        model = solver.model()[: len(bits.state)]
        solver.add([-literal for literal in model])
        shown = [literal > 0 for literal in model]
        leaves = bits.leaves(shown)
        assert bits.bits(leaves) == shown
        assert bits.system.layout.encode(bits.system.layout.decode(list(leaves))) == leaves
        found.add(leaves)
    assert number is None or len(found) == number


@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(typed_expressions(BOOL), states())
def test_formulas_have_the_values_that_the_dag_gives_them(formula: object, state: State) -> None:
    claim = Property(PropertyKind.INVARIANT, "I", formula)
    bits = BitSystem(ground(replace(SYSTEM, properties=(claim,))))
    grounded = bits.system
    nodes = [grounded.properties[0].formula, *grounded.properties[0].faults.values()]
    expected = grounded.dag.values(grounded.dag.cone(nodes), leaf_values(grounded, state))
    literals = [bits.literal(node) for node in nodes]
    given_bits = inputs(bits, state)
    assert bits.circuit.values(literals, given_bits) == [bool(expected[node]) for node in nodes]
    assert by_solver(bits, literals, given_bits) == [bool(expected[node]) for node in nodes]


def by_solver(bits: BitSystem, literals: list[int], given_bits: dict[int, bool]) -> list[bool]:
    """Return the values of literals over a state according to their clauses, instantiated somewhere."""
    cnf = template(bits.circuit, literals, bits.state)
    names, clauses = cnf.instantiated(range(11, 11 + len(bits.state)), 11 + len(bits.state))
    solver = SatSolver(clauses, stop=lambda: None)
    assumed = [names[number] if given_bits[bit] else -names[number] for number, bit in enumerate(bits.state, 1)]
    assert solver.solve(assumed) is Answer.SAT
    true = set(solver.model()) | set(assumed)
    signed = [(names[abs(x)], x > 0) for x in [cnf.literal(literal) for literal in literals]]
    return [(name in true) == positive for name, positive in signed]


@settings(max_examples=100, deadline=None, suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large])
@given(random_systems(), st.data())
def test_steps_of_random_systems(system: TransitionSystem, data: st.DataObject) -> None:
    try:
        bits = BitSystem(ground(system))
    except SpecError:
        return
    check_step(bits, data.draw(states()))


@pytest.mark.parametrize(
    "system", [mutex(3, atomic=False), abba(ordered_locking=False), queue(), counter(guarded=True)]
)
def test_steps_of_small_systems(system: TransitionSystem) -> None:
    bits = BitSystem(ground(system))
    chosen = random.Random(0)
    for _ in range(20):
        leaves = [chosen.choice(range(leaf.low, leaf.high + 1)) for leaf in bits.system.leaves]
        # What does not matter in a state has its least value there.
        check_step(bits, bits.system.layout.decode(leaves))


def check_step(bits: BitSystem, state: State) -> None:
    """Whichever action the selectors name: it is possible where its guard holds, and leads where its updates say."""
    grounded, circuit = bits.system, bits.circuit
    names = [DEADLOCK, FAULTS, *[claim.property.name for claim in grounded.properties]]
    given_bits = inputs(bits, state)
    now = leaf_values(grounded, state)
    for number, action in enumerate(grounded.actions):
        selected = naming(bits, number)
        before = {**given_bits, **selected}
        assert [i for i, on in enumerate(circuit.values(bits.chosen, before)) if on] == [number]
        nodes = [action.guard, *action.updates.values()]
        value = grounded.dag.values(grounded.dag.cone(nodes), now)
        assert circuit.values([bits.step], before) == [bool(value[action.guard])]
        if not value[action.guard]:
            continue
        leaves = [
            value[action.updates[position]] if position in action.updates else now[leaf.node]
            for position, leaf in enumerate(grounded.leaves)
        ]
        assert circuit.values(bits.next, before) == bits.bits(leaves)
        both = {**now, **{leaf.next_node: value for leaf, value in zip(grounded.leaves, leaves, strict=True)}}
        for name in names:
            where, bad = violation(grounded, name), bits.bad(name)
            expected = grounded.dag.values(grounded.dag.cone([where.state, where.step]), both)
            found = circuit.values([bad.state, bad.step], before)
            assert found == [bool(expected[where.state]), bool(expected[where.step])]
    assert circuit.values([bits.init], given_bits) == [
        bool(grounded.dag.values(grounded.dag.cone([grounded.init]), now)[grounded.init])
    ]


def naming(bits: BitSystem, number: int) -> dict[int, bool]:
    """Return values of the selectors that name an action."""
    for code in range(1 << len(bits.selectors)):
        values = {selector: bool(code >> i & 1) for i, selector in enumerate(bits.selectors)}
        if bits.circuit.values([bits.chosen[number]], values) == [True]:
            return values
    raise AssertionError(number)


@settings(max_examples=150, deadline=None)
@given(st.integers(-90, 90), st.integers(-90, 90), st.sampled_from([(-200, 200), (0, 40), (-3, 90)]))
def test_arithmetic_is_that_of_integers(a: int, b: int, interval: tuple[int, int]) -> None:
    low, high = interval
    left, right = min(max(a, low), high), min(max(b, low), high)
    system = built("Numbers", (var("x", RangeType(low, high), low), var("y", RangeType(low, high), low)), ())
    bits = BitSystem(ground(system))
    dag: Dag = bits.system.dag
    x, y = [leaf.node for leaf in bits.system.leaves]
    results = [dag.add(x, y), dag.sub(x, y), dag.mul(x, y), dag.neg(x)]
    expected = [left + right, left - right, left * right, -left]
    if right != 0:
        results.append(dag.div(x, y))
        expected.append(left // right)
    if right > 0:
        results.append(dag.mod(x, y))
        expected.append(left % right)
    asked = [dag.eq(result, dag.integer(value)) for result, value in zip(results, expected, strict=True)]
    asked += [dag.lt(result, dag.integer(value)) for result, value in zip(results, expected, strict=True)]
    given_bits = dict(zip(bits.state, bits.bits((left, right)), strict=True))
    literals = [bits.literal(node) for node in [*asked, dag.lt(x, y), dag.eq(x, y)]]
    found = bits.circuit.values(literals, given_bits)
    assert found == [True] * len(results) + [False] * len(results) + [left < right, left == right]
