"""A breadth-first search by machine code: memory, calls of bounded length, and what was found, in terms of states and numbers."""

from __future__ import annotations

import ctypes
from bisect import bisect_right
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from pluscheck.base.errors import InternalError
from pluscheck.ground.ground import GroundSystem
from pluscheck.native.context import Answer, Field
from pluscheck.native.digest import digest_text
from pluscheck.native.lookup import BATCH, NO_PARENT, lookup_text
from pluscheck.native.machine import Machine
from pluscheck.native.memory import Block
from pluscheck.native.nodes import check_widths
from pluscheck.native.packing import WORD, Packing
from pluscheck.native.program import Permuted, Program, Watched

FULLEST = 0.7
"""The table is no fuller than this."""

SMALLEST = 1 << 14
"""Slots of the first table."""

SMALL = 1 << 22
"""A table of at most so many slots grows fourfold: entering all states anew takes longer than what there is room for too early costs in memory."""

CHEAP = 400
"""With more actions than so many, machine code is made in a hurry."""


@dataclass(frozen=True, slots=True)
class Seen:
    """Where something that was watched for was first seen: the number of the state, and, of a step, the number of its action."""

    state: int
    action: int


class Search:
    """One search. States have numbers, in the order in which they are found. Raises NoMachineError, TooWideError, MemoryError."""

    def __init__(self, system: GroundSystem, watched: Watched, permuted: Permuted | None = None) -> None:
        self.system = system
        self.packing = Packing(system.leaves)
        self._watched = watched
        roots = [action.guard for action in system.actions]
        roots += [node for action in system.actions for node in action.updates.values()]
        roots += [fault.condition for fault in system.faults]
        roots += [node for each in (() if permuted is None else permuted.exchanges) for node in each.updates.values()]
        check_widths(system.dag, [*roots, *watched.states, *watched.stuck, *watched.steps])
        words = self.packing.words
        self._most_steps = len(system.actions)
        direct = words == 1 and self.packing.bits < WORD
        text = lookup_text(words, direct=direct, room=self._most_steps)
        text += Program(system, self.packing, watched, permuted).text() + digest_text(system.leaves, self.packing)
        self.code_size = len(text)
        machine = Machine(text, optimized=1 if len(system.actions) < CHEAP else 0)
        self._machine = machine
        names = {"expand": 1, "add": 2, "refill": 1, "digest": 2}
        functions = machine.functions(names if permuted is None else {**names, "normal_all": 2})
        self._normal_all = functions.get("normal_all")
        self._expand, self._add = functions["expand"], functions["add"]
        self._refill, self._digest = functions["refill"], functions["digest"]
        self._context = (ctypes.c_uint64 * len(Field))()
        self._address = ctypes.addressof(self._context)
        self._buffer = Block(8 * (words + 1) * (BATCH + self._most_steps))
        self._taken = Block(8 * max(1, len(system.actions)))
        self._first = Block(16 * max(1, watched.count + len(system.faults)))
        slots = SMALLEST
        while slots * FULLEST < 2 * (BATCH + self._most_steps):
            slots *= 2
        self._table = Block(8 * slots)
        self._slots = slots
        room = int(slots * FULLEST)
        self._states = Block(8 * words * room)
        self._parents = Block(4 * room)
        context = self._context
        context[Field.BUFFER], context[Field.TAKEN], context[Field.FIRST] = (
            self._buffer.address,
            self._taken.address,
            self._first.address,
        )
        context[Field.KEEP] = 1
        self._tell_memory(room)

    def _tell_memory(self, room: int) -> None:
        context = self._context
        context[Field.STATES] = self._states.address
        context[Field.PARENTS] = self._parents.address
        context[Field.TABLE] = self._table.address
        context[Field.TABLE_MASK] = self._slots - 1
        context[Field.LIMIT] = room

    # ----------------------------------------------------------------------------------------- doing

    def start(self, states: Iterable[Sequence[int]]) -> None:
        """Add states, of which the values of the leaves are given, as initial ones."""
        words = self.packing.words
        pending: list[int] = []
        for scalars in states:
            pending += [*self.packing.packed(scalars), NO_PARENT]
            if len(pending) >= BATCH * (words + 1):
                self._enter(pending)
                pending = []
        self._enter(pending)

    def _enter(self, successors: list[int]) -> None:
        while self.count + BATCH > self._context[Field.LIMIT]:
            self.grow()
        self._buffer.write(successors)
        if self._normal_all is not None:
            self._normal_all(self._buffer.address, self._buffer.address + 8 * len(successors))
        self._add(self._address, self._buffer.address + 8 * len(successors))

    def normal(self, scalars: Sequence[int]) -> list[int]:
        """Return the normal form of a state, leaf by leaf: the state itself, if none is made."""
        if self._normal_all is None:
            return list(scalars)
        words = [*self.packing.packed(scalars), NO_PARENT]
        block = Block(8 * len(words))
        block.write(words)
        self._normal_all(block.address, block.address + block.size)
        return self.packing.unpacked(block.words(self.packing.words))

    def expand(self, end: int, *, keep: bool = True) -> Answer:
        """Look at states up to the one with the number `end`, and add what follows them (if not `keep`, count what is new); return why no more were looked at."""
        self._context[Field.END] = end
        self._context[Field.KEEP] = int(keep)
        answer = Answer(self._expand(self._address))
        if self._context[Field.OUT_OF_RANGE]:
            raise InternalError("an action leads to a value that its scalar cannot have")
        return answer

    @property
    def growth(self) -> int:
        """How many bytes more growing takes."""
        slots = self._next_slots
        room = int(slots * FULLEST)
        bytes_then = 8 * slots + 8 * self.packing.words * room + 4 * room
        return bytes_then - self._table.size - self._states.size - self._parents.size

    @property
    def _next_slots(self) -> int:
        return (4 if self._slots <= SMALL else 2) * self._slots

    @property
    def is_at_its_end(self) -> bool:
        """Whether there cannot be room for more states: their numbers have 32 bits."""
        return self._next_slots * FULLEST >= NO_PARENT

    def grow(self) -> None:
        """Make room for more states: twice as many, or four times. Raises MemoryError."""
        self._slots = self._next_slots
        room = int(self._slots * FULLEST)
        self._states.grow(8 * self.packing.words * room)
        self._parents.grow(4 * room)
        self._table.release()
        self._table = Block(8 * self._slots)
        self._tell_memory(room)
        self._refill(self._address)

    # --------------------------------------------------------------------------------------- finding

    @property
    def count(self) -> int:
        """How many states were found."""
        return self._context[Field.COUNT]

    @property
    def looked_at(self) -> int:
        """How many states were looked at."""
        return self._context[Field.NEXT]

    @property
    def transitions(self) -> int:
        """How many steps were taken, each out of each state."""
        return self._context[Field.TRANSITIONS]

    @property
    def most_steps(self) -> int:
        """The most steps out of one state."""
        return self._context[Field.MOST_STEPS]

    @property
    def stuck(self) -> int:
        """In how many states nothing is possible."""
        return self._context[Field.STUCK]

    @property
    def new(self) -> int:
        """How often states were found that were not kept."""
        return self._context[Field.NEW]

    @property
    def bytes(self) -> int:
        """How much memory the states found take, with the table: what there is room for besides is not in use."""
        return (8 * self.packing.words + 4) * self.count + self._table.size

    def taken(self) -> list[int]:
        """Return, for each action, how often it was taken."""
        return self._taken.words(len(self.system.actions))

    def seen(self) -> list[Seen | None]:
        """Return, for each thing watched for and then for each fault, where it was first seen; None if it was not."""
        count = self._watched.count + len(self.system.faults)
        words = self._first.words(2 * count)
        return [
            Seen(state - 1, action) if state else None for state, action in zip(words[::2], words[1::2], strict=True)
        ]

    def digest(self) -> str:
        """Return a digest of all states found, whatever the order in which they were."""
        sums = (ctypes.c_uint64 * 2)()
        self._digest(self._address, ctypes.addressof(sums))
        return f"{sums[0]:016x}{sums[1]:016x}"

    def words(self, number: int) -> list[int]:
        """Return the words of a state."""
        size = self.packing.words
        return self._states.words(size, number * size)

    def scalars(self, number: int) -> list[int]:
        """Return the value of each leaf in a state."""
        return self.packing.unpacked(self.words(number))

    def ancestors(self, number: int) -> list[int]:
        """Return the numbers of the states of a run to a state, itself last: a shortest one, if all levels were gone through one after another."""
        run = [number]
        while (parent := self._parents.halves(1, run[-1])[0]) != NO_PARENT:
            run.append(parent)
        return run[::-1]


def level_of(number: int, starts: Sequence[int]) -> int:
    """Return the level that a state is in; `starts` are the numbers of the first states of the levels."""
    return bisect_right(starts, number) - 1
