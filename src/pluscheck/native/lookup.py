"""The part of the program that knows no system: which states were found before. As LLVM IR, for states of a given number of words.

All states found lie in one array, in the order in which they were found, which is also the queue of a breadth-first search. A hash table with linear
probing says where. A slot that is free is zero. With `direct`, a slot has the state's complement (a state of one word, of which a bit is never used:
no complement is zero); else the number of the state plus one, below 32 bits of its hash, so that most other states in the way are not even looked at.
Successors are looked up in batches, their slots asked for in advance, for memory is far away.
"""

from __future__ import annotations

import re
from collections.abc import Callable

from pluscheck.native.context import Answer, Field

BATCH = 64
"""So many successors are waited for before they are looked up."""

NO_PARENT = (1 << 32) - 1
"""Instead of the number of a state, of initial ones. No state has a number as high."""

_MULTIPLIER = 0x9E3779B97F4A7C15 - (1 << 64)
"""Odd, and its bits are in no order: the golden ratio (Knuth, TAOCP 3, 6.4)."""

_MIXER = 0xD6E8FEB86659FD93 - (1 << 64)

_AHEAD = 16
"""In filling a new table: so many states ahead, slots are asked for."""


def lookup_text(words: int, *, direct: bool, room: int) -> str:
    """Return the functions `expand(context)`, `add(context, end)` and `refill(context)`.

    `expand` looks at states from `NEXT` on with `@look`, and returns an `Answer`; `add` looks up what is in the buffer up to an address; `refill` enters all states in
    the table. A state has at most `room` successors.
    """
    values = {
        "WORDS": words,
        "STRIDE": words + 1,
        "ROOM": BATCH + room,
        "BATCHBYTES": BATCH * (words + 1) * 8,
        "AHEAD": _AHEAD,
        "DONE": Answer.DONE.value,
        "FULL": Answer.FULL.value,
    } | {f"F_{field.name}": field.value for field in Field}

    def filled(pattern: re.Match[str]) -> str:
        key, *names = pattern[1].split()
        writer = _WRITERS.get(key)
        if writer is None:
            return str(values[key])
        return "\n".join("  " + line if ":" not in line else line for line in writer(words, direct, *names))

    text = "\n".join((_HEAD, _ADD, _REFILL, _EXPAND))
    return re.sub(r"\$([^$]+)\$", filled, text)


def _hash(words: int, _direct: bool, name: str, state: str) -> list[str]:
    """Return what computes the hash `name` of the state at an address."""
    lines = []
    before = "0"
    for word in range(words):
        lines += [
            f"{name}_p{word} = getelementptr i64, ptr {state}, i64 {word}",
            f"{name}_w{word} = load i64, ptr {name}_p{word}",
            f"{name}_x{word} = xor i64 {name}_w{word}, {before}",
            f"{name}_m{word} = mul i64 {name}_x{word}, {_MULTIPLIER}",
            f"{name}_s{word} = lshr i64 {name}_m{word}, 32",
            f"{name}_h{word} = xor i64 {name}_m{word}, {name}_s{word}",
        ]
        before = f"{name}_h{word}"
    return [
        *lines,
        f"{name}_m = mul i64 {before}, {_MIXER}",
        f"{name}_s = lshr i64 {name}_m, 29",
        f"{name} = xor i64 {name}_m, {name}_s",
    ]


def _copy(words: int, _direct: bool, source: str, target: str) -> list[str]:
    """Return what copies a state."""
    lines: list[str] = []
    for word in range(words):
        lines += [
            f"%cf{word} = getelementptr i64, ptr {source}, i64 {word}",
            f"%cv{word} = load i64, ptr %cf{word}",
            f"%ct{word} = getelementptr i64, ptr {target}, i64 {word}",
            f"store i64 %cv{word}, ptr %ct{word}",
        ]
    return lines


def _entry(_words: int, direct: bool, state: str, hashed: str, number: str) -> list[str]:
    """Return what makes `%entry_made`, the entry of a state."""
    if direct:
        return [f"%entry_state = load i64, ptr {state}", "%entry_made = xor i64 %entry_state, -1"]
    return [
        f"%entry_tag = and i64 {hashed}, -4294967296",
        f"%entry_number = add i64 {number}, 1",
        "%entry_made = or i64 %entry_tag, %entry_number",
    ]


def _compare(words: int, direct: bool, state: str, hashed: str) -> list[str]:
    """Return what goes to `%compare` and from there to `%done_one` if the slot `%found` is the state's, and to `%probe_on` if it is another's."""
    if direct:
        return [
            "br label %compare",
            "compare:",
            f"%sought = load i64, ptr {state}",
            "%sought_entry = xor i64 %sought, -1",
            "%same = icmp eq i64 %sought_entry, %found",
            "br i1 %same, label %done_one, label %probe_on",
        ]
    lines = [
        f"%difference = xor i64 %found, {hashed}",
        "%difference_high = lshr i64 %difference, 32",
        "%alike = icmp eq i64 %difference_high, 0",
        "br i1 %alike, label %compare, label %probe_on",
        "compare:",
        "%there_low = and i64 %found, 4294967295",
        "%there_number = sub i64 %there_low, 1",
        f"%there_offset = mul i64 %there_number, {words}",
        "%there = getelementptr i64, ptr %states, i64 %there_offset",
    ]
    before = "0"
    for word in range(words):
        lines += [
            f"%ep{word} = getelementptr i64, ptr %there, i64 {word}",
            f"%eq{word} = getelementptr i64, ptr {state}, i64 {word}",
            f"%el{word} = load i64, ptr %ep{word}",
            f"%er{word} = load i64, ptr %eq{word}",
            f"%ex{word} = xor i64 %el{word}, %er{word}",
            f"%ed{word} = or i64 %ex{word}, {before}",
        ]
        before = f"%ed{word}"
    return [*lines, f"%same = icmp eq i64 {before}, 0", "br i1 %same, label %done_one, label %probe_on"]


_WRITERS: dict[str, Callable[..., list[str]]] = {"HASH": _hash, "COPY": _copy, "ENTRY": _entry, "COMPARE": _compare}
"""What is written into the text below where it says so. There are no calls: LLVM is not asked to put the called in the place of the call, which takes time."""

_HEAD = "declare void @llvm.prefetch.p0(ptr, i32, i32, i32)"

_ADD = """
define i64 @add(ptr %context, ptr %end) {
entry:
  %states_at = getelementptr i64, ptr %context, i64 $F_STATES$
  %states = load ptr, ptr %states_at
  %parents_at = getelementptr i64, ptr %context, i64 $F_PARENTS$
  %parents = load ptr, ptr %parents_at
  %table_at = getelementptr i64, ptr %context, i64 $F_TABLE$
  %table = load ptr, ptr %table_at
  %mask_at = getelementptr i64, ptr %context, i64 $F_TABLE_MASK$
  %mask = load i64, ptr %mask_at
  %count_at = getelementptr i64, ptr %context, i64 $F_COUNT$
  %count0 = load i64, ptr %count_at
  %keep_at = getelementptr i64, ptr %context, i64 $F_KEEP$
  %keep_word = load i64, ptr %keep_at
  %keep = icmp ne i64 %keep_word, 0
  %new_at = getelementptr i64, ptr %context, i64 $F_NEW$
  %buffer_at = getelementptr i64, ptr %context, i64 $F_BUFFER$
  %buffer = load ptr, ptr %buffer_at
  br label %ask
ask:
  %a = phi ptr [%buffer, %entry], [%a_next, %ask_one]
  %ask_end = icmp eq ptr %a, %end
  br i1 %ask_end, label %find, label %ask_one
ask_one:
$HASH %a_hash %a$
  %a_slot = and i64 %a_hash, %mask
  %a_at = getelementptr i64, ptr %table, i64 %a_slot
  call void @llvm.prefetch.p0(ptr %a_at, i32 1, i32 1, i32 1)
  %a_next = getelementptr i64, ptr %a, i64 $STRIDE$
  br label %ask
find:
  %from = phi ptr [%buffer, %ask], [%from_next, %done_one]
  %count = phi i64 [%count0, %ask], [%count_next, %done_one]
  %find_end = icmp eq ptr %from, %end
  br i1 %find_end, label %out, label %find_one
find_one:
$HASH %hash %from$
  %first = and i64 %hash, %mask
  br label %probe
probe:
  %slot = phi i64 [%first, %find_one], [%slot_next, %probe_on]
  %slot_at = getelementptr i64, ptr %table, i64 %slot
  %found = load i64, ptr %slot_at
  %free = icmp eq i64 %found, 0
  br i1 %free, label %is_new, label %taken
taken:
$COMPARE %from %hash$
probe_on:
  %slot_up = add i64 %slot, 1
  %slot_next = and i64 %slot_up, %mask
  br label %probe
is_new:
  br i1 %keep, label %store, label %only_count
only_count:
  %new = load i64, ptr %new_at
  %new_more = add i64 %new, 1
  store i64 %new_more, ptr %new_at
  br label %done_one
store:
$ENTRY %from %hash %count$
  store i64 %entry_made, ptr %slot_at
  %offset = mul i64 %count, $WORDS$
  %to = getelementptr i64, ptr %states, i64 %offset
$COPY %from %to$
  %parent_at = getelementptr i64, ptr %from, i64 $WORDS$
  %parent = load i64, ptr %parent_at
  %parent_half = trunc i64 %parent to i32
  %parent_to = getelementptr i32, ptr %parents, i64 %count
  store i32 %parent_half, ptr %parent_to
  %count_more = add i64 %count, 1
  br label %done_one
done_one:
  %count_next = phi i64 [%count, %compare], [%count, %only_count], [%count_more, %store]
  %from_next = getelementptr i64, ptr %from, i64 $STRIDE$
  br label %find
out:
  store i64 %count, ptr %count_at
  ret i64 0
}
"""

_REFILL = """
define i64 @refill(ptr %context) {
entry:
  %states_at = getelementptr i64, ptr %context, i64 $F_STATES$
  %states = load ptr, ptr %states_at
  %table_at = getelementptr i64, ptr %context, i64 $F_TABLE$
  %table = load ptr, ptr %table_at
  %mask_at = getelementptr i64, ptr %context, i64 $F_TABLE_MASK$
  %mask = load i64, ptr %mask_at
  %count_at = getelementptr i64, ptr %context, i64 $F_COUNT$
  %count = load i64, ptr %count_at
  br label %each
each:
  %number = phi i64 [0, %entry], [%number_next, %put]
  %end = icmp eq i64 %number, %count
  br i1 %end, label %out, label %one
one:
  %ahead = add i64 %number, $AHEAD$
  %ahead_there = icmp ult i64 %ahead, %count
  %ahead_number = select i1 %ahead_there, i64 %ahead, i64 %number
  %ahead_offset = mul i64 %ahead_number, $WORDS$
  %ahead_state = getelementptr i64, ptr %states, i64 %ahead_offset
$HASH %ahead_hash %ahead_state$
  %ahead_slot = and i64 %ahead_hash, %mask
  %ahead_at = getelementptr i64, ptr %table, i64 %ahead_slot
  call void @llvm.prefetch.p0(ptr %ahead_at, i32 1, i32 1, i32 1)
  %offset = mul i64 %number, $WORDS$
  %state = getelementptr i64, ptr %states, i64 %offset
$HASH %hash %state$
  %first = and i64 %hash, %mask
  br label %probe
probe:
  %slot = phi i64 [%first, %one], [%slot_next, %probe_on]
  %slot_at = getelementptr i64, ptr %table, i64 %slot
  %found = load i64, ptr %slot_at
  %free = icmp eq i64 %found, 0
  br i1 %free, label %put, label %probe_on
probe_on:
  %slot_up = add i64 %slot, 1
  %slot_next = and i64 %slot_up, %mask
  br label %probe
put:
$ENTRY %state %hash %number$
  store i64 %entry_made, ptr %slot_at
  %number_next = add i64 %number, 1
  br label %each
out:
  ret i64 0
}
"""

_EXPAND = """
define i64 @expand(ptr %context) {
entry:
  %states_at = getelementptr i64, ptr %context, i64 $F_STATES$
  %states = load ptr, ptr %states_at
  %next_at = getelementptr i64, ptr %context, i64 $F_NEXT$
  %next = load i64, ptr %next_at
  %end_at = getelementptr i64, ptr %context, i64 $F_END$
  %end = load i64, ptr %end_at
  %limit_at = getelementptr i64, ptr %context, i64 $F_LIMIT$
  %limit = load i64, ptr %limit_at
  %count_at = getelementptr i64, ptr %context, i64 $F_COUNT$
  %buffer_at = getelementptr i64, ptr %context, i64 $F_BUFFER$
  %buffer = load ptr, ptr %buffer_at
  %enough = getelementptr i8, ptr %buffer, i64 $BATCHBYTES$
  br label %each
each:
  %number = phi i64 [%next, %entry], [%g_next, %flush]
  %at_end = icmp uge i64 %number, %end
  br i1 %at_end, label %done, label %room
room:
  %count = load i64, ptr %count_at
  %count_then = add i64 %count, $ROOM$
  %full = icmp ugt i64 %count_then, %limit
  br i1 %full, label %is_full, label %gather
gather:
  %g_number = phi i64 [%number, %room], [%g_next, %gather]
  %out = phi ptr [%buffer, %room], [%out_next, %gather]
  %offset = mul i64 %g_number, $WORDS$
  %state = getelementptr i64, ptr %states, i64 %offset
  %out_next = call ptr @look(ptr %context, ptr %state, i64 %g_number, ptr %out)
  %g_next = add i64 %g_number, 1
  %g_last = icmp uge i64 %g_next, %end
  %g_many = icmp uge ptr %out_next, %enough
  %g_stop = or i1 %g_last, %g_many
  br i1 %g_stop, label %flush, label %gather
flush:
  %ignored = call i64 @add(ptr %context, ptr %out_next)
  br label %each
done:
  store i64 %number, ptr %next_at
  ret i64 $DONE$
is_full:
  store i64 %number, ptr %next_at
  ret i64 $FULL$
}
"""
