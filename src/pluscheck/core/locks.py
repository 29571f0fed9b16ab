"""Who holds which lock: read from a state, by the types that a specification declares with `lock_type`."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from dataclasses import dataclass
from enum import Enum

from pluscheck.core.changes import shown_arguments
from pluscheck.core.system import State, TransitionSystem
from pluscheck.core.values import NOTHING, Function, Nothing, Record, Some, Value, ordered


class Mode(Enum):
    """How something is held."""

    EXCLUSIVE = "X"
    """By at most one."""
    SHARED = "S"
    """By any number of holders, who are known."""
    COUNTED = "#"
    """By a number of holders that are not known."""


@dataclass(frozen=True, slots=True)
class Holding:
    """One mode of a lock as it is in a state: the holders in order, or, if they are only counted, how many.

    `part` is the field of the lock's record that says so (`shared`), empty for a lock of a single mode.
    """

    part: str
    mode: Mode
    holders: tuple[Value, ...]
    count: int


@dataclass(frozen=True, slots=True)
class Lock:
    """A lock as it is in a state: `path` as the specification writes it, and what is held of it; without `holdings` it is free."""

    path: str
    holdings: tuple[Holding, ...]


def locks(system: TransitionSystem, state: State) -> tuple[Lock, ...]:
    """Return every lock of a state, in the order of the variables."""
    return tuple(
        Lock(path, tuple(_holdings("", value)))
        for variable, whole in zip(system.variables, state, strict=True)
        for selectors in variable.locks
        for path, value in _selected(variable.name, whole, selectors)
    )


def held_only_by(system: TransitionSystem, state: State, path: str, kept: Collection[Value]) -> State:
    """Return the state with all holders of one lock taken away but those kept; where they are only counted, all."""
    return tuple(
        whole
        if not any(known == path for way in variable.locks for known, _ in _selected(variable.name, whole, way))
        else _freed(variable.name, whole, variable.locks, path, kept)
        for variable, whole in zip(system.variables, state, strict=True)
    )


def _freed(
    here: str, value: Value, ways: tuple[tuple[str | int | None, ...], ...], path: str, kept: Collection[Value]
) -> Value:
    """Return a value with the lock at `path` freed, if one of the ways from `here` leads to it."""
    if here == path and () in ways:
        return _without_holders(value, kept)

    def inside(key: str | int | None, inner: str, item: Value) -> Value:
        return _freed(inner, item, tuple(way[1:] for way in ways if way and way[0] == key), path, kept)

    match value:
        case Record(fields):
            return Record(tuple((name, inside(name, f"{here}.{name}", item)) for name, item in fields))
        case Function(pairs):
            return Function(tuple((a, inside(None, f"{here}[{shown_arguments(a)}]", item)) for a, item in pairs))
        case tuple():
            items = [inside(number, f"{here}[{number}]", item) for number, item in enumerate(value, 1)]
            return tuple([inside(None, f"{here}[{number}]", item) for number, item in enumerate(items, 1)])
        case Some(item):
            return Some(inside(None, f"Get({here})", item))
        case _:
            return value


def _without_holders(value: Value, kept: Collection[Value]) -> Value:
    match value:
        case Record(fields):
            return Record(tuple((name, _without_holders(item, kept)) for name, item in fields))
        case frozenset():
            return value.intersection(kept)
        case Some(holder):
            return value if holder in kept else NOTHING
        case bool():
            return value
        case int():
            return 0
        case _:
            return value


def _selected(path: str, value: Value, selectors: tuple[str | int | None, ...]) -> Iterator[tuple[str, Value]]:
    """Yield what the selectors lead to, each with its path; `None` leads to every argument, every item of a sequence, into an option."""
    if not selectors:
        yield path, value
        return
    first, rest = selectors[0], selectors[1:]
    match first, value:
        case str(), Record():
            yield from _selected(f"{path}.{first}", value[first], rest)
        case int(), tuple():
            yield from _selected(f"{path}[{first}]", value[first - 1], rest)
        case None, Function():
            for argument, result in value.pairs:
                yield from _selected(f"{path}[{shown_arguments(argument)}]", result, rest)
        case None, tuple():
            for number, item in enumerate(value, 1):
                yield from _selected(f"{path}[{number}]", item, rest)
        case None, Some(inner):
            yield from _selected(f"Get({path})", inner, rest)
        case _:
            return


def _holdings(part: str, value: Value) -> Iterator[Holding]:
    """Yield what is held of a lock, a part for each mode."""
    match value:
        case Record(fields):
            for name, inner in fields:
                yield from _holdings(f"{part}.{name}" if part else name, inner)
        case frozenset():
            if value:
                yield Holding(part, Mode.SHARED, tuple(ordered(value)), len(value))
        case Some(holder):
            yield Holding(part, Mode.EXCLUSIVE, (holder,), 1)
        case int():
            if value:
                yield Holding(part, Mode.COUNTED, (), int(value))
        case Nothing():
            return
        case _:
            return
