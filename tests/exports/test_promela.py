"""Spin finds in what is exported for it the states that there are, and what is violated; never a state more."""

from __future__ import annotations

from pathlib import Path

import pytest

from model_checkers import HAS_SPIN, SYSTEMS, by_spin, explored, system_of
from systems import CASES, Case

needs_spin = pytest.mark.skipif(not HAS_SPIN, reason="needs Spin and a C compiler")


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
