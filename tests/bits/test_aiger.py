"""An exported system, run by AIGER's definition, has the states of the system and violates what it violates, as soon."""

from __future__ import annotations

import re
import shutil
import subprocess
from collections.abc import Sequence
from itertools import product
from pathlib import Path

import pytest

from aiger_files import parsed
from lowering import system_of
from pluscheck.base.answers import Answer
from pluscheck.bits.aiger import STARTED, aiger, predicate_name
from pluscheck.bits.system import BitSystem
from pluscheck.bits.unrolling import Unrolling
from pluscheck.core.system import DEADLOCK, FAULTS, Expected, PropertyKind, TransitionSystem
from pluscheck.ground.ground import ground
from pluscheck.ground.violations import violation
from pluscheck.lang.front import elaborate
from pluscheck.lower import lower, models
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
    chosen = 1 if STARTED in file.symbols.values() else 0  # several initial states: the first step chooses
    expected = [frame(case, name) for name in names]
    assert found == [None if at is None else at + chosen for at in expected]
    states = {state for states in frames for state in states if not chosen or state[-1]}
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
    assert len(file.symbols) == len(file.inputs) + len(file.latches) + len(file.bads)


# ------------------------------------------------------------------------------ several initial states

# No initial state has all bits 0: of three colours each page has one, and has one bit for each.
SEVERAL = """
sort Page
enum Colour == { red, green, blue }
var at : [Page -> Colour] \\in { f \\in [Page -> Colour] : \\E p \\in Page : f[p] # red }
var moves : 0..3 = 0
action Move(p \\in Page) {
  when moves < 3;
  at[p] := IF at[p] = red THEN green ELSE IF at[p] = green THEN blue ELSE red;
  moves := moves + 1;
}
invariant NotAllRed == \\E p \\in Page : at[p] # red
invariant NotLastBlue == moves = 3 => \\E p \\in Page : at[p] # blue
invariant FewMoves == moves <= 3
model m { scope Page = 3; }
"""
FLAGSHIP = Path(__file__).parents[2] / "spec/dedupe/Dedupe.plus"
TEXT = FLAGSHIP.read_text(encoding="utf-8")
THREE_PAGES = TEXT[TEXT.index("\nmodule ") :].replace("scope Page = 1;", "scope Page = 3;")
RUNS = {
    "all red": (SEVERAL, "m", "NotAllRed", 1),
    "all blue at the end": (SEVERAL, "m", "NotLastBlue", 3),
    "the race of the shared lock": (THREE_PAGES, "shared_inode_lock", "NoStaleComparison", 18),
}


@pytest.mark.parametrize(("text", "model", "name", "length"), RUNS.values(), ids=RUNS)
def test_a_run_that_was_found_otherwise_is_one_of_the_file(text: str, model: str, name: str, length: int) -> None:
    grounded = ground(system_of(text, model))
    unrolling = Unrolling(grounded, [violation(grounded, name).state], [])
    for _ in range(length):
        unrolling.extend()
    assert unrolling.ask([0], seconds=None) is Answer.SAT
    bits, run = unrolling.bits, unrolling.run()
    file = parsed(aiger(bits, [name]).binary())
    initial = {
        f"initially {predicate_name(bits, predicate)}": int(bit)
        for predicate, bit in zip(bits.predicates, bits.bits(run.leaves[0]), strict=True)
    }
    choice = [initial.get(file.symbols[f"i{number}"], 0) for number in range(len(file.inputs))]
    steps = [[*selecting(bits, action), *choice[len(bits.selectors) :]] for action in run.taken]
    assert file.bad_at([choice, *steps, choice]) == [set()] * (1 + length) + [{0}]


def selecting(bits: BitSystem, action: int) -> list[int]:
    """The selectors' values that name an action."""
    for values in product((0, 1), repeat=len(bits.selectors)):
        given = {selector: bool(value) for selector, value in zip(bits.selectors, values, strict=True)}
        if bits.circuit.values(bits.chosen, given)[action]:
            return list(values)
    raise AssertionError(f"action {action} cannot be chosen")


# --------------------------------------------------------------------------------------- another tool

ABC = shutil.which("berkeley-abc")
MODELS = {
    f"{file.stem}.{name}": (file, name)
    for file in sorted((Path(__file__).parents[1] / "corpus").glob("*.plus"))
    for name in models(elaborate(file))
    if (file.stem, name) != ("TicketLock", "three")  # takes long
}


def verdicts_of_abc(system: TransitionSystem, names: Sequence[str], folder: Path) -> dict[str, int | None]:
    """For each property the steps of the first violation, or None if ABC proves that there is none."""
    bits = BitSystem(ground(system))
    file = aiger(bits, names)
    (folder / "system.aig").write_bytes(file.binary())
    ask = "".join(f"read_aiger system.aig; cone -s -O {number}; pdr; " for number in range(len(names)))
    done = subprocess.run([str(ABC), "-q", ask], cwd=folder, capture_output=True, text=True, timeout=60, check=True)
    said = re.findall(r"Property proved|asserted in frame (\d+)", done.stdout)
    chosen = sum(latch.name == STARTED for latch in file.latches)
    return {name: int(frame) - chosen if frame else None for name, frame in zip(names, said, strict=True)}


@pytest.mark.skipif(ABC is None, reason="needs ABC")
@pytest.mark.parametrize(("spec", "name"), MODELS.values(), ids=MODELS)
def test_abc_comes_to_the_verdicts_that_are_expected(spec: Path, name: str, tmp_path: Path) -> None:
    model = lower(elaborate(spec), name)
    expected = {e.property: e.expected in (Expected.VIOLATED, Expected.REACHABLE) for e in model.expectations}
    found = verdicts_of_abc(model.system, list(expected), tmp_path)
    assert {name: steps is not None for name, steps in found.items()} == expected


@pytest.mark.skipif(ABC is None, reason="needs ABC")
def test_abc_chooses_among_the_initial_states(tmp_path: Path) -> None:
    names = ("NotAllRed", "NotLastBlue", "FewMoves")
    found = verdicts_of_abc(system_of(SEVERAL), names, tmp_path)
    assert found == {"NotAllRed": 1, "NotLastBlue": 3, "FewMoves": None}
