"""Protections: what can be switched off in a model, as constants and as variables that never change.

A system with free switches is an ordinary one: each switch is a variable that starts with any value and that no action assigns. What
is reachable in it is what is reachable in some setting, and its states tell in which.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import combinations, product
from typing import Any, assert_never

from pluscheck.core import exprs as e
from pluscheck.core import types as t
from pluscheck.core.evaluator import deep_recursion
from pluscheck.core.system import (
    Action,
    Assertion,
    Bind,
    Clause,
    Constant,
    Guard,
    Pick,
    Property,
    PropertyKind,
    State,
    TransitionSystem,
    Variable,
)
from pluscheck.core.values import NOTHING, Atom, Function, Record, Value, show
from pluscheck.core.walk import subterms

Setting = int
"""Which protections are on: bit number i says so of the i-th."""

SETTINGS = "@settings"
"""The name of the lemma that says which settings are considered; no specification has such a name."""

Argument = tuple[Value, ...]
"""What a switch that is a function is applied to, one after the other."""


@dataclass(frozen=True, slots=True)
class Protection:
    """What is switched on or off as a whole: one element of a switch, or all those that only differ in elements of sorts, which nothing tells apart.

    `formula` says over the variable that the switch becomes that it is on, `off` that it is off; where it has one argument these are opposites. Of a constraint on an order,
    that one part comes before another, `parts` are the numbers of the two.
    """

    name: str
    switch: str
    arguments: tuple[Argument, ...]
    formula: e.Expr
    off: e.Expr
    parts: tuple[int, int] | None = None


def protections(system: TransitionSystem) -> tuple[Protection, ...]:
    """Return the protections in the order of declaration."""
    return tuple([found for c in system.constants if c.is_switch for found in protections_of(c, system.scope)])


def closing(of: Sequence[Protection]) -> tuple[tuple[int, int, int], ...]:
    """Return which constraints on an order follow from which: the third of each, by their numbers, from the first two.

    A before B and B before C say that A is before C. So a set of constraints means what its closure does, and the closed sets are all that there is to say.
    """
    number = {p.parts: i for i, p in enumerate(of) if p.parts is not None}
    return tuple(
        [
            (number[a, b], number[b2, c], number[a, c])
            for a, b in number
            for b2, c in number
            if b == b2 and (a, c) in number
        ]
    )


def closure(of: Sequence[Protection], setting: Setting) -> Setting:
    """Return the setting with all that follows from it."""
    follows = closing(of)
    while True:
        more = sum({1 << c for a, b, c in follows if setting >> a & 1 and setting >> b & 1 and not setting >> c & 1})
        if not more:
            return setting
        setting |= more


def own_setting(system: TransitionSystem, of: Sequence[Protection]) -> Setting:
    """Return the model's own setting; what is on only in part counts as off."""
    values = {c.name: c.value for c in system.constants}
    return sum(1 << i for i, p in enumerate(of) if all(_at(values[p.switch], a) for a in p.arguments))


def with_setting(system: TransitionSystem, of: Sequence[Protection], setting: Setting) -> TransitionSystem:
    """Return the system in a setting."""
    on = {(p.switch, a): bool(setting >> i & 1) for i, p in enumerate(of) for a in p.arguments}

    def value(constant: Constant) -> Value:
        return _with(constant.value, lambda argument: on[constant.name, argument], ())

    constants = tuple(replace(c, value=value(c)) if c.is_switch else c for c in system.constants)
    return replace(system, constants=constants)


def settings_of(system: TransitionSystem, of: Sequence[Protection]) -> Callable[[State], Setting]:
    """Return a function from states of the system with free switches to the setting that they are in.

    Of a protection of several elements, which are all on or all off in every state that is reached, it is enough that one is on.
    """
    position = {variable.name: i for i, variable in enumerate(system.variables)}

    def setting(state: State) -> Setting:
        return sum(1 << i for i, p in enumerate(of) if any(_at(state[position[p.switch]], a) for a in p.arguments))

    return setting


def with_free_switches(
    system: TransitionSystem, of: Sequence[Protection], within: e.Expr | None = None
) -> TransitionSystem:
    """Return the system with its switches as variables, the first ones, that have any value that `within` is true of, and keep it.

    `within` mentions these variables only. That it stays true is a lemma of the system, `SETTINGS`.
    """
    switches = {c.name for c in system.constants if c.is_switch}
    free = _Freed(switches)
    variables = [Variable(c.name, c.type, None, any_of=False, span=c.span) for c in system.constants if c.is_switch]
    variables += [replace(v, initial=_initial(v, system, free, within)) for v in system.variables]
    allowed: list[e.Expr] = [e.Or((p.formula, p.off)) for p in of if len(p.arguments) > 1]
    if within is not None:
        allowed.append(within)
    lemma = Property(PropertyKind.LEMMA, SETTINGS, e.And(tuple(allowed)) if allowed else e.Lit(True), system.span)
    with deep_recursion(system.span):
        return replace(
            system,
            constants=tuple(c for c in system.constants if not c.is_switch),
            variables=tuple(variables),
            init=(*allowed, *map(free.expr, system.init)),
            actions=tuple(map(free.action, system.actions)),
            properties=(*(replace(p, formula=free.expr(p.formula)) for p in system.properties), lemma),
            terminal=None if system.terminal is None else free.expr(system.terminal),
            operators={n: replace(o, body=free.expr(o.body)) for n, o in system.operators.items()},
        )


def start_depends(system: TransitionSystem) -> bool:
    """Return whether what the initial states are may depend on a switch: then there may be settings without any."""
    return _depends(system, [*system.init, *[v.initial for v in system.variables if v.initial is not None]])


def _initial(variable: Variable, system: TransitionSystem, free: _Freed, within: e.Expr | None) -> e.Expr | None:
    """Return what a variable is at first, in a system with free switches.

    In settings that are not considered that need not be defined: some value takes its place, and the initial conditions rule such states out.
    """
    if variable.initial is None:
        return None
    initial = free.expr(variable.initial)
    if within is None or not _depends(system, [variable.initial]):
        return initial
    some: e.Expr = e.Lit(_some_value(variable.type, system.scope))
    return e.Ite(within, initial, e.SetLit((some,)) if variable.any_of else some, span=initial.span)


def _some_value(of: t.Type, scope: t.Scope) -> Value:
    """Return some value of a type."""
    match of:
        case t.SetType():
            return frozenset()
        case t.SeqType():
            return ()
        case t.OptionType():
            return NOTHING
        case t.RecordType(fields):
            return Record.of({name: _some_value(item, scope) for name, item in fields})
        case t.TupleType(items):
            return tuple([_some_value(item, scope) for item in items])
        case t.FunctionType(domain, target):
            value = _some_value(target, scope)
            return Function.of(dict.fromkeys(t.values_of(domain, scope), value))
        case _:
            return next(t.values_of(of, scope))


def _depends(system: TransitionSystem, roots: Sequence[e.Expr]) -> bool:
    """Return whether the value of some expression may depend on a switch."""
    switches = {c.name for c in system.constants if c.is_switch}
    pending = list(roots)
    called: set[str] = set()
    while pending:
        for part in list(subterms([pending.pop()])):
            match part:
                case e.Const(name) if name in switches:
                    return True
                case e.Call(operator) if operator not in called:
                    called.add(operator)
                    pending.append(system.operators[operator].body)
                case _:
                    pass
    return False


def as_constants(formulas: Sequence[e.Expr], system: TransitionSystem) -> tuple[e.Expr, ...]:
    """Return formulas over a system with free switches as formulas over `system`, in which they are constants."""
    fixed = _Fixed({c.name for c in system.constants if c.is_switch})
    with deep_recursion(system.span):
        return tuple(map(fixed.expr, formulas))


def as_variables(formulas: Sequence[e.Expr], system: TransitionSystem) -> tuple[e.Expr, ...]:
    """Return formulas over `system` as formulas over the one with free switches."""
    free = _Freed({c.name for c in system.constants if c.is_switch})
    with deep_recursion(system.span):
        return tuple(map(free.expr, formulas))


# ------------------------------------------------------------------------------------------ protections


@dataclass(frozen=True, slots=True)
class _Index:
    """One argument, or any element of a sort (`sort`): how it is written, which values it stands for."""

    text: str
    values: tuple[Value, ...]
    sort: t.SortType | None


def _of_order(constant: Constant) -> Iterator[Protection]:
    """Yield the constraints on an order."""
    for i, j in combinations(range(len(constant.parts)), 2):
        name = f"{constant.parts[i]} before {constant.parts[j]}"
        pair = next(
            a for a in _domain(constant.value) if (_label(a, 0), _label(a, 1)) == (constant.parts[i], constant.parts[j])
        )
        on = e.App(e.Var(constant.name, span=constant.span), e.Lit(pair), span=constant.span)
        yield Protection(name, constant.name, ((pair,),), on, e.Not(on), (i, j))


def _domain(value: Value) -> tuple[Value, ...]:
    if not isinstance(value, Function):
        raise TypeError(f"{value!r} says nothing of an order")
    return tuple([argument for argument, _ in value.pairs])


def _label(pair: Value, which: int) -> str:
    """Return the name of one of two parts."""
    if not isinstance(pair, tuple) or not isinstance(part := pair[which], Atom):
        raise TypeError(f"{pair!r} is no pair of parts")
    return part.label


def protections_of(constant: Constant, scope: t.Scope) -> Iterator[Protection]:
    """Yield the protections that a switch has."""
    if constant.parts:
        yield from _of_order(constant)
        return
    levels: list[list[tuple[_Index, ...]]] = []
    of = constant.type
    while isinstance(of, t.FunctionType):
        parts = of.domain.items if isinstance(of.domain, t.TupleType) else (of.domain,)
        levels.append(list(product(*[_indices(part, scope) for part in parts])))
        of = of.range
    choices = list(product(*levels))
    for chosen in choices:
        told = "".join(f"[{', '.join(i.text for i in level)}]" for level in chosen) if len(choices) > 1 else ""
        binders: list[e.Binder] = []
        applied: e.Expr = e.Var(constant.name, span=constant.span)
        arguments: list[Argument] = [()]
        for level in chosen:
            terms: list[e.Expr] = []
            for index in level:
                if index.sort is None:
                    terms.append(e.Lit(index.values[0]))
                else:
                    binders.append(e.Binder(f"element{len(binders) + 1}", e.AllOf(index.sort)))
                    terms.append(e.Local(binders[-1].name))
            applied = e.App(applied, terms[0] if len(terms) == 1 else e.MakeTuple(tuple(terms)), span=constant.span)
            values = [v[0] if len(level) == 1 else v for v in product(*[index.values for index in level])]
            arguments = [(*before, value) for before in arguments for value in values]
        formula: e.Expr = e.Forall(tuple(binders), applied) if binders else applied
        off: e.Expr = e.Forall(tuple(binders), e.Not(applied)) if binders else e.Not(applied)
        yield Protection(f"{constant.name}{told}", constant.name, tuple(arguments), formula, off)


def _indices(of: t.Type, scope: t.Scope) -> list[_Index]:
    match of:
        case t.SortType(name):
            return [_Index(name, scope[name], of)]
        case t.UnionType(_, parts):
            return [index for part in parts for index in _indices(part, scope)]
        case _:
            return [_Index(show(value), (value,), None) for value in t.values_of(of, scope)]


def _at(value: Value, arguments: Argument) -> bool:
    for argument in arguments:
        if not isinstance(value, Function):
            raise TypeError(f"{value!r} is applied to {argument!r}")
        value = value.mapping[argument]
    return value is True


def _with(value: Value, on: Callable[[Argument], bool], so_far: Argument) -> Value:
    """Return the value with each of its Booleans replaced."""
    if isinstance(value, Function):
        return Function(tuple((a, _with(inner, on, (*so_far, a))) for a, inner in value.pairs))
    return on(so_far)


# ---------------------------------------------------------------------------------------- replacing


class _Renamed:
    """Replaces terms; what is shared stays shared."""

    def __init__(self, new: Callable[[e.Expr], e.Expr | None]) -> None:
        self._new = new
        self._made: dict[int, tuple[Any, Any]] = {}
        """By `id`: the term, so that it is not used again, and what it has become."""

    def expr(self, of: e.Expr) -> e.Expr:
        """Return the expression with all terms in it replaced."""
        result: e.Expr = self._rebuilt(of)
        return result

    def _rebuilt(self, part: Any) -> Any:
        match part:
            case e.Lit():
                return part
            case e.Node():
                if id(part) not in self._made:
                    self._made[id(part)] = (part, self._node(part))
                return self._made[id(part)][1]
            case tuple():
                items = tuple([self._rebuilt(item) for item in part])
                return part if all(a is b for a, b in zip(items, part, strict=True)) else items
            case _:
                return part

    def _node(self, part: Any) -> Any:
        new = self._new(part)
        if new is not None:
            return new
        fields = {name: getattr(part, name) for name in part.__match_args__}
        changed = {name: self._rebuilt(value) for name, value in fields.items()}
        return replace(part, **changed) if any(changed[n] is not fields[n] for n in fields) else part


class _Freed(_Renamed):
    """Makes variables of switches."""

    def __init__(self, switches: set[str]) -> None:
        def new(part: e.Expr) -> e.Expr | None:
            if isinstance(part, e.Const) and part.name in switches:
                return e.Var(part.name, span=part.span)
            return None

        super().__init__(new)

    def action(self, of: Action) -> Action:
        """Return an action with free switches."""
        updates = tuple(replace(u, value=self.expr(u.value)) for u in of.updates)
        return replace(of, clauses=tuple(map(self._clause, of.clauses)), updates=updates)

    def _clause(self, of: Clause) -> Clause:
        match of:
            case Pick():
                return replace(of, domain=self.expr(of.domain))
            case Guard() | Assertion():
                return replace(of, condition=self.expr(of.condition))
            case Bind():
                return replace(of, value=self.expr(of.value))
            case _:
                assert_never(of)


class _Fixed(_Renamed):
    """Makes constants of the variables that switches have become."""

    def __init__(self, switches: set[str]) -> None:
        def new(part: e.Expr) -> e.Expr | None:
            if isinstance(part, e.Var) and part.name in switches:
                return e.Const(part.name, span=part.span)
            return None

        super().__init__(new)
