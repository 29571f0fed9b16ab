"""A second search through all states that an engine says it has searched: with what the judge itself says that a system is, and in another order.

The formulas, how they become machine code, the table, its hash and its probing are not the engine's; shared are the lowered system, LLVM, and the reference semantics,
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

BATCH = 64
"""So many successors are waited for before they are looked up: what they need of memory is asked for together."""

AT_ONCE = 20_000
"""So many states are looked at in one call: until it returns, nobody looks at the clock."""

FULLEST = 0.6

MOST_STATES = (1 << 32) - 2
"""States have numbers of 32 bits."""

_STATES, _TABLE, _MASK, _COUNT, _POSITION, _STOP, _LIMIT, _TRANSITIONS, _BUFFER, _BAD, _HASHES = range(11)


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
        expected = 0 if most is None else most
        self._words = words = self._text.words
        self._steps = len(self._text.ways)
        self._room = BATCH + 2 * self._steps + 2
        text = (
            _SEARCH.replace("$WORDS$", str(words))
            .replace("$ROOM$", str(self._room))
            .replace("$BATCHBYTES$", str(8 * words * BATCH))
            .replace("$BYTES$", str(8 * words))
        )
        machine = Machine(text + self._text.text(), optimized=1 if self._steps < 400 else 0)
        self._machine = machine
        functions = machine.functions({"explore": 1, "enter_normal": 2, "enter_all": 1, "sums": 2})
        self._explore, self._enter = functions["explore"], functions["enter_normal"]
        self._enter_all, self._sums = functions["enter_all"], functions["sums"]
        self._context = (ctypes.c_uint64 * 11)()
        self._address = ctypes.addressof(self._context)
        self._wrong = Block(8 * (len(self._text.names) + 2))
        self._buffer = Block(8 * words * self._room)
        self._hashes = Block(8 * self._room)
        slots = 1 << 14
        while slots * FULLEST < 2 * self._room or slots * FULLEST < expected + self._room:
            slots *= 2
        self._states = Block(8 * words * slots)
        self._slots = slots
        self._table = Block(8 * slots)
        self._tell()
        self._faulty_starts = 0
        for start in initial_states(system):
            if isinstance(start, FaultyStart):
                self._faulty_starts += 1
            else:
                self._start(self._text.scalars.places(start))

    def _tell(self) -> None:
        context = self._context
        context[_STATES], context[_TABLE], context[_MASK] = self._states.address, self._table.address, self._slots - 1
        context[_BUFFER], context[_BAD] = self._buffer.address, self._wrong.address
        context[_HASHES] = self._hashes.address
        context[_LIMIT] = int(self._slots * FULLEST)

    def _start(self, places: list[int]) -> None:
        words = [0] * self._words
        for bits, place in zip(self._text.bits, places, strict=True):
            words[bits.word] |= place << bits.shift
        if self.count + 1 >= self._context[_LIMIT]:
            self._grow()
        self._buffer.write(words)
        self._enter(self._address, self._buffer.address)

    def _grow(self) -> None:
        self._slots *= 2
        self._states.grow(8 * self._words * int(self._slots * FULLEST))
        self._table.release()
        self._table = Block(8 * self._slots)
        self._tell()
        self._enter_all(self._address)

    def run(self, deadline: float) -> int | None:
        """Go through all levels; return how many steps away the farthest is, None if that takes too long. It ends early if there are too many states."""
        context = self._context
        low, diameter = 0, -1
        while low < self.count <= self._most:
            high = self.count
            context[_POSITION] = high
            while context[_POSITION] > low:
                if time.monotonic() > deadline:
                    return None
                context[_STOP] = max(low, context[_POSITION] - AT_ONCE)
                if self._explore(self._address):
                    self._grow()
                if self.count > self._most:
                    break
            low, diameter = high, diameter + 1
        return max(0, diameter)

    @property
    def count(self) -> int:
        """How many states were found."""
        return self._context[_COUNT]

    @property
    def transitions(self) -> int:
        """How many ways there are from one state to another, each counted in each state."""
        return self._context[_TRANSITIONS]

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


_SEARCH = """
define internal i64 @hash(ptr %state) {
entry:
  br label %each
each:
  %word = phi i64 [0, %entry], [%next, %one]
  %so_far = phi i64 [-7046029254386353131, %entry], [%mixed, %one]
  %end = icmp eq i64 %word, $WORDS$
  br i1 %end, label %out, label %one
one:
  %at = getelementptr i64, ptr %state, i64 %word
  %value = load i64, ptr %at
  %sum = add i64 %value, %so_far
  %high = lshr i64 %sum, 33
  %folded = xor i64 %sum, %high
  %mixed = mul i64 %folded, -49064778989728563
  %next = add i64 %word, 1
  br label %each
out:
  %last = lshr i64 %so_far, 31
  %hash = xor i64 %so_far, %last
  ret i64 %hash
}

declare void @llvm.prefetch.p0(ptr, i32, i32, i32)

define internal i64 @slot_of(ptr %context, ptr %sought, i64 %hash, i64 %compare) {
entry:
  %states = load ptr, ptr %context
  %table_at = getelementptr i64, ptr %context, i64 1
  %table = load ptr, ptr %table_at
  %mask_at = getelementptr i64, ptr %context, i64 2
  %mask = load i64, ptr %mask_at
  %any = icmp ne i64 %compare, 0
  br label %probe
probe:
  %place = phi i64 [%hash, %entry], [%place_next, %on]
  %stride = phi i64 [1, %entry], [%stride_next, %on]
  %slot = and i64 %place, %mask
  %slot_at = getelementptr i64, ptr %table, i64 %slot
  %entry_here = load i64, ptr %slot_at
  %free = icmp eq i64 %entry_here, 0
  br i1 %free, label %found, label %taken
taken:
  br i1 %any, label %compare_tag, label %on
compare_tag:
  %unlike = xor i64 %entry_here, %hash
  %unlike_tag = lshr i64 %unlike, 32
  %alike = icmp eq i64 %unlike_tag, 0
  br i1 %alike, label %compare_first, label %on
compare_first:
  %number_more = and i64 %entry_here, 4294967295
  %number = sub i64 %number_more, 1
  %offset = mul i64 %number, $WORDS$
  %there = getelementptr i64, ptr %states, i64 %offset
  br label %compare_word
compare_word:
  %word = phi i64 [0, %compare_first], [%word_next, %same_word]
  %at_end = icmp eq i64 %word, $WORDS$
  br i1 %at_end, label %known, label %compare_one
compare_one:
  %left_at = getelementptr i64, ptr %there, i64 %word
  %right_at = getelementptr i64, ptr %sought, i64 %word
  %left = load i64, ptr %left_at
  %right = load i64, ptr %right_at
  %same = icmp eq i64 %left, %right
  br i1 %same, label %same_word, label %on
same_word:
  %word_next = add i64 %word, 1
  br label %compare_word
on:
  %place_next = add i64 %place, %stride
  %stride_next = add i64 %stride, 1
  br label %probe
found:
  ret i64 %slot
known:
  ret i64 -1
}

define i64 @enter_normal(ptr %context, ptr %state) {
entry:
  call void @normal(ptr %state)
  %hash = call i64 @hash(ptr %state)
  call void @enter_hashed(ptr %context, ptr %state, i64 %hash)
  ret i64 0
}

define internal void @enter_hashed(ptr %context, ptr %state, i64 %hash) {
entry:
  %slot = call i64 @slot_of(ptr %context, ptr %state, i64 %hash, i64 1)
  %known = icmp eq i64 %slot, -1
  br i1 %known, label %out, label %new
new:
  %states = load ptr, ptr %context
  %count_at = getelementptr i64, ptr %context, i64 3
  %count = load i64, ptr %count_at
  %offset = mul i64 %count, $WORDS$
  %to = getelementptr i64, ptr %states, i64 %offset
  br label %copy
copy:
  %word = phi i64 [0, %new], [%word_next, %copy]
  %from_at = getelementptr i64, ptr %state, i64 %word
  %to_at = getelementptr i64, ptr %to, i64 %word
  %value = load i64, ptr %from_at
  store i64 %value, ptr %to_at
  %word_next = add i64 %word, 1
  %more = icmp ult i64 %word_next, $WORDS$
  br i1 %more, label %copy, label %copied
copied:
  %count_next = add i64 %count, 1
  store i64 %count_next, ptr %count_at
  call void @put(ptr %context, i64 %slot, i64 %hash, i64 %count_next)
  br label %out
out:
  ret void
}

define internal void @put(ptr %context, i64 %slot, i64 %hash, i64 %number) {
  %table_at = getelementptr i64, ptr %context, i64 1
  %table = load ptr, ptr %table_at
  %slot_at = getelementptr i64, ptr %table, i64 %slot
  %tag = and i64 %hash, -4294967296
  %made = or i64 %tag, %number
  store i64 %made, ptr %slot_at
  ret void
}

define i64 @enter_all(ptr %context) {
entry:
  %states = load ptr, ptr %context
  %table_at = getelementptr i64, ptr %context, i64 1
  %table = load ptr, ptr %table_at
  %mask_at = getelementptr i64, ptr %context, i64 2
  %mask = load i64, ptr %mask_at
  %count_at = getelementptr i64, ptr %context, i64 3
  %count = load i64, ptr %count_at
  br label %each
each:
  %number = phi i64 [0, %entry], [%next, %one]
  %end = icmp eq i64 %number, %count
  br i1 %end, label %out, label %one
one:
  %later = add i64 %number, 12
  %is_there = icmp ult i64 %later, %count
  %ahead = select i1 %is_there, i64 %later, i64 %number
  %ahead_offset = mul i64 %ahead, $WORDS$
  %ahead_state = getelementptr i64, ptr %states, i64 %ahead_offset
  %ahead_hash = call i64 @hash(ptr %ahead_state)
  %ahead_slot = and i64 %ahead_hash, %mask
  %ahead_at = getelementptr i64, ptr %table, i64 %ahead_slot
  call void @llvm.prefetch.p0(ptr %ahead_at, i32 1, i32 1, i32 1)
  %offset = mul i64 %number, $WORDS$
  %state = getelementptr i64, ptr %states, i64 %offset
  %hash = call i64 @hash(ptr %state)
  %slot = call i64 @slot_of(ptr %context, ptr %state, i64 %hash, i64 0)
  %next = add i64 %number, 1
  call void @put(ptr %context, i64 %slot, i64 %hash, i64 %next)
  br label %each
out:
  ret i64 0
}

define internal void @enter_batch(ptr %context, ptr %buffer, ptr %end) {
entry:
  %states = load ptr, ptr %context
  %table_at = getelementptr i64, ptr %context, i64 1
  %table = load ptr, ptr %table_at
  %mask_at = getelementptr i64, ptr %context, i64 2
  %mask = load i64, ptr %mask_at
  %hashes_at = getelementptr i64, ptr %context, i64 10
  %hashes = load ptr, ptr %hashes_at
  br label %hashing
hashing:
  %h_state = phi ptr [%buffer, %entry], [%h_next, %hash_one]
  %h_to = phi ptr [%hashes, %entry], [%h_to_next, %hash_one]
  %h_end = icmp eq ptr %h_state, %end
  br i1 %h_end, label %asking, label %hash_one
hash_one:
  %h_hash = call i64 @hash(ptr %h_state)
  store i64 %h_hash, ptr %h_to
  %h_slot = and i64 %h_hash, %mask
  %h_at = getelementptr i64, ptr %table, i64 %h_slot
  call void @llvm.prefetch.p0(ptr %h_at, i32 1, i32 1, i32 1)
  %h_next = getelementptr i64, ptr %h_state, i64 $WORDS$
  %h_to_next = getelementptr i64, ptr %h_to, i64 1
  br label %hashing
asking:
  %a_state = phi ptr [%buffer, %hashing], [%a_next, %ask_one]
  %a_from = phi ptr [%hashes, %hashing], [%a_from_next, %ask_one]
  %a_end = icmp eq ptr %a_state, %end
  br i1 %a_end, label %entering, label %ask_one
ask_one:
  %a_hash = load i64, ptr %a_from
  %a_slot = and i64 %a_hash, %mask
  %a_at = getelementptr i64, ptr %table, i64 %a_slot
  %a_entry = load i64, ptr %a_at
  %a_more = and i64 %a_entry, 4294967295
  %a_number = sub i64 %a_more, 1
  %a_offset = mul i64 %a_number, $WORDS$
  %a_there = getelementptr i64, ptr %states, i64 %a_offset
  call void @llvm.prefetch.p0(ptr %a_there, i32 0, i32 1, i32 1)
  %a_next = getelementptr i64, ptr %a_state, i64 $WORDS$
  %a_from_next = getelementptr i64, ptr %a_from, i64 1
  br label %asking
entering:
  %e_state = phi ptr [%buffer, %asking], [%e_next, %enter_one]
  %e_from = phi ptr [%hashes, %asking], [%e_from_next, %enter_one]
  %e_end = icmp eq ptr %e_state, %end
  br i1 %e_end, label %out, label %enter_one
enter_one:
  %e_hash = load i64, ptr %e_from
  call void @enter_hashed(ptr %context, ptr %e_state, i64 %e_hash)
  %e_next = getelementptr i64, ptr %e_state, i64 $WORDS$
  %e_from_next = getelementptr i64, ptr %e_from, i64 1
  br label %entering
out:
  ret void
}

define i64 @explore(ptr %context) {
entry:
  %states = load ptr, ptr %context
  %count_at = getelementptr i64, ptr %context, i64 3
  %position_at = getelementptr i64, ptr %context, i64 4
  %stop_at = getelementptr i64, ptr %context, i64 5
  %stop = load i64, ptr %stop_at
  %limit_at = getelementptr i64, ptr %context, i64 6
  %limit = load i64, ptr %limit_at
  %transitions_at = getelementptr i64, ptr %context, i64 7
  %buffer_at = getelementptr i64, ptr %context, i64 8
  %buffer = load ptr, ptr %buffer_at
  %bad_at = getelementptr i64, ptr %context, i64 9
  %bad = load ptr, ptr %bad_at
  %enough = getelementptr i8, ptr %buffer, i64 $BATCHBYTES$
  br label %each
each:
  %out = phi ptr [%buffer, %entry], [%end, %visit], [%buffer, %flush]
  %position = load i64, ptr %position_at
  %at_stop = icmp eq i64 %position, %stop
  br i1 %at_stop, label %done, label %wait
wait:
  %many = icmp uge ptr %out, %enough
  br i1 %many, label %flush, label %room
flush:
  call void @enter_batch(ptr %context, ptr %buffer, ptr %out)
  br label %each
room:
  %count = load i64, ptr %count_at
  %most = add i64 %count, $ROOM$
  %full = icmp uge i64 %most, %limit
  br i1 %full, label %is_full, label %visit
visit:
  %number = sub i64 %position, 1
  %offset = mul i64 %number, $WORDS$
  %state = getelementptr i64, ptr %states, i64 %offset
  %end = call ptr @visit(ptr %bad, ptr %state, ptr %out)
  store i64 %number, ptr %position_at
  %end_word = ptrtoint ptr %end to i64
  %out_word = ptrtoint ptr %out to i64
  %bytes = sub i64 %end_word, %out_word
  %taken = udiv i64 %bytes, $BYTES$
  %transitions = load i64, ptr %transitions_at
  %transitions_next = add i64 %transitions, %taken
  store i64 %transitions_next, ptr %transitions_at
  br label %each
done:
  call void @enter_batch(ptr %context, ptr %buffer, ptr %out)
  ret i64 0
is_full:
  call void @enter_batch(ptr %context, ptr %buffer, ptr %out)
  ret i64 1
}

define internal i64 @mixed(ptr %state, i64 %seed) {
entry:
  br label %each
each:
  %word = phi i64 [0, %entry], [%next, %one]
  %so_far = phi i64 [%seed, %entry], [%folded, %one]
  %end = icmp eq i64 %word, $WORDS$
  br i1 %end, label %out, label %one
one:
  %at = getelementptr i64, ptr %state, i64 %word
  %value = load i64, ptr %at
  %met = xor i64 %value, %so_far
  %product = mul i64 %met, -7046029254386353131
  %high = lshr i64 %product, 32
  %folded = xor i64 %product, %high
  %next = add i64 %word, 1
  br label %each
out:
  %last = mul i64 %so_far, -2960836687051489901
  %last_high = lshr i64 %last, 29
  %result = xor i64 %last, %last_high
  ret i64 %result
}

define i64 @sums(ptr %context, ptr %sums) {
entry:
  %states = load ptr, ptr %context
  %count_at = getelementptr i64, ptr %context, i64 3
  %count = load i64, ptr %count_at
  br label %each
each:
  %number = phi i64 [0, %entry], [%next, %one]
  %first = phi i64 [0, %entry], [%first_next, %one]
  %second = phi i64 [0, %entry], [%second_next, %one]
  %end = icmp eq i64 %number, %count
  br i1 %end, label %out, label %one
one:
  %offset = mul i64 %number, $WORDS$
  %state = getelementptr i64, ptr %states, i64 %offset
  %one_hash = call i64 @mixed(ptr %state, i64 2611923443488327891)
  %other_hash = call i64 @mixed(ptr %state, i64 1376283091369227076)
  %first_next = add i64 %first, %one_hash
  %second_next = add i64 %second, %other_hash
  %next = add i64 %number, 1
  br label %each
out:
  store i64 %first, ptr %sums
  %second_at = getelementptr i64, ptr %sums, i64 1
  store i64 %second, ptr %second_at
  ret i64 0
}
"""
