"""Where in a packed state each scalar has its bits."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from pluscheck.ground.leaves import Leaf

WORD = 64
"""Bits of a word."""


@dataclass(frozen=True, slots=True)
class Place:
    """The bits of one scalar: which word, how far from its lowest bit, how many. What is stored is the distance from `low`."""

    word: int
    shift: int
    width: int
    low: int

    @property
    def mask(self) -> int:
        """Ones where the bits are."""
        return ((1 << self.width) - 1) << self.shift


class Packing:
    """Places for all leaves: no scalar straddles two words, and neighbours stay together as far as that allows.

    Equal states have equal words, and unused bits are zero.
    """

    def __init__(self, leaves: Sequence[Leaf]) -> None:
        self.places: list[Place] = []
        word = used = 0
        for leaf in leaves:
            width = (leaf.high - leaf.low).bit_length()
            if used + width > WORD:
                word, used = word + 1, 0
            self.places.append(Place(word, used, width, leaf.low))
            used += width
        self.words = word + 1
        """How many words a state has; at least one."""
        self.bits = word * WORD + used
        """How many bits are used, gaps included."""

    def packed(self, scalars: Sequence[int]) -> list[int]:
        """Return the words of a state whose leaves have these values."""
        words = [0] * self.words
        for place, value in zip(self.places, scalars, strict=True):
            words[place.word] |= (value - place.low) << place.shift
        return words

    def unpacked(self, words: Sequence[int]) -> list[int]:
        """Return the value of each leaf."""
        return [(words[p.word] >> p.shift & (1 << p.width) - 1) + p.low for p in self.places]
