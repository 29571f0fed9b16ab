"""A digest of all states found, in whatever order: so that two searches that share nothing can be compared.

Each state has its scalars in the order of its variables and types, each as its place among the values of its type, in as many bits as the last place needs, from the
lowest bit of the first word on; a scalar that does not fit in what is left of a word begins the next. What does not matter is zero. Two hashes of these words are summed
over all states.
"""

from __future__ import annotations

from collections.abc import Sequence

from pluscheck.ground.leaves import Leaf
from pluscheck.native.context import Field
from pluscheck.native.packing import WORD, Packing
from pluscheck.native.writer import Writer, signed

SEEDS = (0x243F6A8885A308D3, 0x13198A2E03707344)
"""What each of the two hashes begins with: digits of pi."""

FACTOR = 0x9E3779B97F4A7C15
FINAL = 0xD6E8FEB86659FD93


def digest_text(leaves: Sequence[Leaf], packing: Packing) -> str:
    """Return the function `digest(context, sums)`, which adds the hashes of all states to two words."""
    writer = Writer("i64 @digest(ptr %context, ptr %sums)")
    states = writer.value(f"load ptr, ptr {_at(writer, '%context', Field.STATES)}")
    count = writer.value(f"load i64, ptr {_at(writer, '%context', Field.COUNT)}")
    writer.line("br label %each")
    writer.begin("each")
    writer.lines += [
        "  %number = phi i64 [0, %entry], [%next, %one]",
        "  %first = phi i64 [0, %entry], [%first_sum, %one]",
        "  %second = phi i64 [0, %entry], [%second_sum, %one]",
    ]
    writer.line(f"br i1 {writer.value(f'icmp eq i64 %number, {count}')}, label %end, label %one")
    writer.begin("one")
    offset = writer.value(f"mul i64 %number, {packing.words}")
    state = writer.value(f"getelementptr i64, ptr {states}, i64 {offset}")
    words = [writer.value(f"load i64, ptr {_at(writer, state, word)}") for word in range(packing.words)]
    words = _listed(writer, leaves, packing, words)
    for seed, name in zip(SEEDS, ("first", "second"), strict=True):
        mixed = signed(seed)
        for word in words:
            product = writer.value(f"mul i64 {writer.value(f'xor i64 {word}, {mixed}')}, {signed(FACTOR)}")
            mixed = writer.value(f"xor i64 {product}, {writer.value(f'lshr i64 {product}, 32')}")
        product = writer.value(f"mul i64 {mixed}, {signed(FINAL)}")
        hashed = writer.value(f"xor i64 {product}, {writer.value(f'lshr i64 {product}, 29')}")
        writer.line(f"%{name}_sum = add i64 %{name}, {hashed}")
    writer.line("%next = add i64 %number, 1")
    writer.line("br label %each")
    writer.begin("end")
    writer.line("store i64 %first, ptr %sums")
    writer.line(f"store i64 %second, ptr {_at(writer, '%sums', 1)}")
    writer.line("ret i64 0")
    return writer.text()


def _at(writer: Writer, base: str, word: int) -> str:
    return writer.value(f"getelementptr i64, ptr {base}, i64 {int(word)}")


def _listed(writer: Writer, leaves: Sequence[Leaf], packing: Packing, words: list[str]) -> list[str]:
    """Return the words of the state as they are digested: where values have gaps, their places and not themselves."""
    if all(leaf.possible is None for leaf in leaves):
        return words
    listed: list[str] = []
    used = WORD
    for leaf, place in zip(leaves, packing.places, strict=True):
        shifted = writer.value(f"lshr i64 {words[place.word]}, {place.shift}")
        value = writer.value(f"and i64 {shifted}, {(1 << place.width) - 1}")
        width = place.width
        if leaf.possible is not None:
            width = (len(leaf.possible) - 1).bit_length()
            found = "0"
            for number, possible in enumerate(leaf.possible):
                here = writer.value(f"icmp eq i64 {value}, {possible - place.low}")
                found = writer.value(f"select i1 {here}, i64 {number}, i64 {found}")
            value = found
        if used + width > WORD:
            listed.append("0")
            used = 0
        listed[-1] = writer.value(f"or i64 {listed[-1]}, {writer.value(f'shl i64 {value}, {used}')}")
        used += width
    return listed
