"""Text of a specification among ours, where letters that are written from the right could turn round what stands beside them."""

from __future__ import annotations

import re
from unicodedata import bidirectional

_CONTROLS = re.compile("[\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069]")
"""Marks, embeddings, overrides and isolates: all that is not seen and says which way text goes."""


def is_from_right(text: str) -> bool:
    """Return whether the text has letters or digits that are written from the right."""
    return any(bidirectional(char) in ("R", "AL", "AN") for char in text)


def isolated(text: str) -> str:
    """Return text that does not turn round what stands beside it, where it has letters that are written from the right."""
    return f"\u2068{text}\u2069" if is_from_right(text) else text  # first strong isolate, pop directional isolate


def ours(sentence: str) -> str:
    """Return a sentence of ours that goes from the left, whatever it begins with, also where each paragraph goes as its first letter does."""
    return f"\u200e{sentence}" if is_from_right(sentence) else sentence  # left-to-right mark


def visible(text: str) -> str:
    """Return text in which nothing that is not seen says which way it goes: such a character stands as `\\u202e`, as diagnostics have it."""
    return _CONTROLS.sub(lambda found: f"\\u{ord(found[0]):04x}", text)
