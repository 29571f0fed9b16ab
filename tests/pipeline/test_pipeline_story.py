"""What a picture of a trace is drawn from: lanes, locks, waits, and why it went wrong."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pluscheck.base.source import Source, Span
from pluscheck.pipeline.comments import comment_above
from pluscheck.pipeline.cycles import cycles
from stories import LOCKS, told


def test_a_deadlock_is_a_cycle_of_lanes_that_wait_for_locks() -> None:
    found = told(LOCKS, "deadlock")
    assert [lane.name for lane in found.lanes] == ["Task1", "Task2", "(no process)"]
    assert found.locks == ("lock[a]", "lock[b]")
    last = found.states[-1]
    assert last.cycles == ((0, 1),)
    held = {path: holding[0].holders for path, holding in zip(found.locks, last.holdings, strict=True)}
    waits = {found.lanes[w.lane].name: found.locks[w.lock] for w in last.waits if w.lock is not None}
    assert set(held.values()) == {("Task1",), ("Task2",)}
    assert all(held[waits[task]] != (task,) for task in ("Task1", "Task2"))
    assert all(not state.cycles for state in found.states[:-1])


def test_a_switch_that_is_off_says_which_step_it_would_have_kept_from_happening() -> None:
    (ordered,) = told(LOCKS, "deadlock").protections
    assert ordered.switch == "Ordered"
    assert ordered.action == "Work.One"
    assert ordered.guard is not None
    assert LOCKS.splitlines()[ordered.guard.line - 1].strip().startswith("One:  await Ordered")


def test_of_a_conjunction_every_part_has_its_truth() -> None:
    found = told(LOCKS, "OneHas")
    assert [(part.text, part.truth) for part in found.conjuncts] == [
        ("done = 0", True),
        ("lock[a] = Some(t)", True),
    ]
    assert [state.truths[found.properties.index("OneHas")] for state in found.states] == [False, True]


def test_why_not_names_the_guard_that_is_false() -> None:
    found = told(LOCKS, "OneHas")
    other = [b for b in found.states[-1].blocked if found.lanes[b.lane].name == "Task2" and b.action == "Work.One"]
    values = [value for blocked in other for reason in blocked.reasons for value in reason.values]
    assert all(reason.truth is False for blocked in other for reason in blocked.reasons)
    assert all(path.startswith(("lock", "first")) for path, _ in values)


def test_values_of_every_state_have_the_same_paths() -> None:
    found = told(LOCKS, "deadlock")
    assert all(len(state.values) == len(found.paths) for state in found.states)
    assert len(found.steps) == len(found.states) - 1


@given(st.dictionaries(st.integers(0, 5), st.lists(st.integers(0, 5), unique=True, max_size=3), max_size=6))
def test_cycles_are_the_elementary_ones(graph: Mapping[int, Sequence[int]]) -> None:
    def walks(path: tuple[int, ...]) -> set[tuple[int, ...]]:
        ends = {path} if path[0] in graph.get(path[-1], ()) else set()
        return ends.union(*[walks((*path, n)) for n in graph.get(path[-1], ()) if n not in path and n > path[0]])

    every = set().union(*[walks((start,)) for start in graph])
    found = cycles(graph)
    assert set(found) <= every
    assert len(found) == min(16, len(every))


@pytest.mark.parametrize(
    ("above", "said"),
    [
        ("(* What holds. *)\n", "What holds."),
        ("  (* Two\n     lines. *)\n", "Two lines."),
        ("(* Outer (* inner *) end. *)\n", "Outer inner end."),
        ("x == 1 (* of x *)\n", ""),
        ("\\* One,\n\\* two.\n", "One, two."),
        ("(* Of another. *)\n\n", ""),
        ("x == 1 \\* of x\n", ""),
        ("*)\n", ""),
        ("", ""),
    ],
)
def test_what_is_said_of_a_part_is_the_comment_right_above(above: str, said: str) -> None:
    text = f"{above}invariant Safe == TRUE\n"
    at = text.index("Safe")
    assert comment_above(Span(Source("S.plus", text), at, at + 4)) == said


def test_a_step_is_all_of_the_text_that_it_goes_through_and_no_more() -> None:
    text = """module M
var a : 0..2 = 0
var b : 0..2 = 0
process P {
  One: await a = 0;
       a := 1;
       if (a = 1) { b := 1; }
       else { b := 2; };
  Two: b := 0;
}
invariant Never == ~(a = 1 /\\ b = 0)
model m { }
"""
    found = told(text, "Never")
    assert [(step.extent.line, step.extent.end_line) for step in found.steps if step.extent] == [(5, 7), (9, 9)]
    assert [[one.extent.line for one in step.conditions] for step in found.steps] == [[5], []]
