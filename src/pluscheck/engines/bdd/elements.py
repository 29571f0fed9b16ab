"""Elements of sorts in values and formulas, and how to speak of any instead."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from pluscheck.core import exprs as e
from pluscheck.core.exprs import Expr
from pluscheck.core.system import TransitionSystem
from pluscheck.core.types import SortType
from pluscheck.core.values import Atom, Function, Record, Some, Value
from pluscheck.core.walk import subterms
from pluscheck.engines.invariants import renamed


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
    result = renamed(formula, names)
    for binder in reversed(binders):
        result = e.Forall((binder,), result)
    return result


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
