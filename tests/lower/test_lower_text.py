"""What specifications are lowered to, by golden files; `UPDATE_GOLDEN=1 pytest tests/lower` writes them anew, to be looked at in the diff."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from pluscheck.core.wellformed import faults_of_form
from pluscheck.lang.front import elaborate
from pluscheck.lower import lower, models
from pluscheck.lower.text import system_text

GOLDEN = Path(__file__).parent / "golden"
ROOT = Path(__file__).parents[2]
SHIPPED = sorted(
    [*ROOT.glob("spec/*/*.plus"), *ROOT.glob("src/pluscheck/stdlib/*.plus"), *ROOT.glob("tests/corpus/*.plus")]
)


@pytest.mark.parametrize("spec", [path.stem for path in sorted(GOLDEN.glob("*.plus"))])
def test_specs_are_lowered_as_the_golden_file_says(spec):
    elaborated = elaborate(GOLDEN / f"{spec}.plus")
    lowered = [lower(elaborated, name) for name in models(elaborated)]
    text = "\n".join(system_text(model) for model in lowered)
    golden = GOLDEN / f"{spec}.txt"
    if os.environ.get("UPDATE_GOLDEN"):
        golden.write_text(text)
    assert text == golden.read_text()
    assert [fault for model in lowered for fault in faults_of_form(model.system)] == []


@pytest.mark.parametrize("spec", SHIPPED, ids=lambda path: path.stem)
def test_what_ships_is_well_formed(spec):
    elaborated = elaborate(spec)
    for name in models(elaborated):
        assert faults_of_form(lower(elaborated, name).system) == []
