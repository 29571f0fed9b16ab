"""The part of the program that knows no system: which states were found before. As LLVM IR, for states of a given number of words.

All states found lie in one array, in the order in which they were found, which is also the queue of a breadth-first search. A hash table with linear
probing says where. A slot that is free is zero. With `direct`, a slot has the state's complement (a state of one word, of which a bit is never used:
no complement is zero); else the number of the state plus one, below 32 bits of its hash, so that most other states in the way are not even looked at.
Successors are looked up in batches, their slots asked for in advance, for memory is far away.
"""

from __future__ import annotations

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
    slot = _DIRECT if direct else _INDIRECT
    text = "\n".join((_HEAD, _hash(words), _equal(words), _ADD, _REFILL, _EXPAND, slot))
    values = {
        "WORDS": words,
        "STRIDE": words + 1,
        "ROOM": BATCH + room,
        "BATCHBYTES": BATCH * (words + 1) * 8,
        "AHEAD": _AHEAD,
        "NO_PARENT": NO_PARENT,
        "COPY": _copy(words),
        "DONE": Answer.DONE.value,
        "FULL": Answer.FULL.value,
    } | {f"F_{field.name}": field.value for field in Field}
    for key in sorted(values, key=len, reverse=True):
        text = text.replace(f"${key}$", str(values[key]))
    return text


def _hash(words: int) -> str:
    """Return the function that gives a state's hash."""
    lines = ["define internal i64 @hash(ptr %state) alwaysinline {"]
    before = "0"
    for word in range(words):
        lines += [
            f"  %p{word} = getelementptr i64, ptr %state, i64 {word}",
            f"  %w{word} = load i64, ptr %p{word}",
            f"  %x{word} = xor i64 %w{word}, {before}",
            f"  %m{word} = mul i64 %x{word}, {_MULTIPLIER}",
            f"  %s{word} = lshr i64 %m{word}, 32",
            f"  %h{word} = xor i64 %m{word}, %s{word}",
        ]
        before = f"%h{word}"
    return "\n".join(
        [
            *lines,
            f"  %m = mul i64 {before}, {_MIXER}",
            "  %s = lshr i64 %m, 29",
            "  %h = xor i64 %m, %s",
            "  ret i64 %h",
            "}",
        ]
    )


def _equal(words: int) -> str:
    """Return the function that says whether two states are the same."""
    lines = ["define internal i1 @equal(ptr %left, ptr %right) alwaysinline {"]
    before = "0"
    for word in range(words):
        lines += [
            f"  %p{word} = getelementptr i64, ptr %left, i64 {word}",
            f"  %q{word} = getelementptr i64, ptr %right, i64 {word}",
            f"  %l{word} = load i64, ptr %p{word}",
            f"  %r{word} = load i64, ptr %q{word}",
            f"  %x{word} = xor i64 %l{word}, %r{word}",
            f"  %d{word} = or i64 %x{word}, {before}",
        ]
        before = f"%d{word}"
    return "\n".join([*lines, f"  %same = icmp eq i64 {before}, 0", "  ret i1 %same", "}"])


def _copy(words: int) -> str:
    """Return the instructions that copy a state from `%from` to `%to`."""
    lines: list[str] = []
    for word in range(words):
        lines += [
            f"  %cf{word} = getelementptr i64, ptr %from, i64 {word}",
            f"  %cv{word} = load i64, ptr %cf{word}",
            f"  %ct{word} = getelementptr i64, ptr %to, i64 {word}",
            f"  store i64 %cv{word}, ptr %ct{word}",
        ]
    return "\n".join(lines)


_HEAD = """
declare void @llvm.prefetch.p0(ptr, i32, i32, i32)
"""

# A slot by its address; `sought` has the state, `hash` its hash. 0: free, 1: this state, 2: another one.
_DIRECT = """
define internal i64 @look_at(i64 %found, ptr %states, ptr %sought, i64 %hash) alwaysinline {
  %free = icmp eq i64 %found, 0
  %state = load i64, ptr %sought
  %entry = xor i64 %state, -1
  %same = icmp eq i64 %entry, %found
  %other = select i1 %same, i64 1, i64 2
  %answer = select i1 %free, i64 0, i64 %other
  ret i64 %answer
}
define internal i64 @entry_of(ptr %sought, i64 %hash, i64 %number) alwaysinline {
  %state = load i64, ptr %sought
  %entry = xor i64 %state, -1
  ret i64 %entry
}
"""

_INDIRECT = """
define internal i64 @look_at(i64 %found, ptr %states, ptr %sought, i64 %hash) alwaysinline {
  %free = icmp eq i64 %found, 0
  br i1 %free, label %is_free, label %taken
is_free:
  ret i64 0
taken:
  %difference = xor i64 %found, %hash
  %high = lshr i64 %difference, 32
  %alike = icmp eq i64 %high, 0
  br i1 %alike, label %compare, label %differs
compare:
  %low = and i64 %found, 4294967295
  %number = sub i64 %low, 1
  %offset = mul i64 %number, $WORDS$
  %there = getelementptr i64, ptr %states, i64 %offset
  %same = call i1 @equal(ptr %there, ptr %sought)
  br i1 %same, label %is_same, label %differs
is_same:
  ret i64 1
differs:
  ret i64 2
}
define internal i64 @entry_of(ptr %sought, i64 %hash, i64 %number) alwaysinline {
  %tag = and i64 %hash, -4294967296
  %next = add i64 %number, 1
  %entry = or i64 %tag, %next
  ret i64 %entry
}
"""

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
  %a_hash = call i64 @hash(ptr %a)
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
  %hash = call i64 @hash(ptr %from)
  %first = and i64 %hash, %mask
  br label %probe
probe:
  %slot = phi i64 [%first, %find_one], [%slot_next, %probe_on]
  %slot_at = getelementptr i64, ptr %table, i64 %slot
  %found = load i64, ptr %slot_at
  %answer = call i64 @look_at(i64 %found, ptr %states, ptr %from, i64 %hash)
  switch i64 %answer, label %probe_on [ i64 0, label %is_new i64 1, label %done_one ]
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
  %entry_made = call i64 @entry_of(ptr %from, i64 %hash, i64 %count)
  store i64 %entry_made, ptr %slot_at
  %offset = mul i64 %count, $WORDS$
  %to = getelementptr i64, ptr %states, i64 %offset
$COPY$
  %parent_at = getelementptr i64, ptr %from, i64 $WORDS$
  %parent = load i64, ptr %parent_at
  %parent_half = trunc i64 %parent to i32
  %parent_to = getelementptr i32, ptr %parents, i64 %count
  store i32 %parent_half, ptr %parent_to
  %count_more = add i64 %count, 1
  br label %done_one
done_one:
  %count_next = phi i64 [%count, %probe], [%count, %only_count], [%count_more, %store]
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
  %ahead_hash = call i64 @hash(ptr %ahead_state)
  %ahead_slot = and i64 %ahead_hash, %mask
  %ahead_at = getelementptr i64, ptr %table, i64 %ahead_slot
  call void @llvm.prefetch.p0(ptr %ahead_at, i32 1, i32 1, i32 1)
  %offset = mul i64 %number, $WORDS$
  %state = getelementptr i64, ptr %states, i64 %offset
  %hash = call i64 @hash(ptr %state)
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
  %entry_made = call i64 @entry_of(ptr %state, i64 %hash, i64 %number)
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
  %number = phi i64 [%next, %entry], [%number_next, %flushed]
  %at_end = icmp uge i64 %number, %end
  br i1 %at_end, label %done, label %room
room:
  %count = load i64, ptr %count_at
  %count_then = add i64 %count, $ROOM$
  %full = icmp ugt i64 %count_then, %limit
  br i1 %full, label %is_full, label %gather
gather:
  %g_number = phi i64 [%number, %room], [%g_next, %gathered]
  %out = phi ptr [%buffer, %room], [%out_next, %gathered]
  %offset = mul i64 %g_number, $WORDS$
  %state = getelementptr i64, ptr %states, i64 %offset
  %out_next = call ptr @look(ptr %context, ptr %state, i64 %g_number, ptr %out)
  %g_next = add i64 %g_number, 1
  %g_last = icmp uge i64 %g_next, %end
  %g_many = icmp uge ptr %out_next, %enough
  %g_stop = or i1 %g_last, %g_many
  br i1 %g_stop, label %flush, label %gathered
gathered:
  br label %gather
flush:
  %ignored = call i64 @add(ptr %context, ptr %out_next)
  br label %flushed
flushed:
  %number_next = phi i64 [%g_next, %flush]
  br label %each
done:
  store i64 %number, ptr %next_at
  ret i64 $DONE$
is_full:
  store i64 %number, ptr %next_at
  ret i64 $FULL$
}
"""
