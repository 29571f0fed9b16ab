"""The SAT solver gives up when told to, and goes on afterwards."""

from __future__ import annotations

import threading
import time
from itertools import combinations

from pluscheck.base.answers import Answer, Gave, interrupt
from pluscheck.bits.solver import SatSolver


def pigeons(number: int) -> list[list[int]]:
    """Say that `number` pigeons sit in one hole less, no two in one."""
    sits = [[pigeon * (number - 1) + hole + 1 for hole in range(number - 1)] for pigeon in range(number)]
    crowded = [[-a[hole], -b[hole]] for a, b in combinations(sits, 2) for hole in range(number - 1)]
    return [*sits, *crowded]


def test_a_deadline_ends_a_question_that_is_too_hard() -> None:
    deadline = time.monotonic() + 0.2
    solver = SatSolver(pigeons(13), stop=lambda: Gave.TIME if time.monotonic() > deadline else None)
    assert solver.solve() is Answer.UNKNOWN
    assert solver.gave is Gave.TIME
    assert time.monotonic() < deadline + 3


def test_another_thread_can_interrupt_and_the_next_question_is_answered() -> None:
    solver = SatSolver(pigeons(13), stop=lambda: None)
    done = threading.Event()

    def insist() -> None:
        while not done.wait(0.05):
            interrupt()

    thread = threading.Thread(target=insist)
    thread.start()
    started = time.monotonic()
    answer = solver.solve()
    done.set()
    thread.join()
    assert answer is Answer.UNKNOWN
    assert solver.gave is Gave.INTERRUPTED
    assert time.monotonic() < started + 3
    assert solver.solve([1, 13]) is Answer.UNSAT
