"""Ways into a value, and values with another part at the end of one: `f[i].a`, `[f EXCEPT ![i].a = v]`, `f[i].a := v`."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import assert_never

from pluscheck.base.errors import InternalError
from pluscheck.base.source import Span
from pluscheck.core import exprs as e
from pluscheck.lang import types as lt
from pluscheck.lower.naming import is_short, shared


@dataclass(frozen=True, slots=True)
class Argument:
    """A step of a path: a function's value at an argument."""

    argument: e.Expr
    span: Span

    def of(self, whole: e.Expr) -> e.Expr:
        """Return the part of the whole that the step leads to."""
        return e.App(whole, self.argument, span=self.span)

    def replaced(self, whole: e.Expr, part: e.Expr) -> e.Expr:
        """Return the whole with another part there."""
        return e.Update(whole, self.argument, part, span=self.span)


@dataclass(frozen=True, slots=True)
class Position:
    """A step of a path: an element of a sequence."""

    index: e.Expr
    span: Span

    def of(self, whole: e.Expr) -> e.Expr:
        """Return the part of the whole that the step leads to."""
        return e.Nth(whole, self.index, span=self.span)

    def replaced(self, whole: e.Expr, part: e.Expr) -> e.Expr:
        """Return the whole with another part there."""
        return e.UpdateNth(whole, self.index, part, span=self.span)


@dataclass(frozen=True, slots=True)
class Component:
    """A step of a path: an item of a tuple."""

    index: int
    span: Span

    def of(self, whole: e.Expr) -> e.Expr:
        """Return the part of the whole that the step leads to."""
        return e.Project(whole, self.index, span=self.span)

    def replaced(self, whole: e.Expr, part: e.Expr) -> e.Expr:
        """Return the whole with another part there."""
        return e.UpdateProject(whole, self.index, part, span=self.span)


@dataclass(frozen=True, slots=True)
class FieldNamed:
    """A step of a path: a field of a record."""

    name: str
    span: Span

    def of(self, whole: e.Expr) -> e.Expr:
        """Return the part of the whole that the step leads to."""
        return e.Field(whole, self.name, span=self.span)

    def replaced(self, whole: e.Expr, part: e.Expr) -> e.Expr:
        """Return the whole with another part there."""
        return e.WithField(whole, self.name, part, span=self.span)


PathStep = Argument | Position | Component | FieldNamed


def type_after(step: PathStep, of: lt.Type) -> lt.Type:
    """Return the type of the part that a step leads to."""
    match step, of:
        case Argument(), lt.FunctionType(_, target):
            return target
        case Position(), lt.SeqType(element):
            return element
        case Component(index), lt.TupleType(items):
            return items[index - 1]
        case FieldNamed(name), lt.RecordType(fields):
            return dict(fields)[name]
        case _:
            raise InternalError(f"{step} does not lead into a value of type {of}")


@dataclass(frozen=True, slots=True)
class Replacement:
    """What is put at the end of a path: `value(part, taken)`, which mentions the part that was there only if `of_part`."""

    value: Callable[[e.Expr, frozenset[str]], e.Expr]
    of_part: bool


def updated(whole: e.Expr, path: Sequence[PathStep], new: Replacement, taken: frozenset[str]) -> e.Expr:
    """Return the whole with the replacement at the end of the path. What is used several times is named first."""
    if not path:
        return new.value(whole, taken)
    if len(path) == 1 and not new.of_part:
        return path[0].replaced(whole, new.value(whole, taken))
    return shared(whole, "whole", taken, lambda simple, inner: _part_updated(simple, path, new, inner))


def _part_updated(whole: e.Expr, path: Sequence[PathStep], new: Replacement, taken: frozenset[str]) -> e.Expr:
    """Return the whole, which is trivial or part of something trivial, with the replacement at the end of the path."""
    if not path:
        return new.value(whole, taken)
    step, rest = path[0], path[1:]

    def at(place: PathStep, inner: frozenset[str]) -> e.Expr:
        return place.replaced(whole, _part_updated(place.of(whole), rest, new, inner))

    if not rest and not new.of_part:
        return at(step, taken)
    match step:
        case Argument(argument) if is_short(argument, 3):
            return at(step, taken)
        case Argument(argument, span):
            return shared(argument, "at", taken, lambda simple, inner: at(Argument(simple, span), inner))
        case Position(index, span):
            return shared(index, "at", taken, lambda simple, inner: at(Position(simple, span), inner))
        case Component() | FieldNamed():
            return at(step, taken)
        case _:
            assert_never(step)
