"""Where in a variable's type there are locks: types declared with `lock_type`."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from pluscheck.lang import syntax as s
from pluscheck.lang.elaborated import Annotations, BuiltinMeaning, TypeMeaning

Selectors = tuple[str | int | None, ...]
"""The way to a part: a field's name, an item's number from 1, or None for every argument, every item of a sequence, the value in an option."""


@dataclass(frozen=True, slots=True)
class _Argument:
    """What a parameter of a generic type stands for, and how to read that."""

    expr: s.Expr
    params: Mapping[str, _Argument]


def lock_paths(expr: s.Expr, annotations: Annotations) -> tuple[Selectors, ...]:
    """Return the ways to the locks in a value of the type; a lock within a lock is part of it."""
    return tuple(_paths(expr, annotations, {}))


def _paths(expr: s.Expr, annotations: Annotations, params: Mapping[str, _Argument]) -> Iterator[Selectors]:
    match expr:
        case s.Product(items):
            for number, item in enumerate(items, 1):
                yield from _after(number, item, annotations, params)
        case s.RecordSet(fields):
            for entry in fields:
                yield from _after(entry.name.name, entry.value, annotations, params)
        case s.FunctionSet(_, target):
            yield from _after(None, target, annotations, params)
        case s.Name(name) if name in params:
            argument = params[name]
            yield from _paths(argument.expr, annotations, argument.params)
        case s.Name() | s.Apply():
            args = expr.args if isinstance(expr, s.Apply) else ()
            match annotations.meanings.get(id(expr)):
                case BuiltinMeaning("Option" | "Seq"):
                    yield from _after(None, args[0], annotations, params)
                case TypeMeaning(s.TypeDecl(is_lock=True)):
                    yield ()
                case TypeMeaning(s.TypeDecl(params=names, value=value)) if value is not None:
                    inner = {n.name: _Argument(arg, params) for n, arg in zip(names, args, strict=True)}
                    yield from _paths(value, annotations, inner)
                case _:
                    return
        case _:
            return


def _after(
    selector: str | int | None, expr: s.Expr, annotations: Annotations, params: Mapping[str, _Argument]
) -> Iterator[Selectors]:
    for rest in _paths(expr, annotations, params):
        yield (selector, *rest)
