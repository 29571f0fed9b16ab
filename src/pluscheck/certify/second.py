"""A second search through all states that an engine says it has searched: with what the judge itself says that a system is, and in another order.

The formulas, how they become machine code, the table and its hash are not the engine's; shared are the lowered system, LLVM, and the reference semantics,
which say what initial states there are. Each level is gone through from its end. It needs llvmlite.
"""

from __future__ import annotations

import ctypes
import math
import multiprocessing
import os
import time
from collections.abc import Mapping
from dataclasses import dataclass
from multiprocessing.connection import Connection
from multiprocessing.process import BaseProcess

from pluscheck.base.errors import SpecError
from pluscheck.base.processes import begin_beside, beside
from pluscheck.base.stack import thread_on_large_stack
from pluscheck.certify.formulas import OutgrownError
from pluscheck.certify.opinions import NotJudged, Opinion, Refuted, Shown
from pluscheck.certify.second_table import BATCH, MOST_SLOTS, Field, table_text
from pluscheck.certify.second_text import SecondText
from pluscheck.core.evaluator import deep_recursion
from pluscheck.core.semantics import FaultyStart, initial_states
from pluscheck.core.symmetry import exchanges, symmetric_sorts
from pluscheck.core.system import FAULTS, TransitionSystem
from pluscheck.evidence.verdict import SearchedStates
from pluscheck.native.machine import Machine, NoMachineError
from pluscheck.native.memory import Block

BY = "a second search"
"""Who has shown it."""

AT_ONCE = 20_000
"""So many states are looked at in one call: until it returns, nobody looks at the clock."""

FULLEST = 0.7

SMALLEST = 1 << 14
"""Places in the first table."""

SMALL = 1 << 22
"""From a table of at most so many places on, the next one has four times as many: each state is put into fewer tables."""

MOST_STATES = int(FULLEST * MOST_SLOTS)


class SecondSearch:
    """Searches once, within `seconds`, and then says of one property after another whether it holds everywhere.

    It may have been begun `ahead`, before it was known what the first search finds.
    """

    def __init__(
        self,
        system: TransitionSystem,
        certificate: SearchedStates,
        *,
        seconds: float,
        ahead: SearchAhead | None = None,
    ) -> None:
        self._system = system
        self._certificate = certificate
        self._seconds = seconds
        self._ahead = ahead
        self._bad: dict[str, int] = {}
        self._searched: Opinion | None = None

    def opinion(self, name: str) -> Opinion:
        """Return whether the search shows that the property of this name holds."""
        if self._searched is None:
            self._searched = self._search()
        if not isinstance(self._searched, Shown):
            return self._searched
        if name not in self._bad:
            return Refuted(f"there is no property {name}")
        if self._bad[name]:
            return Refuted(f"a second search finds a state in which {name} is violated, or reached")
        return self._searched

    def _search(self) -> Opinion:
        deadline = time.monotonic() + self._seconds
        if self._certificate.count > MOST_STATES:
            return NotJudged("there are too many states for a second search")
        if self._ahead is not None and self._ahead.permuted == self._certificate.permuted:
            found = self._ahead.result(deadline)
        else:
            found = _explored(self._system, deadline, self._certificate.count, self._certificate.permuted)
        return NotJudged(found) if isinstance(found, str) else self._compared(found)

    def _compared(self, found: _Explored) -> Opinion:
        said, here = self._certificate, found.states
        if here.count > said.count:
            return Refuted("a second search finds more states")
        if found.untyped:
            return Refuted("a step leads to what is no state")
        if here != said:
            numbers = f"{here.count:,} states, {here.transitions:,} steps and a diameter of {here.diameter}"
            return Refuted(f"a second search finds {numbers}: that, or which states they are, is not what was said")
        self._bad = dict(found.bad)
        return Shown((BY,))


@dataclass(frozen=True, slots=True)
class _Explored:
    """What a search has found: how many steps lead to what is no state, and how often each name was found to be violated."""

    states: SearchedStates
    untyped: int
    bad: Mapping[str, int]


TOO_LONG = "a second search took too long"


def _explored(
    system: TransitionSystem, deadline: float, most: int | None, permuted: tuple[str, ...]
) -> _Explored | str:
    """Return what a search finds that ends when there are more states than these, or why there is none to tell of.

    Of what is said to be permuted all must be symmetric by definition, and all that is must be said.
    """
    try:
        if permuted and permuted != symmetric_sorts(system):
            return f"permutations of {', '.join(permuted)[:80]} need not be the same"
        with deep_recursion(system.span):
            search = _Exploration(system, deadline, most, permuted)
        diameter = search.run(deadline)
        if diameter is None:
            return TOO_LONG
        states = SearchedStates(search.count, search.transitions, diameter, search.digest(), permuted)
        return _Explored(states, search.untyped, search.bad())
    except (OutgrownError, NoMachineError) as error:
        return str(error)
    except (SpecError, MemoryError):
        return "a second search is too large"


class SearchAhead:
    """A second search in a process of its own, while the first is still under way. It goes on until it has all states, or is cancelled."""

    def __init__(self, system: TransitionSystem, permuted: tuple[str, ...]) -> None:
        self.permuted = permuted
        self._connection, there = multiprocessing.Pipe(duplex=False)
        self._process: BaseProcess | None = beside(_search_beside, there, system, permuted)
        self._process.start()
        there.close()

    def cancel(self) -> None:
        """End it: nobody wants to know any more."""
        if self._process is not None:
            self._process.kill()
            self._process.join()
            self._process.close()
            self._process = None
            self._connection.close()

    def result(self, deadline: float) -> _Explored | str:
        """Return what it has found, when it has, or why there is nothing to tell of. May be asked once."""
        found: _Explored | str = TOO_LONG
        if self._process is not None and self._connection.poll(max(0.0, deadline - time.monotonic())):
            try:
                found = self._connection.recv()
            except (EOFError, OSError):
                found = "a second search came to no end: its process is gone"
        self.cancel()
        return found


def _search_beside(connection: Connection, system: TransitionSystem, permuted: tuple[str, ...]) -> None:
    """Search all states, and end this process as soon as what was found is sent."""
    begin_beside()

    def run() -> None:
        try:
            connection.send(_explored(system, math.inf, None, permuted))
        except OSError:
            pass  # nobody listens any more
        finally:
            os._exit(0)  # without a look back: what a fork shares with its parent is the parent's to clean up

    thread_on_large_stack(run).join()


class _Exploration:
    """The states found so far. No more than `most` are looked for, but one: so many are expected, if that is known. Raises OutgrownError, SpecError, MemoryError, NoMachineError."""

    def __init__(self, system: TransitionSystem, deadline: float, most: int | None, permuted: tuple[str, ...]) -> None:
        known = exchanges(system) if permuted else ()
        self._text = SecondText(system, deadline=deadline, permuted=known)
        self._most = MOST_STATES if most is None else most
        self._words = words = self._text.words
        steps = len(self._text.steps)
        text = table_text(words, room=steps) + self._text.text()
        self._machine = Machine(text, optimized=1 if steps < 400 else 0)
        functions = self._machine.functions({"explore": 1, "enter": 2, "spread": 3, "sums": 2})
        self._explore, self._enter = functions["explore"], functions["enter"]
        self._spread, self._sums = functions["spread"], functions["sums"]
        self._context = context = (ctypes.c_uint64 * len(Field))()
        self._address = ctypes.addressof(context)
        self._wrong = Block(8 * (len(self._text.names) + 2))
        self._buffer = Block(8 * words * (BATCH + steps))
        self._hashes = Block(8 * (BATCH + steps))
        context[Field.BAD], context[Field.BUFFER] = self._wrong.address, self._buffer.address
        context[Field.HASHES] = self._hashes.address
        self._slots = SMALLEST
        while self._room < max(2 * (BATCH + 2 * steps), 0 if most is None else most + BATCH + 2 * steps + 1):
            self._slots *= 2
        self._states = Block(8 * words * self._room)
        self._table = Block(8 * self._slots)
        self._tell()
        self._faulty_starts = 0
        for start in initial_states(system):
            if isinstance(start, FaultyStart):
                self._faulty_starts += 1
            else:
                self._start(self._text.scalars.places(start))

    @property
    def _room(self) -> int:
        """For how many states there is room, as large as the table is."""
        return int(self._slots * FULLEST)

    def _tell(self) -> None:
        context = self._context
        context[Field.STATES], context[Field.TABLE] = self._states.address, self._table.address
        context[Field.MASK], context[Field.SHIFT] = self._slots - 1, 64 - (self._slots - 1).bit_length()
        context[Field.LIMIT] = self._room

    def _start(self, places: list[int]) -> None:
        words = [0] * self._words
        for bits, place in zip(self._text.bits, places, strict=True):
            words[bits.word] |= place << bits.shift
        if self.count + 1 >= self._context[Field.LIMIT]:
            self._grow()
        self._buffer.write(words)
        self._enter(self._address, self._buffer.address)

    def _grow(self) -> None:
        """Make room for twice as many states, or four times. Raises MemoryError."""
        before, old = self._slots, self._table
        self._slots *= 4 if before <= SMALL else 2
        if self._slots > MOST_SLOTS:
            raise MemoryError
        self._states.grow(8 * self._words * self._room)
        self._table = Block(8 * self._slots)
        self._tell()
        self._spread(self._address, old.address, before)

    def run(self, deadline: float) -> int | None:
        """Go through all levels; return how many steps away the farthest is, None if that takes too long. It ends early if there are too many states."""
        context = self._context
        low, diameter = 0, -1
        while low < self.count <= self._most:
            high = self.count
            context[Field.POSITION] = high
            while context[Field.POSITION] > low:
                if time.monotonic() > deadline:
                    return None
                context[Field.STOP] = max(low, context[Field.POSITION] - AT_ONCE)
                if self._explore(self._address):
                    self._grow()
                if self.count > self._most:
                    break
            low, diameter = high, diameter + 1
        return max(0, diameter)

    @property
    def count(self) -> int:
        """How many states were found."""
        return self._context[Field.COUNT]

    @property
    def transitions(self) -> int:
        """How many ways there are from one state to another, each counted in each state."""
        return self._context[Field.TRANSITIONS]

    @property
    def untyped(self) -> int:
        """How many steps lead to what is no state."""
        return self._wrong.words(1, len(self._text.names))[0]

    def bad(self) -> dict[str, int]:
        """Return for each name how often it was found to be violated."""
        found = dict(zip(self._text.names, self._wrong.words(len(self._text.names)), strict=True))
        found[FAULTS] += self._faulty_starts
        return found

    def digest(self) -> str:
        """Return the digest of all states, as `native.digest` defines it."""
        sums = (ctypes.c_uint64 * 2)()
        self._sums(self._address, ctypes.addressof(sums))
        return f"{sums[0]:016x}{sums[1]:016x}"
