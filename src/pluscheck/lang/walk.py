"""Walking the surface tree when the kind of a node does not matter."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import fields

from pluscheck.lang import syntax as s

_CHILD_FIELDS: dict[type[s.Node], tuple[str, ...]] = {}


def children(node: s.Node) -> Iterator[s.Node]:
    """Yield the nodes directly below this one, in the order of the text."""
    kind = type(node)
    names = _CHILD_FIELDS.get(kind)
    if names is None:
        names = _CHILD_FIELDS[kind] = tuple(f.name for f in fields(kind) if f.name != "span")
    for name in names:
        yield from _nodes(getattr(node, name))


def _nodes(value: object) -> Iterator[s.Node]:
    if isinstance(value, s.Node):
        yield value
    elif isinstance(value, tuple):
        for item in value:
            yield from _nodes(item)


def descend(node: s.Node) -> Iterator[s.Node]:
    """Yield the node and all nodes below it, parents first, in the order of the text."""
    pending = [node]
    while pending:
        top = pending.pop()
        yield top
        pending.extend(reversed(list(children(top))))
