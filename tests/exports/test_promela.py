"""Spin finds in what is exported for it the states that there are, and what is violated; never a state more."""

from __future__ import annotations

from pathlib import Path

import pytest

from lowering import system_of as specified
from model_checkers import HAS_SPIN, SYSTEMS, all_names, by_spin, explored, system_of
from pluscheck.exports.promela import promela
from pluscheck.ground.ground import ground
from systems import CASES, Case

needs_spin = pytest.mark.skipif(not HAS_SPIN, reason="needs Spin and a C compiler")


@needs_spin
@pytest.mark.parametrize(("spec", "model"), SYSTEMS)
def test_states_and_verdicts_are_ours(spec: str, model: str, tmp_path: Path) -> None:
    system = system_of(spec, model)
    assert by_spin(system, tmp_path) == explored(system)


ODD = {
    "letters that are not of ASCII": """
var größe : 0..3 = 0
var ж : BOOLEAN = FALSE
action Größer { await größe < 3; größe := größe + 1; ж := ~ж; }
invariant Größe == größe < 2
invariant Gr__e == größe < 3
witness ж_ist == ж
model m { expect Größe violated; }
""",
    "nothing can happen": "var x : 0..3 = 1\ninvariant One == x = 1\nmodel m { expect deadlock violated; }",
    "numbers as large as an int": """
var x : -2147483648..2147483647 = -2147483648
var y : -70000..70000 = 0
action Far { await x # 2147483647; x := IF x < 0 THEN 2147483647 ELSE x; y := IF y = 0 THEN 70000 ELSE y; }
invariant Small == x < 0 \\/ y = 0
model m { expect Small violated; expect deadlock violated; }
""",
    "remainders near the bounds": """
var x : -32000..32000 = -31999
action Go { await x < 0; x := x % 32000; }
invariant Natural == x # 1
model m { expect Natural violated; expect deadlock violated; }
""",
}


@needs_spin
@pytest.mark.parametrize("text", ODD.values(), ids=ODD)
def test_so_they_are_where_names_and_numbers_are_odd(text: str, tmp_path: Path) -> None:
    system = specified(text)
    assert by_spin(system, tmp_path) == explored(system)
    assert promela(ground(system), all_names(system)).isascii()


@needs_spin
@pytest.mark.parametrize("case", CASES.values(), ids=CASES)
def test_so_they_are_of_systems_made_by_hand(case: Case, tmp_path: Path) -> None:
    system = case.system
    assert by_spin(system, tmp_path) == explored(system)
