"""The states that a second search has found, as LLVM IR that knows no system: a table that says which they are, and the way through them. For `second`.

All states lie in one array, in the order in which they were found. An entry of the table has the upper half of a state's hash, and below it the state's number plus
one; zero is a free one. Its place is what the topmost bits of the hash say, or the next free one after that: so a table is made twice as large in one pass from
one end to the other, without a look at the states. Of many successors at a time it is first asked where their entries are, then where the states are that these are of: memory is far away.
"""

from __future__ import annotations

from collections.abc import Callable
from enum import IntEnum, auto


class Field(IntEnum):
    """The words through which the program and Python speak, by position."""

    STATES = 0
    TABLE = auto()
    MASK = auto()
    """One less than the table has places."""
    SHIFT = auto()
    """So many bits of a hash are below those that say the place."""
    COUNT = auto()
    """How many states were found."""
    LIMIT = auto()
    """How many there is room for."""
    POSITION = auto()
    """The state after the next one to be looked at."""
    STOP = auto()
    """The last one that is."""
    TRANSITIONS = auto()
    BUFFER = auto()
    HASHES = auto()
    BAD = auto()


BATCH = 64
"""So many successors are waited for before they are looked up."""

MOST_SLOTS = 1 << 32
"""The place is part of what an entry has of the hash."""


def table_text(words: int, *, room: int) -> str:
    """Return the functions `enter(context, state)`, `spread(context, old, slots)`, `explore(context)` and `sums(context, sums)`, for states of so many words.

    `enter` adds the normal form of a state; `spread` enters what an older table has; `explore` goes through states from `POSITION` down to `STOP`, and returns 1 if there was no room to
    look at all; `sums` computes the digest. There is a function `@visit` that writes what follows a state, at most `room` states.
    """
    text = _SEARCH
    for field in Field:
        text = text.replace(f"${field.name}$", str(field.value))
    fragments: dict[str, Callable[[int], str]] = {"HASH": _hash, "SAME": _same, "COPY": _copy}
    for name, fragment in fragments.items():
        text = text.replace(f"${name}$", fragment(words))
    values = {"WORDS": words, "ROOM": BATCH + 2 * room, "BATCHBYTES": 8 * words * BATCH, "BYTES": 8 * words}
    for name, value in values.items():
        text = text.replace(f"${name}$", str(value))
    return text


def _hash(words: int) -> str:
    """Return what computes `%hash` of what is at `%state`."""
    lines, before = [], "-7046029254386353131"
    for word in range(words):
        lines += [
            f"  %hash_at{word} = getelementptr i64, ptr %state, i64 {word}",
            f"  %hash_of{word} = load i64, ptr %hash_at{word}",
            f"  %hash_sum{word} = add i64 %hash_of{word}, {before}",
            f"  %hash_high{word} = lshr i64 %hash_sum{word}, 33",
            f"  %hash_fold{word} = xor i64 %hash_sum{word}, %hash_high{word}",
            f"  %hash_mix{word} = mul i64 %hash_fold{word}, -49064778989728563",
        ]
        before = f"%hash_mix{word}"
    lines += [
        f"  %hash_last = lshr i64 {before}, 32",
        f"  %hash_end = xor i64 {before}, %hash_last",
        "  %hash = mul i64 %hash_end, -7723592293110705685",
    ]
    return "\n".join(lines)


def _same(words: int) -> str:
    """Return what computes `%same`: whether the states at `%there` and `%sought` are one."""
    lines, before = [], "0"
    for word in range(words):
        lines += [
            f"  %there_at{word} = getelementptr i64, ptr %there, i64 {word}",
            f"  %state_at{word} = getelementptr i64, ptr %sought, i64 {word}",
            f"  %there_of{word} = load i64, ptr %there_at{word}",
            f"  %state_of{word} = load i64, ptr %state_at{word}",
            f"  %unlike{word} = xor i64 %there_of{word}, %state_of{word}",
            f"  %unlike_to{word} = or i64 {before}, %unlike{word}",
        ]
        before = f"%unlike_to{word}"
    return "\n".join([*lines, f"  %same = icmp eq i64 {before}, 0"])


def _copy(words: int) -> str:
    """Return what copies the state at `%sought` to `%to`."""
    lines = []
    for word in range(words):
        lines += [
            f"  %from_at{word} = getelementptr i64, ptr %sought, i64 {word}",
            f"  %to_at{word} = getelementptr i64, ptr %to, i64 {word}",
            f"  %copied{word} = load i64, ptr %from_at{word}",
            f"  store i64 %copied{word}, ptr %to_at{word}",
        ]
    return "\n".join(lines)


_SEARCH = """
declare void @llvm.prefetch.p0(ptr, i32, i32, i32)

define i64 @enter(ptr %context, ptr %state) {
  call void @normal(ptr %state)
  %end = getelementptr i64, ptr %state, i64 $WORDS$
  call void @enter_batch(ptr %context, ptr %state, ptr %end)
  ret i64 0
}

define internal void @enter_batch(ptr %context, ptr %buffer, ptr %end) {
entry:
  %states_at = getelementptr i64, ptr %context, i64 $STATES$
  %states = load ptr, ptr %states_at
  %table_at = getelementptr i64, ptr %context, i64 $TABLE$
  %table = load ptr, ptr %table_at
  %mask_at = getelementptr i64, ptr %context, i64 $MASK$
  %mask = load i64, ptr %mask_at
  %shift_at = getelementptr i64, ptr %context, i64 $SHIFT$
  %shift = load i64, ptr %shift_at
  %hashes_at = getelementptr i64, ptr %context, i64 $HASHES$
  %hashes = load ptr, ptr %hashes_at
  %count_at = getelementptr i64, ptr %context, i64 $COUNT$
  %count_before = load i64, ptr %count_at
  %none = icmp eq ptr %buffer, %end
  br i1 %none, label %out, label %hash_one

hash_one:
  %state = phi ptr [%buffer, %entry], [%hash_next, %hash_one]
  %hash_to = phi ptr [%hashes, %entry], [%hash_to_next, %hash_one]
$HASH$
  store i64 %hash, ptr %hash_to
  %hash_slot = lshr i64 %hash, %shift
  %hash_slot_at = getelementptr i64, ptr %table, i64 %hash_slot
  call void @llvm.prefetch.p0(ptr %hash_slot_at, i32 1, i32 2, i32 1)
  %hash_next = getelementptr i64, ptr %state, i64 $WORDS$
  %hash_to_next = getelementptr i64, ptr %hash_to, i64 1
  %hash_over = icmp eq ptr %hash_next, %end
  br i1 %hash_over, label %ask_one, label %hash_one

ask_one:
  %ask_from = phi ptr [%hashes, %hash_one], [%ask_from_next, %asked]
  %ask_hash = load i64, ptr %ask_from
  %ask_first = lshr i64 %ask_hash, %shift
  %ask_slot_at = getelementptr i64, ptr %table, i64 %ask_first
  %ask_entry = load i64, ptr %ask_slot_at
  %ask_number_more = and i64 %ask_entry, 4294967295
  %ask_number = sub i64 %ask_number_more, 1
  %ask_offset = mul i64 %ask_number, $WORDS$
  %ask_there = getelementptr i64, ptr %states, i64 %ask_offset
  call void @llvm.prefetch.p0(ptr %ask_there, i32 0, i32 2, i32 1)
  br label %asked
asked:
  %ask_from_next = getelementptr i64, ptr %ask_from, i64 1
  %ask_over = icmp eq ptr %ask_from_next, %hash_to_next
  br i1 %ask_over, label %entering, label %ask_one

entering:
  br label %enter_one
enter_one:
  %sought = phi ptr [%buffer, %entering], [%sought_next, %entered]
  %from = phi ptr [%hashes, %entering], [%from_next, %entered]
  %count = phi i64 [%count_before, %entering], [%count_after, %entered]
  %sought_hash = load i64, ptr %from
  %first = lshr i64 %sought_hash, %shift
  br label %here
here:
  %slot = phi i64 [%first, %enter_one], [%slot_next, %on]
  %slot_at = getelementptr i64, ptr %table, i64 %slot
  %found = load i64, ptr %slot_at
  %free = icmp eq i64 %found, 0
  br i1 %free, label %new, label %taken
taken:
  %unlike = xor i64 %found, %sought_hash
  %alike = icmp ult i64 %unlike, 4294967296
  br i1 %alike, label %compare, label %on
compare:
  %number_more = and i64 %found, 4294967295
  %number = sub i64 %number_more, 1
  %offset = mul i64 %number, $WORDS$
  %there = getelementptr i64, ptr %states, i64 %offset
$SAME$
  br i1 %same, label %entered, label %on
on:
  %slot_more = add i64 %slot, 1
  %slot_next = and i64 %slot_more, %mask
  br label %here
new:
  %new_offset = mul i64 %count, $WORDS$
  %to = getelementptr i64, ptr %states, i64 %new_offset
$COPY$
  %count_more = add i64 %count, 1
  %tag = and i64 %sought_hash, -4294967296
  %made = or i64 %tag, %count_more
  store i64 %made, ptr %slot_at
  br label %entered
entered:
  %count_after = phi i64 [%count, %compare], [%count_more, %new]
  %sought_next = getelementptr i64, ptr %sought, i64 $WORDS$
  %from_next = getelementptr i64, ptr %from, i64 1
  %over = icmp eq ptr %sought_next, %end
  br i1 %over, label %all_entered, label %enter_one
all_entered:
  store i64 %count_after, ptr %count_at
  ret void
out:
  ret void
}

define i64 @spread(ptr %context, ptr %old, i64 %slots) {
entry:
  %table_at = getelementptr i64, ptr %context, i64 $TABLE$
  %table = load ptr, ptr %table_at
  %mask_at = getelementptr i64, ptr %context, i64 $MASK$
  %mask = load i64, ptr %mask_at
  %shift_at = getelementptr i64, ptr %context, i64 $SHIFT$
  %shift = load i64, ptr %shift_at
  br label %each
each:
  %place = phi i64 [0, %entry], [%place_next, %placed]
  %place_at = getelementptr i64, ptr %old, i64 %place
  %moved = load i64, ptr %place_at
  %nothing = icmp eq i64 %moved, 0
  br i1 %nothing, label %placed, label %place_it
place_it:
  %first = lshr i64 %moved, %shift
  br label %here
here:
  %slot = phi i64 [%first, %place_it], [%slot_next, %on]
  %slot_at = getelementptr i64, ptr %table, i64 %slot
  %found = load i64, ptr %slot_at
  %free = icmp eq i64 %found, 0
  br i1 %free, label %put, label %on
on:
  %slot_more = add i64 %slot, 1
  %slot_next = and i64 %slot_more, %mask
  br label %here
put:
  store i64 %moved, ptr %slot_at
  br label %placed
placed:
  %place_next = add i64 %place, 1
  %over = icmp eq i64 %place_next, %slots
  br i1 %over, label %out, label %each
out:
  ret i64 0
}

define i64 @explore(ptr %context) {
entry:
  %states_at = getelementptr i64, ptr %context, i64 $STATES$
  %states = load ptr, ptr %states_at
  %count_at = getelementptr i64, ptr %context, i64 $COUNT$
  %position_at = getelementptr i64, ptr %context, i64 $POSITION$
  %stop_at = getelementptr i64, ptr %context, i64 $STOP$
  %stop = load i64, ptr %stop_at
  %limit_at = getelementptr i64, ptr %context, i64 $LIMIT$
  %limit = load i64, ptr %limit_at
  %transitions_at = getelementptr i64, ptr %context, i64 $TRANSITIONS$
  %buffer_at = getelementptr i64, ptr %context, i64 $BUFFER$
  %buffer = load ptr, ptr %buffer_at
  %bad_at = getelementptr i64, ptr %context, i64 $BAD$
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
  %states_at = getelementptr i64, ptr %context, i64 $STATES$
  %states = load ptr, ptr %states_at
  %count_at = getelementptr i64, ptr %context, i64 $COUNT$
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
