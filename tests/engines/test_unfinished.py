"""How far a search was when its budget ended: counted, and compared with the whole search."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from itertools import product

import pytest

from pluscheck.base.source import Source
from pluscheck.core.system import DEADLOCK, TransitionSystem
from pluscheck.engines.exhaustive import exhaustive
from pluscheck.engines.interface import Budget, Engine, Findings, Listener, Progress, Unfinished, ignore
from pluscheck.engines.limits import Limits
from pluscheck.engines.native import native
from pluscheck.engines.unfinished import unfinished
from pluscheck.evidence.verdict import Reason, Unknown
from pluscheck.lang.front import elaborate
from pluscheck.lower import lower

GRID = """module Grid
sort Task
var x : [Task -> 0..5] = [t \\in Task |-> 0]
action Up(t \\in Task) { await x[t] < 5; x[t] := x[t] + 1; }
model m { scope Task = 3; }
"""
LEVELS = [1, 3, 6, 10, 15, 21, 25, 27, 27, 25, 21, 15, 10, 6, 3, 1]
"""How many points of a cube of 6 x 6 x 6 are so many steps away from its corner."""


@pytest.fixture(scope="module")
def grid() -> TransitionSystem:
    return lower(elaborate(Source("Grid.plus", GRID)), "m").system


def stop_at(monkeypatch: pytest.MonkeyPatch, is_there: Callable[[int], bool]) -> Listener:
    """Return a listener; at the first level that is there, the time is over."""
    level = -1

    def listener(progress: Progress) -> None:
        nonlocal level
        level = progress.depth

    monkeypatch.setattr(Limits, "exceeded", lambda _self, _states=0: Reason.TIME if is_there(level) else None)
    return listener


def stopped(
    engine: Engine, grid: TransitionSystem, at: int, monkeypatch: pytest.MonkeyPatch, depth: int | None = None
) -> Findings:
    listener = stop_at(monkeypatch, lambda level: level >= at)
    return engine(grid, frozenset({DEADLOCK}), Budget(depth=depth, symmetry=False), listener)


@pytest.mark.parametrize("engine", [native, exhaustive])
@pytest.mark.parametrize("at", range(16))
def test_what_was_found_is_told(
    engine: Engine, grid: TransitionSystem, at: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    findings = stopped(engine, grid, at, monkeypatch)
    left = findings.unfinished
    assert left is not None
    assert findings.verdicts == {DEADLOCK: Unknown(Reason.TIME, at - 1)}
    assert (findings.states, left.waiting) == (sum(LEVELS[: at + 1]), LEVELS[at])
    assert (left.more is None) == (at < 11), "three times in a row smaller, from 27 in level 8 on"
    if left.more is not None:
        assert left.ratio == LEVELS[at] / LEVELS[at - 1]
        assert left.more >= sum(LEVELS[at + 1 :]), "with one peak, too many"


def test_memory_is_told_where_it_is_known(grid: TransitionSystem, monkeypatch: pytest.MonkeyPatch) -> None:
    less, more = (stopped(native, grid, at, monkeypatch).unfinished for at in (5, 15))
    assert less is not None
    assert more is not None
    assert less.bytes_held is not None
    assert more.bytes_held == less.bytes_held + (8 + 4) * sum(LEVELS[6:]), (
        "a word and a parent each; the table is the same"
    )
    slow = stopped(exhaustive, grid, 5, monkeypatch).unfinished
    assert slow is not None
    assert slow.bytes_held is None


@pytest.mark.parametrize("engine", [native, exhaustive])
def test_a_search_that_came_to_its_end_has_nothing_left(engine: Engine, grid: TransitionSystem) -> None:
    assert engine(grid, frozenset({DEADLOCK}), Budget(symmetry=False), ignore).unfinished is None
    assert engine(grid, frozenset({DEADLOCK}), Budget(symmetry=False, depth=3), ignore).unfinished is None


@pytest.mark.parametrize(("engine", "states"), [(native, 90_000), (exhaustive, 200)])
def test_what_is_found_of_the_next_level_is_no_longer_to_be_found(
    engine: Engine, states: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(
        "pluscheck.engines.native.CALL", 0.0
    )  # calls stay short, and it is looked at the budget after each
    tasks, most = (5, 9) if engine is native else (3, 5)
    text = GRID.replace("0..5", f"0..{most}").replace("< 5", f"< {most}").replace("Task = 3", f"Task = {tasks}")
    system = lower(elaborate(Source("Grid.plus", text)), "m").system
    findings = engine(system, frozenset({DEADLOCK}), Budget(states=states, symmetry=False), ignore)
    sizes = Counter(sum(point) for point in product(range(most + 1), repeat=tasks))
    known = [sizes[level] for level in range(findings.depth + 2)]
    left = findings.unfinished
    assert left is not None
    assert findings.states is not None
    begun = findings.states - sum(known)
    assert 0 < begun < sizes[len(known)], "it ended in the midst of a level"
    assert left.more == max(0, (estimate(known).more or 0) - begun)


def test_a_search_that_cannot_begin_has_no_levels(grid: TransitionSystem) -> None:
    left = native(grid, frozenset({DEADLOCK}), Budget(seconds=0.0), ignore).unfinished
    assert left is not None
    assert (left.waiting, left.more, left.ratio) == (1, None, None)


def estimate(levels: list[int], *, begun: int = 0, depth: int | None = None) -> Unfinished:
    return unfinished(levels, begun=begun, waiting=5, depth=depth, bytes_held=None)


def test_levels_that_shrink_by_half_add_up_to_the_last_one() -> None:
    assert estimate([800, 400, 200, 100]) == Unfinished(5, None, 100, 0.5)
    assert estimate([800, 400, 200, 100], begun=30).more == 70, "of the next level some are found"
    assert estimate([800, 400, 200, 100], begun=300).more == 0, "it is larger than expected"


def test_what_is_too_deep_to_be_wanted_does_not_count() -> None:
    assert [estimate([800, 400, 200, 100], depth=depth).more for depth in (3, 4, 5, 50)] == [0, 50, 75, 100]


@pytest.mark.parametrize(
    "levels", [[], [1], [9, 8, 7], [1, 2, 3, 4], [9, 9, 8, 7], [9, 8, 7, 7], [1, 5, 4, 3], [5, 4, 6, 3]]
)
def test_levels_that_do_not_shrink_let_nothing_be_expected(levels: list[int]) -> None:
    left = estimate(levels)
    assert (left.waiting, left.more, left.ratio) == (5, None, None)
