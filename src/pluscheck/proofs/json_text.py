"""JSON with places: what a diagnostic about a stored proof points at. Whatever the text is, a diagnostic comes out, or a value.

A subset of RFC 8259: numbers are integers, no object has a key twice, and text and nesting have limits.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass, field, replace

from pluscheck.base.codes import Code
from pluscheck.base.diagnostics import Diagnostic, Label
from pluscheck.base.errors import SpecError
from pluscheck.base.source import NOWHERE, Source, Span

MAX_DEPTH = 64
"""How many arrays and objects may be inside each other."""

MAX_DIGITS = 20
"""How many digits a number may have; no range of a specification needs more."""


@dataclass(frozen=True, slots=True)
class Json:
    """A value of JSON with its place. An array is a tuple, an object the pairs of its keys and values.

    `spread`: it is written with one item a line. That and the place never count in equality.
    """

    value: bool | int | str | tuple[Json, ...] | Object | None
    span: Span = field(default=NOWHERE, compare=False, repr=False)
    spread: bool = field(default=False, compare=False, repr=False)

    def __eq__(self, other: object) -> bool:
        # Python says `True == 1`.
        return isinstance(other, Json) and type(self.value) is type(other.value) and self.value == other.value

    def __hash__(self) -> int:
        return hash((type(self.value), self.value))


@dataclass(frozen=True, slots=True)
class Object:
    """An object: its members sorted by key, no key twice; `keys` are the keys' places, which never count."""

    members: tuple[tuple[str, Json], ...]
    keys: tuple[Span, ...] = field(default=(), compare=False, repr=False)

    def get(self, key: str) -> Json | None:
        """Return the value of a key, or None."""
        return next((value for name, value in self.members if name == key), None)


def json_object(*members: tuple[str, Json], spread: bool = False) -> Json:
    """Return an object."""
    return Json(Object(tuple(sorted(members, key=lambda member: member[0]))), spread=spread)


def spread(node: Json) -> Json:
    """Return the value, to be written with one item a line."""
    return replace(node, spread=True)


# ------------------------------------------------------------------------------------------------ writing


def json_text(node: Json) -> str:
    """Return the text of a value; always the same for the same value, ending in a newline."""
    return "".join(_written(node, 0)) + "\n"


def _written(node: Json, indent: int) -> Iterator[str]:
    match node.value:
        case tuple(items):
            yield from _listed("[", "]", [("", item) for item in items], indent, is_spread=node.spread)
        case Object(members):
            named = [(f"{json.dumps(key, ensure_ascii=False)}: ", value) for key, value in members]
            yield from _listed("{", "}", named, indent, is_spread=node.spread)
        case plain:
            yield json.dumps(plain, ensure_ascii=False)


def _listed(begin: str, end: str, items: list[tuple[str, Json]], indent: int, *, is_spread: bool) -> Iterator[str]:
    yield begin
    inside = f"\n{'  ' * (indent + 1)}" if is_spread and items else ""
    for number, (key, item) in enumerate(items):
        if number:
            yield "," if inside else ", "
        yield inside + key
        yield from _written(item, indent + 1)
    if inside:
        yield f"\n{'  ' * indent}"
    yield end


# ------------------------------------------------------------------------------------------------ reading

_SPACE = re.compile(r"[ \t\r\n]*")
_NUMBER = re.compile(r"-?(?:0|[1-9][0-9]*)")
_FRACTION = re.compile(r"[.eE]")
_STRING = re.compile(r'"(?:[^"\\\x00-\x1f]|\\.)*"')
_WORDS = {"true": True, "false": False, "null": None}


def parse_json(source: Source) -> Json:
    """Return the value that a text holds. Raises SpecError (PC801, PC802, PC804)."""
    reading = _Reading(source)
    found = reading.value(0)
    reading.space()
    if reading.at < len(source.text):
        raise reading.wrong("nothing may stand after the value")
    return found


class _Reading:
    """The reading of one text; `at` is where it goes on. Nesting, and so recursion, is limited."""

    def __init__(self, source: Source) -> None:
        self.source = source
        self.text = source.text
        self.at = 0

    def space(self) -> None:
        match = _SPACE.match(self.text, self.at)
        self.at = match.end() if match else self.at

    def wrong(self, message: str, code: Code = Code.PROOF_MALFORMED, start: int | None = None) -> SpecError:
        """Return the error for what stands here, or stood at `start`."""
        first = self.at if start is None else start
        end = max(first + 1, self.at) if first < len(self.text) else first
        return refused(code, message, Span(self.source, first, end), "here")

    def value(self, depth: int) -> Json:
        self.space()
        start, char = self.at, self.text[self.at : self.at + 1]
        found: bool | int | str | tuple[Json, ...] | Object | None
        if char in ("[", "{"):
            if depth >= MAX_DEPTH:
                raise self.wrong(f"this is nested more than {MAX_DEPTH} levels deep", Code.PROOF_TOO_LARGE)
            self.at += 1
            found = self._array(depth) if char == "[" else self._object(depth)
        elif char == '"':
            found = self._string()
        elif char == "-" or char.isdecimal():
            found = self._number()
        else:
            found = self._word()
        return Json(found, Span(self.source, start, self.at))

    def _array(self, depth: int) -> tuple[Json, ...]:
        items: list[Json] = []
        while not self._closes("]", first=not items):
            items.append(self.value(depth + 1))
        return tuple(items)

    def _object(self, depth: int) -> Object:
        found: dict[str, tuple[Json, Span]] = {}
        while not self._closes("}", first=not found):
            self.space()
            start = self.at
            if self.text[self.at : self.at + 1] != '"':
                raise self.wrong("a key is a string")
            key = self._string()
            place = Span(self.source, start, self.at)
            if key in found:
                raise refused(
                    Code.PROOF_FIELD,
                    f"the key {json.dumps(key)} is there twice",
                    place,
                    "again here",
                    Label(found[key][1], "first here"),
                )
            self.space()
            self._expect(":")
            found[key] = (self.value(depth + 1), place)
        keys = sorted(found)
        return Object(tuple((key, found[key][0]) for key in keys), tuple(found[key][1] for key in keys))

    def _closes(self, bracket: str, *, first: bool) -> bool:
        """Return whether the bracket comes next, and pass it; else pass the comma before the next item."""
        self.space()
        if self.text.startswith(bracket, self.at):
            self.at += 1
            return True
        if not first:
            self._expect(",")
        return False

    def _expect(self, sign: str) -> None:
        if not self.text.startswith(sign, self.at):
            raise self.wrong(f"`{sign}` is expected" if self.at < len(self.text) else "the text breaks off")
        self.at += 1

    def _string(self) -> str:
        start = self.at
        match = _STRING.match(self.text, start)
        if match is None:
            raise self.wrong("this string has no end, or a character in it that may only be written as an escape")
        self.at = match.end()
        try:
            found = json.loads(match[0])
            found.encode()
        except ValueError:  # an unknown escape, or half of a surrogate pair
            raise self.wrong("this string has an escape that stands for no character", start=start) from None
        return str(found)

    def _number(self) -> int:
        start = self.at
        match = _NUMBER.match(self.text, start)
        if match is None:
            raise self.wrong("this is no number")
        self.at = match.end()
        if _FRACTION.match(self.text, self.at):
            raise self.wrong("numbers are integers", start=start)
        if len(match[0].lstrip("-")) > MAX_DIGITS:
            raise self.wrong(f"this number has more than {MAX_DIGITS} digits", Code.PROOF_TOO_LARGE, start)
        return int(match[0])

    def _word(self) -> bool | None:
        for word, meaning in _WORDS.items():
            if self.text.startswith(word, self.at):
                self.at += len(word)
                return meaning
        raise self.wrong("a value is expected" if self.at < len(self.text) else "the text breaks off")


def refused(code: Code, message: str, span: Span, text: str, *secondary: Label, remedy: str | None = None) -> SpecError:
    """Return the error for a place in a stored proof."""
    return SpecError([Diagnostic(code, message, Label(span, text), secondary, remedy)])
