"""The lines that a step is said to have gone through are those it went through, and the conditions are as their text says."""

from __future__ import annotations

import pytest

from pluscheck.report.story import Story
from stories import told

WAYS = """module Ways
extends RwLock
enum Task == { p }
var l : RwLock(Task) = Unlocked
var d : 0..9 = 0
var c : BOOLEAN = FALSE
process P(self \\in Task) {
  A: d := 1;
     either {
       d := 2;
  B:   d := 3;
     } or {
       await d = 0
          /\\ ~c;
       d := 4;
  C:   skip;
     };
  W: while (d < 6) {
       if (c) { goto X; };
  V:   if (d = 5)
         { d := 6; }
       else
         { d := d + 1; };
     };
  L: if (c) { lock_shared(l, self); } else { lock_excl(l, self); };
  X: d := 9;
}
invariant I == d # 9
model m { expect I violated; }
"""


def lines(story: Story, number: int, file: str = "Spec.plus") -> list[int]:
    return [line for one in story.steps[number - 1].lines if one.file.endswith(file) for line in one.lines]


def numbered(text: str, part: str) -> int:
    return next(i for i, line in enumerate(text.splitlines(), 1) if part in line)


def test_of_each_way_only_what_was_gone_is_told() -> None:
    found = told(WAYS.replace("d = 0\n", "d = 1\n"), "I")
    gone = {step.action.rpartition(".")[2]: set(lines(found, step.number)) for step in found.steps}

    def at(part: str) -> int:
        return numbered(WAYS, part)

    assert at("d := 1") in gone["A"]
    assert (at("d := 2") in gone["A"]) != (at("d := 4") in gone["A"])
    assert at("B:   d := 3") not in gone["A"]
    assert at("L: if") not in gone["W"]
    assert at("lock_shared") in gone["L"]
    in_library = {step.action: lines(found, step.number, "RwLock.plus") for step in found.steps}
    text = next(source.text for source in found.sources if source.name.endswith("RwLock.plus")).splitlines()
    excl = text.index("macro lock_excl(l, who) {") + 1
    shared = text.index("macro lock_shared(l, who) {") + 1
    assert {excl + 1, excl + 2} <= set(in_library["P.L"])
    assert not {shared + 1, shared + 3} & set(in_library["P.L"])


def test_a_branch_that_is_merged_is_told_only_if_it_was_gone() -> None:
    found = told(WAYS, "I")
    for step, state in zip(found.steps, found.states, strict=False):
        d = int(state.values[found.paths.index("d")])
        if step.action == "P.V":
            assert (numbered(WAYS, "d := 6") in lines(found, step.number)) == (d == 5)
            assert (numbered(WAYS, "d := d + 1") in lines(found, step.number)) == (d != 5)


def test_conditions_are_asked_conjunct_by_conjunct_and_have_their_truth() -> None:
    found = told(WAYS.replace("d = 0\n", "d = 1\n"), "I")
    text = WAYS.splitlines()
    asked = {
        (step.action, text[one.extent.line - 1][one.extent.column - 1 :][: one.extent.end_column - one.extent.column])
        for step in found.steps
        for one in step.conditions
        if one.extent.file.endswith("Spec.plus") and one.truth is False
    }
    assert ("P.W", "c") in asked
    last = [step for step in found.steps if step.action == "P.W"][-1]
    assert [one.truth for one in last.conditions] == [False]
    first = found.steps[0]
    assert [one.truth for one in first.conditions] == [True, True]
    assert [one.extent.line for one in first.conditions] == [numbered(WAYS, "await d ="), numbered(WAYS, "/\\ ~c")]


SAME = """module Same
extends Mutex
sort Reader
sort Writer
type Task == Reader | Writer
var l : Mutex(Task) = MutexFree
var m : Mutex(Task) = MutexFree
process Read(self \\in Reader) { A: mutex_lock(l, self); B: mutex_lock(m, self); C: mutex_unlock(m, self); mutex_unlock(l, self); }
process Write(self \\in Writer) { P: mutex_lock(m, self); Q: mutex_lock(l, self); R: mutex_unlock(l, self); mutex_unlock(m, self); }
model m { scope Reader = {a}; scope Writer = {a}; expect deadlock violated; }
"""


def test_processes_of_one_name_are_told_apart() -> None:
    found = told(SAME, "deadlock")
    assert [lane.name for lane in found.lanes] == ["Read[a]", "Write[a]"]
    assert len(set(found.paths)) == len(found.paths)
    held = [holding.holders for lock in found.states[-1].holdings for holding in lock]
    assert held == [("Read[a]",), ("Write[a]",)]


@pytest.mark.parametrize("faulty", ["assert x < 2", "x := x + 9"])
def test_of_a_step_that_cannot_be_completed_it_is_told_how_far_it_went(faulty: str) -> None:
    text = f"""module Broken
var x : 0..3 = 0
action Up {{
  await x < 3;
  x := x + 1;
  {faulty};
}}
model m {{ expect faults violated; }}
"""
    found = told(text, "faults")
    assert found.fault is not None
    assert found.fault.step is not None
    assert 6 in {line for one in found.fault.step.lines for line in one.lines}
