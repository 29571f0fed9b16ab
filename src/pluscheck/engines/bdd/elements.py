"""Elements of sorts in formulas: who names them, and how to speak of any instead."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace
from typing import Any

from pluscheck.core import exprs as e
from pluscheck.core.evaluator import deep_recursion
from pluscheck.core.exprs import Expr
from pluscheck.core.sites import evaluated
from pluscheck.core.system import TransitionSystem
from pluscheck.core.types import SortType
from pluscheck.core.values import Atom, Function, Record, Some, Value
from pluscheck.core.walk import subterms


def quantified(system: TransitionSystem, formula: Expr) -> Expr:
    """Return the formula for any elements in place of those that it names, as long as they are different.

    Equal to the formula itself where a permutation of a sort's elements does not change that.
    """
    taken = {term.name for term in subterms([formula]) if isinstance(term, e.Local | e.Let)}
    named = _elements_named([formula])
    names: dict[Atom, str] = {}
    binders: list[e.Binder] = []
    for sort in sorted({atom.family for atom in named if atom.family in system.scope}):
        others: list[Expr] = []
        for number, atom in enumerate([atom for atom in system.scope[sort] if atom in named], 1):
            name = f"{sort[0].lower()}{sort[1:]}{number}"
            while name in taken:
                name += "_"
            taken.add(name)
            whole: Expr = e.AllOf(SortType(sort))
            domain = e.SetBinary(e.SetOp.MINUS, whole, e.SetLit(tuple(others))) if others else whole
            binders.append(e.Binder(name, domain))
            names[atom] = name
            others.append(e.Local(name))
    result = _renamed(formula, names)
    for binder in reversed(binders):
        result = e.Forall((binder,), result)
    return result


def names_elements(system: TransitionSystem) -> bool:
    """Return whether a system names an element of a sort, which a specification cannot."""
    named = _elements_named(evaluated(system)) | {
        atom for constant in system.constants for atom in atoms(constant.value)
    }
    return any(atom.family in system.scope for atom in named)


def _elements_named(roots: Iterable[Expr]) -> set[Atom]:
    return {atom for term in subterms(roots) if isinstance(term, e.Lit) for atom in atoms(term.value)}


def atoms(value: Value) -> Iterator[Atom]:
    """Yield the elements and literals in a value."""
    match value:
        case Atom():
            yield value
        case Some(inner):
            yield from atoms(inner)
        case Record(pairs):
            for _, item in pairs:
                yield from atoms(item)
        case Function(pairs):
            for argument, item in pairs:
                yield from atoms(argument)
                yield from atoms(item)
        case tuple() | frozenset():
            for item in value:
                yield from atoms(item)
        case _:
            pass


def _renamed(formula: Expr, names: Mapping[Atom, str]) -> Expr:
    """Return the formula with bound names in place of elements."""
    made: dict[int, Expr] = {}

    def renamed(part: Any) -> Any:
        match part:
            case e.Lit(Atom() as atom) if atom in names:
                return e.Local(names[atom])
            case e.Lit():
                return part
            case e.Node():
                if id(part) not in made:
                    fields: tuple[str, ...] = part.__match_args__
                    changes = {name: renamed(getattr(part, name)) for name in fields}
                    made[id(part)] = replace(part, **changes)  # type: ignore[assignment]
                return made[id(part)]
            case tuple():
                return tuple([renamed(item) for item in part])
            case _:
                return part

    with deep_recursion(formula.span):
        result: Expr = renamed(formula)
    return result
