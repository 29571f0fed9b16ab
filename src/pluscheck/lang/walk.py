"""Walking the surface tree when the kind of a node does not matter."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import fields
from typing import Any, TypeVar

from pluscheck.base.source import Span
from pluscheck.lang import syntax as s

_N = TypeVar("_N", bound=s.Node)

_CHILD_FIELDS: dict[type[s.Node], tuple[str, ...]] = {}


def children(node: s.Node) -> Iterator[s.Node]:
    """Yield the nodes directly below this one, in the order of the text."""
    for name in _child_fields(type(node)):
        yield from _nodes(getattr(node, name))


def map_children(node: _N, change: Callable[[s.Node], s.Node], *, span: Span | None = None) -> _N:
    """Return a new node like this one, with each node directly below it replaced by what `change` returns for it.

    It has the same place in the text, unless a `span` is given.
    """
    kind = type(node)
    changed: list[Any] = [_mapped(getattr(node, name), change) for name in _child_fields(kind)]
    return kind(*changed, span=node.span if span is None else span)


def _child_fields(kind: type[s.Node]) -> tuple[str, ...]:
    names = _CHILD_FIELDS.get(kind)
    if names is None:
        names = _CHILD_FIELDS[kind] = tuple(f.name for f in fields(kind) if f.name != "span")
    return names


def _mapped(value: object, change: Callable[[s.Node], s.Node]) -> object:
    if isinstance(value, s.Node):
        return change(value)
    if isinstance(value, tuple):
        return tuple([_mapped(item, change) for item in value])
    return value


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
