"""What differs between two states, down to the smallest part that has a name."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from pluscheck.core.system import State, TransitionSystem, Variable
from pluscheck.core.types import FunctionType, RecordType, TupleType, Type
from pluscheck.core.values import Function, Record, Value, show


@dataclass(frozen=True, slots=True)
class Change:
    """A part of a variable, `path` as the specification writes it (`lock[src].shared`), with its value before and after."""

    variable: Variable
    path: str
    old: Value
    new: Value


def changes(system: TransitionSystem, before: State, after: State) -> tuple[Change, ...]:
    """Return what differs, in the order of the variables. Sets, sequences and options change as a whole."""
    return tuple(
        change
        for variable, old, new in zip(system.variables, before, after, strict=True)
        for change in _differences(variable, variable.type, variable.name, old, new)
    )


def _differences(variable: Variable, of: Type, path: str, old: Value, new: Value) -> Iterator[Change]:
    if old == new:
        return
    match of, old, new:
        case FunctionType(_, target), Function(), Function() if old.domain == new.domain:
            for argument, part in old.pairs:
                yield from _differences(
                    variable, target, f"{path}[{shown_arguments(argument)}]", part, new.mapping[argument]
                )
        case RecordType(fields), Record(), Record():
            for name, item in fields:
                yield from _differences(variable, item, f"{path}.{name}", old[name], new[name])
        case TupleType(items), tuple(), tuple():
            for index, (item, part, other) in enumerate(zip(items, old, new, strict=True), 1):
                yield from _differences(variable, item, f"{path}[{index}]", part, other)
        case _:
            yield Change(variable, path, old, new)


def parts(system: TransitionSystem, state: State) -> tuple[tuple[str, Value], ...]:
    """Return a state part by part, down to those that `changes` tells apart, each with its path; the same paths in every state."""
    return tuple(
        part
        for variable, value in zip(system.variables, state, strict=True)
        for part in _parts(variable.type, variable.name, value)
    )


def _parts(of: Type, path: str, value: Value) -> Iterator[tuple[str, Value]]:
    match of, value:
        case FunctionType(_, target), Function():
            for argument, part in value.pairs:
                yield from _parts(target, f"{path}[{shown_arguments(argument)}]", part)
        case RecordType(fields), Record():
            for name, item in fields:
                yield from _parts(item, f"{path}.{name}", value[name])
        case TupleType(items), tuple():
            for index, (item, part) in enumerate(zip(items, value, strict=True), 1):
                yield from _parts(item, f"{path}[{index}]", part)
        case _:
            yield path, value


def path_text(name: str, way: Sequence[Value | str]) -> str:
    """Return the path of a part of a variable: its way has names of fields, arguments of functions, positions in tuples."""
    return name + "".join(f".{key}" if isinstance(key, str) else f"[{shown_arguments(key)}]" for key in way)


def shown_arguments(argument: Value) -> str:
    """Return what stands between the brackets of an application: several arguments without the brackets of their tuple."""
    if isinstance(argument, tuple) and len(argument) > 1:
        return ", ".join(show(part) for part in argument)
    return show(argument)
