"""A digest of what a lowered system means for some of its properties: what binds a proof to the system that it is of.

It does not depend on spans, on names of files, on what names are bound to inside a formula, on how operators are numbered, on the order of
properties, constants, operators and actions, nor on what terms are shared. Names that traces and certificates mention count: those of variables,
of elements and literals, of labels, actions, parameters, constants, operators and properties.
"""

from __future__ import annotations

import hashlib
from collections import deque
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, fields
from enum import Enum
from typing import Any, assert_never

from pluscheck.core import types as t
from pluscheck.core.evaluator import deep_recursion
from pluscheck.core.exprs import (
    Call,
    Choose,
    Exists,
    Expr,
    Filter,
    Forall,
    Lambda,
    Let,
    Lit,
    Local,
    Map,
    Node,
)
from pluscheck.core.system import (
    FAULTS,
    Action,
    Assertion,
    Assignment,
    Bind,
    Guard,
    Pick,
    Process,
    Property,
    TransitionSystem,
    Variable,
)
from pluscheck.core.values import Atom, Function, Nothing, Record, Some, Value, ordered
from pluscheck.core.walk import children

PREFIX = "sha256:"
"""What digests begin with."""

_VERSION = b"pluscheck system 1"


@dataclass(frozen=True, slots=True)
class _Bound:
    """The names that are bound here, `depth` of them counting those that are hidden; each with how many were bound before it."""

    before: Mapping[str, int] = field(default_factory=dict)
    depth: int = 0

    def inside(self, names: Iterable[str]) -> _Bound:
        """Return what is bound inside a binder of these names."""
        before, depth = dict(self.before), self.depth
        for name in names:
            before[name] = depth
            depth += 1
        return _Bound(before, depth)

    def distance(self, name: str) -> int:
        """Return how many names were bound since this one was, itself included (de Bruijn); 0 if it is not bound."""
        return self.depth - self.before[name] if name in self.before else 0


_NOTHING_BOUND = _Bound()


def system_digest(system: TransitionSystem, properties: Iterable[str]) -> str:
    """Return the digest of the system, with those of its properties that are named; `FAULTS` counts as all of them.

    A name that no property has counts for nothing, so that a proof about it is bound to nothing but the behaviour.
    """
    wanted = frozenset(properties)
    claims = [claim for claim in system.properties if claim.name in wanted or FAULTS in wanted]
    with deep_recursion(system.span):
        return PREFIX + _behaviour(system).with_properties(claims).hex()


_latest: deque[_Digesting] = deque(maxlen=2)
"""The last systems whose behaviour was digested: each property of a model has a digest, and what differs is small. Two, since one is often compared with another."""


def _behaviour(system: TransitionSystem) -> _Digesting:
    """Return the digesting of a system, its behaviour digested."""
    found = next((each for each in _latest if each.system is system), None)
    if found is None:
        found = _Digesting(system)
        found.digest_behaviour()
        _latest.append(found)
    return found


def _hash(tag: str, *parts: bytes) -> bytes:
    """Return the digest of a tagged sequence of parts, of which no two sequences have the same bytes."""
    found = hashlib.sha256(_VERSION)
    for part in (tag.encode(), *parts):
        found.update(len(part).to_bytes(8, "big"))
        found.update(part)
    return found.digest()


def _text(text: str) -> bytes:
    return _hash("text", text.encode())


class _Digesting:
    """The digesting of one system; operators are numbered as they are met."""

    def __init__(self, system: TransitionSystem) -> None:
        self.system = system
        self._parts_so_far: list[bytes] = []
        self._numbers: dict[str, int] = {}
        self._known: dict[tuple[int, tuple[int, ...]], bytes] = {}
        self._free: dict[int, frozenset[str]] = {}
        self._kept: list[Expr] = []
        """So that no `id` is used again."""

    def digest_behaviour(self) -> None:
        """Digest all but properties and operators."""
        system = self.system
        self._parts_so_far += [
            _text(system.name),
            _text(system.model),
            *(_hash("sort", _text(sort), *map(_value, atoms)) for sort, atoms in sorted(system.scope.items())),
            *(
                _hash("constant", _text(c.name), _type(c.type), _value(c.value))
                for c in sorted(system.constants, key=lambda constant: constant.name)
            ),
            *(_process(process) for process in sorted(system.processes, key=lambda process: process.name)),
            *(self._variable(variable) for variable in system.variables),
            *(_hash("init", self._closed(condition)) for condition in system.init),
            *(self._action(a) for a in sorted(system.actions, key=lambda action: (action.name, action.variant))),
            _hash("terminal", *(() if system.terminal is None else (self._closed(system.terminal),))),
        ]

    def with_properties(self, claims: list[Property]) -> bytes:
        """Return the digest of the system with these properties. The behaviour stays digested, for others."""
        numbers, known = dict(self._numbers), dict(self._known)
        try:
            return self._whole(claims)
        finally:
            self._numbers, self._known = numbers, known

    def _whole(self, claims: list[Property]) -> bytes:
        parts = [
            *self._parts_so_far,
            *(
                _hash("property", _text(claim.kind.value), _text(claim.name), self._closed(claim.formula))
                for claim in sorted(claims, key=lambda claim: claim.name)
            ),
        ]
        done = 0
        while done < len(self._numbers):  # those that operators call follow
            name = list(self._numbers)[done]
            operator = self.system.operators[name]
            bound = _NOTHING_BOUND.inside(operator.params)
            parts.append(_hash("operator", _text(_base(name)), _int(bound.depth), self._expr(operator.body, bound)))
            done += 1
        return _hash("system", *parts)

    def _variable(self, variable: Variable) -> bytes:
        initial = () if variable.initial is None else (self._closed(variable.initial),)
        how = _int(int(variable.any_of))
        return _hash("variable", _text(variable.name), _type(variable.type), how, *initial)

    def _action(self, action: Action) -> bytes:
        bound = _NOTHING_BOUND
        parts = [_text(action.name), _int(action.variant)]
        for clause in action.clauses:
            match clause:
                case Pick(name, domain):
                    parts.append(_hash("pick", _text(name), self._expr(domain, bound)))
                    bound = bound.inside((name,))
                case Bind(name, value):
                    parts.append(_hash("bind", self._expr(value, bound)))
                    bound = bound.inside((name,))
                case Guard(condition):
                    parts.append(_hash("guard", self._expr(condition, bound)))
                case Assertion(condition):
                    parts.append(_hash("assertion", self._expr(condition, bound)))
                case _:
                    assert_never(clause)
        parts.extend(self._update(update, bound) for update in action.updates)
        return _hash("action", *parts)

    def _update(self, update: Assignment, bound: _Bound) -> bytes:
        return _hash("update", _text(update.variable), self._expr(update.value, bound))

    # -------------------------------------------------------------------------------------- expressions

    def _closed(self, expr: Expr) -> bytes:
        return self._expr(expr, _NOTHING_BOUND)

    def _expr(self, expr: Expr, bound: _Bound) -> bytes:
        """Return the digest of a term, in which names that are bound around it count by where they are bound."""
        key = (id(expr), tuple([bound.distance(name) for name in sorted(self._free_in(expr))]))
        found = self._known.get(key)
        if found is None:
            self._kept.append(expr)
            found = self._known[key] = _hash(type(expr).__name__, *self._parts(expr, bound))
        return found

    def _parts(self, expr: Expr, bound: _Bound) -> list[bytes]:
        match expr:
            case Lit(value):
                return [_value(value)]
            case Local(name):
                distance = bound.distance(name)
                return [_int(distance)] if distance else [_text(name)]
            case Call(operator, args):
                number = self._numbers.setdefault(operator, len(self._numbers))
                return [_int(number), *[self._expr(arg, bound) for arg in args]]
            case Let(name, value, body):
                return [self._expr(value, bound), self._expr(body, bound.inside((name,)))]
            case Forall(binders, body) | Exists(binders, body) | Lambda(binders, body) | Map(body, binders):
                names = tuple(binder.name for binder in binders)
                domains = [self._expr(binder.domain, bound) for binder in binders]
                return [*domains, self._expr(body, bound.inside(names))]
            case Choose(binder, body, unique):
                inside = self._expr(body, bound.inside((binder.name,)))
                return [_int(int(unique)), self._expr(binder.domain, bound), inside]
            case Filter(binder, body):
                return [self._expr(binder.domain, bound), self._expr(body, bound.inside((binder.name,)))]
            case _:
                return [self._part(getattr(expr, each.name), bound) for each in fields(expr) if each.name != "span"]

    def _part(self, part: Any, bound: _Bound) -> bytes:
        """Return the digest of a field of a term that binds nothing."""
        match part:
            case Node():
                return self._expr(part, bound)  # type: ignore[arg-type]  # a `Binder` stands only in terms that bind
            case Enum():
                return _text(part.value)
            case str():
                return _text(part)
            case int():
                return _int(part)
            case None:
                return _hash("nothing")
            case tuple():
                return _hash("sequence", *[self._part(item, bound) for item in part])
            case _:
                return _type(part)

    def _free_in(self, expr: Expr) -> frozenset[str]:
        """Return the names that a term mentions and does not bind itself, and perhaps some that it does."""
        found = self._free.get(id(expr))
        if found is None:
            self._kept.append(expr)
            if isinstance(expr, Local):
                found = frozenset((expr.name,))
            else:
                found = frozenset().union(*[self._free_in(child) for child in children(expr)])
            self._free[id(expr)] = found
        return found


def _base(operator: str) -> str:
    """Return an operator's name without the number that tells instances of it apart."""
    return operator.partition("~")[0]


def _process(process: Process) -> bytes:
    identifiers = () if process.identifiers is None else (_type(process.identifiers),)
    labels = _hash("labels", *map(_text, process.labels))
    return _hash("process", _text(process.name), _text(process.pc), labels, *identifiers)


# ------------------------------------------------------------------------------------------ types, values


def _int(number: int) -> bytes:
    return _hash("integer", str(number).encode())


def _type(of: t.Type) -> bytes:
    match of:
        case t.BoolType():
            return _hash("BOOLEAN")
        case t.RangeType(low, high):
            return _hash("range", _int(low), _int(high))
        case t.EnumType(name, literals):
            return _hash("enum", _text(name), *map(_text, literals))
        case t.SortType(name):
            return _hash("of sort", _text(name))
        case t.UnionType(name, parts):
            return _hash("union", _text(name), *map(_type, parts))
        case t.AmongType(values):
            return _hash("among", *map(_value, values))
        case t.RecordType(items):
            return _hash("record type", *(_hash("field", _text(name), _type(item)) for name, item in items))
        case t.TupleType(items):
            return _hash("tuple type", *map(_type, items))
        case t.FunctionType(domain, target):
            return _hash("function type", _type(domain), _type(target))
        case t.SetType(element):
            return _hash("set type", _type(element))
        case t.SeqType(element, bound):
            return _hash("sequence type", _type(element), _int(bound))
        case t.OptionType(element):
            return _hash("option type", _type(element))
        case _:
            assert_never(of)


def _value(value: Value) -> bytes:
    match value:
        case bool():
            return _hash("truth", _int(int(value)))
        case int():
            return _int(value)
        case Atom(family, index, label):
            return _hash("atom", _text(family), _int(index), _text(label))
        case Nothing():
            return _hash("None")
        case Some(inner):
            return _hash("Some", _value(inner))
        case Record(items):
            return _hash("record", *(_hash("field", _text(name), _value(item)) for name, item in items))
        case Function(pairs):
            return _hash("function", *(_hash("pair", _value(a), _value(v)) for a, v in pairs))
        case tuple():
            return _hash("tuple", *map(_value, value))
        case frozenset():
            return _hash("set", *map(_value, ordered(value)))


def value_digest(values: Iterable[Value]) -> str:
    """Return a digest of values in this order."""
    return PREFIX + _hash("values", *map(_value, values)).hex()
