"""Names that other languages accept, each for one thing."""

from __future__ import annotations

import re
from collections.abc import Collection


class Identifiers:
    """Gives out identifiers: each once, none that is reserved, and as much of what was asked for as the language has letters for."""

    def __init__(self, reserved: Collection[str] = ()) -> None:
        self.taken = set(reserved)

    def fresh(self, wanted: str) -> str:
        """Return an identifier that nobody else has and that reads like `wanted`."""
        plain = spelled(wanted)
        name, number = plain, 1
        while name in self.taken:
            number += 1
            name = f"{plain}_{number}"
        self.taken.add(name)
        return name


def spelled(wanted: str) -> str:
    """Return the name with nothing but letters and digits of ASCII and single `_` in it, and a letter in front; other letters are told by their numbers."""
    wanted = re.sub(r"[^\W_]", lambda letter: letter[0] if letter[0].isascii() else f"u{ord(letter[0]):x}", wanted)
    plain = re.sub(r"_+", "_", re.sub(r"[^A-Za-z0-9]", "_", wanted)).strip("_")
    return plain if plain[:1].isalpha() else f"x_{plain}".rstrip("_")


def in_ascii(text: str) -> str:
    """Return text for a comment of a language that knows nothing but ASCII."""
    return text.encode("ascii", "backslashreplace").decode()
