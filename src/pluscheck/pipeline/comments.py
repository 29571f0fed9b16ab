"""What the author of a specification says of a part of it: the comment right above."""

from __future__ import annotations

import re

from pluscheck.base.source import NOWHERE, Span

_EDGE = re.compile(r"\(\*|\*\)")


def comment_above(span: Span) -> str:
    """Return the text of the comment on the lines right above the one where `span` begins, in one line; empty if there is none."""
    if span == NOWHERE:
        return ""
    text = span.source.text
    above = text[: text.rfind("\n", 0, span.start) + 1]
    if above.endswith("*)\n"):
        return _words(_block(above.removesuffix("\n")))
    lines = []
    for line in reversed(above.split("\n")[:-1]):
        if not line.lstrip().startswith("\\*"):
            break
        lines.append(line.lstrip().removeprefix("\\*"))
    return _words(" ".join(reversed(lines)))


def _block(above: str) -> str:
    """Return the text of the comment that `above` ends with, if it has lines to itself; comments nest."""
    depth = 0
    for edge in reversed(list(_EDGE.finditer(above))):
        depth += 1 if edge.group() == "*)" else -1
        if depth == 0:
            own = not above[above.rfind("\n", 0, edge.start()) + 1 : edge.start()].strip()
            return above[edge.end() : -2] if own else ""
    return ""


def _words(comment: str) -> str:
    return " ".join(comment.replace("*)", " ").replace("(*", " ").split())
