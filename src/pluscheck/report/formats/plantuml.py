"""A run as a PlantUML sequence diagram, in ASCII.

Whatever is a name or a value is written with `<U+003C>`, PlantUML's way to quote, for all but letters, digits and a few signs: neither its preprocessor nor its
markup finds anything there.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import assert_never

from pluscheck.report.formats.sequence import Diagram, Line, Message, Note, diagram
from pluscheck.report.story import Story

_HOSTILE = re.compile(r"[^A-Za-z0-9_ .,:()\[\]{}=-]|(?<=[_.:\[\]{}=-])[_.:\[\]{}=-]|^[ .:\[\]{}=-]|^e(?=nd)")
"""What is written as a code: of signs that mean something when doubled, or at the start, these; and a line that could end a note."""

_ARROWS = {Line.ACT: "->", Line.ACQUIRE: "->", Line.RELEASE: "-->", Line.WAIT: "->x"}

_HEAD = ("@startuml", "hide footbox", "skinparam responseMessageBelowArrow true", "skinparam sequenceMessageAlign left")


def plantuml(story: Story) -> str:
    """Return the diagram's text, ending in a newline."""
    drawn = diagram(story)
    lines = [*_HEAD, f"title {_text(drawn.title)}"]
    for number, participant in enumerate(drawn.participants):
        colour = " #LightYellow" if participant.is_lock else ""
        lines.append(f'participant "{_text(participant.name)}" as {_name(drawn, number)}{colour}')
    for entry in drawn.entries:
        lines.extend(_entry(drawn, entry))
    return "\n".join([*lines, "@enduml"]) + "\n"


def _entry(drawn: Diagram, entry: Message | Note) -> Iterator[str]:
    match entry:
        case Message(source, target, line, text):
            yield f"{_name(drawn, source)} {_ARROWS[line]} {_name(drawn, target)} : {_text(text)}"
        case Note(first, last, lines, is_end):
            over = _name(drawn, first) + (f", {_name(drawn, last)}" if last != first else "")
            yield f"note over {over}{' #MistyRose' if is_end else ''}"
            yield from map(_text, lines)
            yield "end note"
        case _:
            assert_never(entry)


def _name(drawn: Diagram, number: int) -> str:
    return f"{'lock' if drawn.participants[number].is_lock else 'process'}{number}"


def _text(text: str) -> str:
    """Return text that is drawn as it is."""
    return _HOSTILE.sub(lambda match: f"<U+{ord(match[0]):04X}>", text)
