"""An exported system, run by AIGER's definition, has the states of the system and violates what it violates, as soon."""

from __future__ import annotations

import pytest

from aiger_files import parsed
from pluscheck.bits.aiger import aiger
from pluscheck.bits.system import BitSystem
from pluscheck.core.system import DEADLOCK, FAULTS, PropertyKind
from pluscheck.ground.ground import ground
from systems import CASES, Broken, Case

# Every state is run with all values of the inputs: small ones do.
SMALL = {name: case for name, case in CASES.items() if case.states < 20}


def frame(case: Case, name: str) -> int | None:
    """The frame in which the property is violated: that of the state, or the one that the step starts in."""
    expected = case.expected[name]
    if not isinstance(expected, Broken):
        return None
    steps = {p.name for p in case.system.properties if p.kind is PropertyKind.TRANSITION}
    return expected.length - 1 if name in steps else expected.length


@pytest.mark.parametrize("case", SMALL.values(), ids=SMALL)
def test_each_property_is_violated_in_the_frame_that_is_known(case: Case) -> None:
    names = sorted(case.wanted)
    file = parsed(aiger(BitSystem(ground(case.system)), names).binary())
    found, frames = file.first_bad()
    assert dict(zip(names, found, strict=True)) == {name: frame(case, name) for name in names}
    # A last latch may tell the first state from the others.
    first = 1 if file.constraints else 0
    states = {state[: len(state) - first] for states in frames for state in states}
    assert len(states) == case.states


@pytest.mark.parametrize("case", SMALL.values(), ids=SMALL)
def test_both_formats_say_the_same(case: Case) -> None:
    file = aiger(BitSystem(ground(case.system)), [DEADLOCK, FAULTS], ("a comment",))
    assert parsed(file.ascii()) == parsed(file.binary())


def test_names_are_those_of_scalars_and_properties() -> None:
    case = CASES["atomic mutex"]
    file = parsed(aiger(BitSystem(ground(case.system)), ["Exclusion", DEADLOCK]).binary())
    names = set(file.symbols.values())
    assert {"where[Proc1] = idle", "where[Proc3] = critical", "Exclusion", DEADLOCK} <= names
    assert len(file.symbols) == len(file.inputs) + len(file.latches) + len(file.bads) + len(file.constraints)
