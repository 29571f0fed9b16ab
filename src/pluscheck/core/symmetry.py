"""Which sorts of a system are symmetric, and what it is to exchange two elements of one: the definition that a search up to permutations and its judge have in common.

A specification can compare elements of a sort, put them together and use them as indices, and nothing else; where it names none, permuting them changes nothing
(scalarsets: Ip and Dill, Better Verification through Symmetry, 1996). It is enough to look at one state of those that are permutations of one another.

Which one: to make a state its **normal form**, the `exchanges` are tried one after another, of two elements each that are neighbours in their sort: if the exchanged state comes first,
its scalars compared one after another in their order, it takes the place of the other. When all have been tried they are tried again, until none is made. As in a bubble sort, elements that only serve as indices end up sorted by
what the state says of each, so that all permutations of a state have one normal form. Where elements are also values, some may have several: then less is saved, and nothing is lost.

A step that changes no scalar by which exchanges are decided, or which they change, leads from a normal form to a normal form: there is nothing to make.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from itertools import count

from pluscheck.core import exprs as e
from pluscheck.core import types as t
from pluscheck.core.sites import evaluated
from pluscheck.core.system import Action, Assignment, TransitionSystem
from pluscheck.core.values import NOTHING, Atom, Function, Record, Some, Value
from pluscheck.core.walk import subterms

Pair = tuple[Atom, Atom]


@dataclass(frozen=True, slots=True)
class Exchange:
    """Two neighbouring elements of a sort take each other's place: as a step that is always possible and never faults."""

    sort: str
    first: Atom
    second: Atom
    action: Action


def symmetric_sorts(system: TransitionSystem) -> tuple[str, ...]:
    """Return the sorts of several elements of which permutations change nothing, and which `exchanges` can permute: those of which no element is named, nor held in a long sequence."""
    named = {atom.family for value in _literals(system) for atom in _atoms(value)}
    kept = {sort for variable in system.variables for sort in _beyond_exchange(variable.type, inside=False)}
    return tuple([s for s, atoms in system.scope.items() if len(atoms) > 1 and s not in named and s not in kept])


LONG = 6
"""Elements in sequences of more items than so many are not exchanged: it would take a formula for each length."""

LARGE = 1 << 24


def may_be_large(system: TransitionSystem) -> bool:
    """Return whether there may be so many states, going by the variables' types, that searching them takes a while."""
    states = 1
    for variable in system.variables:
        states *= t.cardinality(variable.type, system.scope)
        if states > LARGE:
            return True
    return False


def exchanges(system: TransitionSystem) -> tuple[Exchange, ...]:
    """Return the exchanges of neighbours in all symmetric sorts."""
    return tuple(
        [
            Exchange(sort, first, second, _action(system, (first, second)))
            for sort in symmetric_sorts(system)
            for first, second in zip(system.scope[sort], system.scope[sort][1:], strict=False)
        ]
    )


Permutation = Mapping[Atom, Atom]
"""What becomes of each element that does not stay what it is."""


def permuted(value: Value, by: Permutation) -> Value:
    """Return a value with its elements permuted."""
    match value:
        case Atom():
            return by.get(value, value)
        case Some(inner):
            return Some(permuted(inner, by))
        case tuple():
            return tuple([permuted(item, by) for item in value])
        case frozenset():
            return frozenset([permuted(item, by) for item in value])
        case Record(fields):
            return Record(tuple([(name, permuted(item, by)) for name, item in fields]))
        case Function(pairs):
            return Function.of({permuted(a, by): permuted(b, by) for a, b in pairs})
        case _:
            return value


def _action(system: TransitionSystem, pair: Pair) -> Action:
    names = count(1)
    updates = []
    for variable in system.variables:
        here = e.Var(variable.name)
        there = _exchanged(variable.type, here, pair, names)
        if there is not here:
            updates.append(Assignment(variable.name, there))
    return Action(f"exchange {pair[0].label}, {pair[1].label}", 0, (), (), tuple(updates))


def _exchanged(of: t.Type, here: e.Expr, pair: Pair, names: Iterator[int]) -> e.Expr:
    """Return what `here`, of this type, is with the two elements exchanged: the same expression if it never has them."""
    if not _has(of, pair[0].family):
        return here
    match of:
        case t.SortType() | t.UnionType():
            first, second = e.Lit(pair[0]), e.Lit(pair[1])
            return e.Ite(e.Eq(here, first), second, e.Ite(e.Eq(here, second), first, here))
        case t.RecordType(fields):
            return e.MakeRecord(tuple([(n, _exchanged(item, e.Field(here, n), pair, names)) for n, item in fields]))
        case t.TupleType(items):
            parts = [_exchanged(item, e.Project(here, i), pair, names) for i, item in enumerate(items, 1)]
            return e.MakeTuple(tuple(parts))
        case t.FunctionType(domain, target):
            name = f"argument {next(names)}"
            at = e.App(here, _exchanged(domain, e.Local(name), pair, names))
            return e.Lambda((e.Binder(name, e.AllOf(domain)),), _exchanged(target, at, pair, names))
        case t.SetType(element):
            name = f"element {next(names)}"
            inside = e.In(_exchanged(element, e.Local(name), pair, names), here)
            return e.Filter(e.Binder(name, e.AllOf(element)), inside)
        case t.SeqType(element, bound):
            made: e.Expr = e.Lit(())
            for length in range(1, bound + 1):
                read = [e.Nth(here, e.Lit(position)) for position in range(1, length + 1)]
                exchanged = e.MakeTuple(tuple([_exchanged(element, one, pair, names) for one in read]))
                made = e.Ite(e.Eq(e.Len(here), e.Lit(length)), exchanged, made)
            return made
        case t.OptionType(element):
            some = e.SomeOf(_exchanged(element, e.Get(here), pair, names))
            return e.Ite(e.Eq(here, e.Lit(NOTHING)), e.Lit(NOTHING), some)
        case _:
            raise TypeError(f"{of} may hold elements of {pair[0].family}, which cannot be exchanged in it")


def _has(of: t.Type, sort: str) -> bool:
    """Return whether values of the type may have elements of the sort in them."""
    return sort in _beyond_exchange(of, inside=True)


def _beyond_exchange(of: t.Type, *, inside: bool) -> Iterator[str]:
    """Yield the sorts of which there are elements in a type (`inside`), or in a long sequence in it, or among values that are listed."""
    match of:
        case t.SortType(name):
            if inside:
                yield name
        case t.UnionType(_, parts):
            for part in parts:
                yield from _beyond_exchange(part, inside=inside)
        case t.RecordType(fields):
            for _, item in fields:
                yield from _beyond_exchange(item, inside=inside)
        case t.TupleType(items):
            for item in items:
                yield from _beyond_exchange(item, inside=inside)
        case t.FunctionType(domain, target):
            yield from _beyond_exchange(domain, inside=inside)
            yield from _beyond_exchange(target, inside=inside)
        case t.SetType(element) | t.OptionType(element):
            yield from _beyond_exchange(element, inside=inside)
        case t.SeqType(element, bound):
            yield from _beyond_exchange(element, inside=inside or bound > LONG)
        case t.AmongType(values):
            for value in values:
                for atom in _atoms(value):
                    yield atom.family
        case _:
            return


def _literals(system: TransitionSystem) -> Iterator[Value]:
    """Yield all values that a system mentions."""
    for constant in system.constants:
        yield constant.value
    for term in subterms(list(evaluated(system))):
        if isinstance(term, e.Lit):
            yield term.value


def _atoms(value: Value) -> Iterator[Atom]:
    match value:
        case Atom():
            yield value
        case Some(inner):
            yield from _atoms(inner)
        case Record(pairs):
            for _, item in pairs:
                yield from _atoms(item)
        case Function(pairs):
            for argument, item in pairs:
                yield from _atoms(argument)
                yield from _atoms(item)
        case tuple() | frozenset():
            for item in value:
                yield from _atoms(item)
        case _:
            return
