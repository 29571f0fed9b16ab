"""Spin finds in what is exported for it the states that there are, and what is violated; never a state more."""

from __future__ import annotations

from pathlib import Path

import pytest

from model_checkers import HAS_SPIN, SYSTEMS, Explored, all_names, explored, spin, starts, system_of
from pluscheck.core.system import DEADLOCK, TransitionSystem
from pluscheck.exports.promela import promela
from pluscheck.ground.ground import ground
from systems import CASES, Case

needs_spin = pytest.mark.skipif(not HAS_SPIN, reason="needs Spin and a C compiler")


def by_spin(system: TransitionSystem, folder: Path) -> Explored:
    """Return what Spin finds; deadlock by itself, since a state in which an assertion fails is none to Spin."""
    names = all_names(system)
    text = promela(ground(system), names)
    rest = spin(text, folder, *[name for name in names if name != DEADLOCK])
    stuck = spin(text, folder, DEADLOCK)
    assert rest.states == stuck.states
    chosen = 0 if starts(system) == 1 else 1
    return Explored(rest.states - chosen, rest.found | stuck.found)


@needs_spin
@pytest.mark.parametrize(("spec", "model"), SYSTEMS)
def test_states_and_verdicts_are_ours(spec: str, model: str, tmp_path: Path) -> None:
    system = system_of(spec, model)
    assert by_spin(system, tmp_path) == explored(system)


@needs_spin
@pytest.mark.parametrize("case", CASES.values(), ids=CASES)
def test_so_they_are_of_systems_made_by_hand(case: Case, tmp_path: Path) -> None:
    system = case.system
    assert by_spin(system, tmp_path) == explored(system)
