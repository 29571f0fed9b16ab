"""What an invariant says is what the cubes that it is made of exclude, whatever they are."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from generate import SYSTEM, states
from pluscheck.bits.system import BitSystem
from pluscheck.core.evaluator import environment, evaluate
from pluscheck.core.exprs import Lit
from pluscheck.core.system import State, TransitionSystem
from pluscheck.core.values import Atom
from pluscheck.core.walk import subterms
from pluscheck.engines.invariants import Cube, Goals, Orbit, invariant, is_symmetric
from pluscheck.ground.ground import ground
from pluscheck.ground.predicates import symmetries
from systems import abba, mutex, queue

NOTHING = Goals((), (), ())


def orbit(bits: BitSystem, cube: Cube) -> Orbit:
    found, pending = {cube}, [cube]
    while pending:
        one = pending.pop()
        for row in symmetries(bits.system, bits.predicates):
            image = tuple(sorted((row[x - 1] if x > 0 else -row[-x - 1] for x in one), key=abs))
            if image not in found:
                found.add(image)
                pending.append(image)
    return tuple(sorted(found))


@st.composite
def cubes(draw: st.DrawFn, bits: BitSystem) -> list[Cube]:
    """Cubes, some of which differ little from the one before."""
    numbers = st.integers(1, len(bits.predicates))
    found: list[Cube] = []
    for _ in range(draw(st.integers(1, 6))):
        chosen = {abs(x): x for x in found[-1]} if found and draw(st.booleans()) else {}
        for number in draw(st.lists(numbers, min_size=1, max_size=3)):
            chosen[number] = number if draw(st.booleans()) else -number
        found.append(tuple(chosen[number] for number in sorted(chosen)))
    return found


def agree(bits: BitSystem, made: list[Cube], state: State) -> None:
    system = bits.system.system
    orbits = [orbit(bits, cube) if is_symmetric(system) else (cube,) for cube in made]
    true = {number if bit else -number for number, bit in enumerate(bits.bits(bits.system.layout.encode(state)), 1)}
    expected = not any(true.issuperset(cube) for images in orbits for cube in images)
    found = invariant(bits, orbits, NOTHING)
    setting = environment(system)
    assert all(evaluate(setting, c, state) is True for c in found.conjuncts) == expected
    if is_symmetric(system):
        named = [term.value for term in subterms(found.conjuncts) if isinstance(term, Lit)]
        assert not any(isinstance(value, Atom) and value.family in system.scope for value in named)


WHOLE = BitSystem(ground(SYSTEM))


@settings(max_examples=200, deadline=None)
@given(cubes(WHOLE), states())
def test_formulas_exclude_what_the_cubes_do(made: list[Cube], state: State) -> None:
    agree(WHOLE, made, state)


SMALL = [BitSystem(ground(system)) for system in (mutex(3, atomic=False), abba(ordered_locking=True), queue())]


@pytest.mark.parametrize("bits", SMALL)
@settings(max_examples=100, deadline=None)
@given(st.data())
def test_formulas_for_any_elements_exclude_all_images(bits: BitSystem, data: st.DataObject) -> None:
    leaves = [data.draw(st.integers(leaf.low, leaf.high)) for leaf in bits.system.leaves]
    agree(bits, data.draw(cubes(bits)), bits.system.layout.decode(leaves))


def test_the_systems_used_here_have_symmetries() -> None:
    assert is_symmetric(SMALL[0].system.system)


def test_mutual_exclusion_is_said_once_for_all() -> None:
    system: TransitionSystem = mutex(3, atomic=True)
    bits = BitSystem(ground(system))
    critical = [n for n, p in enumerate(bits.predicates, 1) if "critical" in str(p.path[-1])]
    found = invariant(bits, [orbit(bits, (critical[0], critical[1]))], NOTHING)
    assert len(found.conjuncts) == 1
