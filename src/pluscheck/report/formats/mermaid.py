"""A run as a Mermaid sequence diagram, which GitHub and GitLab draw where a file or a comment has it in a fenced block.

Whatever is a name or a value is written with entity codes (`#60;`), Mermaid's way to quote, for all but letters, digits and a few signs that mean nothing to it.
"""

from __future__ import annotations

import re
from typing import assert_never

from pluscheck.report.formats.sequence import Diagram, Line, Message, Note, diagram
from pluscheck.report.story import Story

_HOSTILE = re.compile(r"[^\w .,:()=→…'/|*\[\]{}-]|:(?! )|(?<=^wrap):|(?<=^nowrap):", re.ASCII)
"""What is written as a code. A colon is harmless before a space, but `wrap:` at the start of a text is a word of Mermaid's."""

_ARROWS = {Line.ACT: "->>", Line.ACQUIRE: "->>", Line.RELEASE: "-->>", Line.WAIT: "-x"}


def mermaid(story: Story) -> str:
    """Return the diagram's text, ending in a newline."""
    drawn = diagram(story)
    lines = ["sequenceDiagram", f"    title {_text(drawn.title)}"]
    for number, participant in enumerate(drawn.participants):
        lines.append(f"    participant {_name(drawn, number)} as {_text(participant.name)}")
    lines.extend(f"    {_entry(drawn, entry)}" for entry in drawn.entries)
    return "\n".join(lines) + "\n"


def _entry(drawn: Diagram, entry: Message | Note) -> str:
    match entry:
        case Message(source, target, line, text):
            return f"{_name(drawn, source)}{_ARROWS[line]}{_name(drawn, target)}: {_text(text)}"
        case Note(first, last, lines):
            over = _name(drawn, first) + (f",{_name(drawn, last)}" if last != first else "")
            return f"Note over {over}: {'<br/>'.join(map(_text, lines))}"
        case _:
            assert_never(entry)


def _name(drawn: Diagram, number: int) -> str:
    """Return how a participant is called in the text: a name that is no word of Mermaid's."""
    return f"{'lock' if drawn.participants[number].is_lock else 'process'}{number}"


def _text(text: str) -> str:
    """Return text that is drawn as it is."""
    return _HOSTILE.sub(lambda match: f"#{ord(match[0])};", text)
