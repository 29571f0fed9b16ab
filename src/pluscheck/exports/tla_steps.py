"""A system prepared for TLA+: beside each thing that is evaluated, where it is defined."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import assert_never

from pluscheck.core import exprs as e
from pluscheck.core.system import (
    Action,
    Assertion,
    Assignment,
    Bind,
    Clause,
    Guard,
    Operator,
    Pick,
    Property,
    PropertyKind,
    TransitionSystem,
)
from pluscheck.core.types import Type
from pluscheck.exports.defined import FALSE, NO_NAMES, Definedness, both, implied, is_false, is_true, negated
from pluscheck.exports.inference import Inference
from pluscheck.exports.tla_parts import Families, families_of, unprimed


@dataclass(frozen=True, slots=True)
class Guarded:
    """An expression, and where it is defined."""

    expr: e.Expr
    defined: e.Expr

    @property
    def true(self) -> e.Expr:
        """It is defined and true."""
        return both((self.defined, self.expr))

    @property
    def kept(self) -> e.Expr:
        """It is true where it is defined."""
        return implied(self.defined, self.expr)


@dataclass(frozen=True, slots=True)
class Step:
    """An action: its clauses and updates with where each is defined; where some step of it faults; where some step of it changes nothing."""

    action: Action
    clauses: tuple[tuple[Clause, e.Expr], ...]
    updates: tuple[tuple[Assignment, e.Expr], ...]
    fault: e.Expr
    idle: e.Expr


@dataclass(frozen=True, slots=True)
class Claim:
    """A property, and of a transition property also what it says of steps that change nothing."""

    property: Property
    formula: Guarded
    idle: Guarded | None


@dataclass(frozen=True, slots=True)
class Prepared:
    """All that is evaluated, and the operators and types for it."""

    initial: tuple[Guarded | None, ...]
    init: tuple[Guarded, ...]
    steps: tuple[Step, ...]
    claims: tuple[Claim, ...]
    terminal: Guarded | None
    operators: Mapping[str, Operator]
    families: Families
    inference: Inference
    choices: Mapping[e.Choose, Type]


def prepared(system: TransitionSystem) -> Prepared:
    """Return the system with where everything is defined."""
    families = families_of(system)
    idle: dict[str, e.Expr] = {}
    more: dict[str, Operator] = {}
    for claim in system.properties:
        if claim.kind is PropertyKind.TRANSITION:
            idle[claim.name], made = unprimed(claim.formula, system.operators)
            more.update(made)
    whole = replace(system, operators={**system.operators, **more})
    inference = Inference(whole, families.atoms)
    defined = Definedness(whole, inference)

    def guarded(expr: e.Expr) -> Guarded:
        return Guarded(expr, defined.of(expr))

    return Prepared(
        initial=tuple([None if v.initial is None else guarded(v.initial) for v in system.variables]),
        init=tuple(map(guarded, system.init)),
        steps=tuple([_step(action, defined, inference) for action in system.actions]),
        claims=tuple(
            [
                Claim(claim, guarded(claim.formula), guarded(idle[claim.name]) if claim.name in idle else None)
                for claim in system.properties
            ]
        ),
        terminal=None if system.terminal is None else guarded(system.terminal),
        operators={**whole.operators, **defined.operators},
        families=families,
        inference=inference,
        choices=defined.choices,
    )


def _step(action: Action, defined: Definedness, inference: Inference) -> Step:
    names = NO_NAMES
    clauses: list[tuple[Clause, e.Expr]] = []
    for clause in action.clauses:
        match clause:
            case Pick(name, domain):
                clauses.append((clause, defined.of(domain, names)))
                names = names.values({name: inference.types.element(inference.of(domain, names.types))})
            case Bind(name, value):
                clauses.append((clause, defined.of(value, names)))
                names = names.values({name: inference.of(value, names.types)})
            case Guard(condition) | Assertion(condition):
                clauses.append((clause, defined.of(condition, names)))
    updates = [(update, defined.of(update.value, names)) for update in action.updates]
    fault = negated(both(there for _, there in updates))
    idle = both(e.Eq(_bare(update.value), e.Var(update.variable)) for update, _ in updates)
    idle = both((*[there for _, there in updates], idle))
    for clause, there in reversed(clauses):
        some: e.Expr
        match clause:
            case Pick(name, domain):
                some = FALSE if is_false(fault) else e.Exists((e.Binder(name, domain),), fault)
                idle = both((there, e.Exists((e.Binder(name, domain),), idle)))
            case Bind(name, value):
                some = FALSE if is_false(fault) else e.Let(name, value, fault)
                idle = both((there, e.Let(name, value, idle)))
            case Guard(condition):
                some = FALSE if is_false(fault) else both((condition, fault))
                idle = both((there, condition, idle))
            case Assertion(condition):
                some = e.Not(condition) if is_false(fault) else e.Or((e.Not(condition), fault))
                idle = both((there, condition, idle))
            case _:
                assert_never(clause)
        fault = some if is_true(there) else e.Not(there) if is_false(some) else e.Or((e.Not(there), some))
    return Step(action, tuple(clauses), tuple(updates), fault, idle)


def _bare(value: e.Expr) -> e.Expr:
    return value.operand if isinstance(value, e.Check) else value
