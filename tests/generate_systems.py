"""Random small transition systems over the variables of `generate`, for laws about engines."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from itertools import count
from typing import Any

from hypothesis import strategies as st

from generate import (
    BOOL,
    ELEMENTS,
    INT,
    PAGE,
    POOL,
    SYSTEM,
    VARIABLES,
    Draw,
    ExpressionBuilder,
    erased,
    numbered,
    typed_expressions,
    values,
)
from pluscheck.core.exprs import Check, Compare, Comparison, Expr, Lit, Local, SetLit
from pluscheck.core.system import (
    Action,
    Assertion,
    Assignment,
    Bind,
    Clause,
    Guard,
    Pick,
    Property,
    PropertyKind,
    TransitionSystem,
    Variable,
)
from pluscheck.core.types import SetType, Type


class _SystemBuilder:
    def __init__(self, draw: Draw) -> None:
        self.draw = draw
        self.expressions = ExpressionBuilder(draw)

    def expression(self, of: Type, bound: Mapping[str, Type], *, primes: bool = False) -> Expr:
        return self.expressions.expression(of, 2, bound, primes=primes)

    def variable(self, name: str, of: Type) -> Variable:
        if self.draw(st.integers(0, 9)) == 9:
            chosen = self.draw(st.lists(values(of), min_size=1, max_size=2))
            return Variable(name, of, SetLit(tuple(Lit(value) for value in chosen)), any_of=True)
        return Variable(name, of, Lit(self.draw(values(of))), any_of=False)

    def clause(self, name: str, bound: dict[str, Type]) -> Clause:
        kind = self.draw(st.sampled_from(("guard", "guard", "pick", "bind", "assertion")))
        if kind == "pick":
            of = self.draw(st.sampled_from(ELEMENTS))
            domain = self.expression(SetType(of), bound)
            bound[name] = of
            return Pick(name, domain)
        if kind == "bind":
            of = self.draw(st.sampled_from(POOL))
            value = self.expression(of, bound)
            bound[name] = of
            return Bind(name, value)
        condition = self.expression(BOOL, bound)
        return Guard(condition) if kind == "guard" else Assertion(condition)

    def action(self, number: int) -> Action:
        bound: dict[str, Type] = {}
        clauses = tuple(self.clause(f"p{i}", bound) for i in range(self.draw(st.integers(0, 3))))
        assigned = self.draw(st.lists(st.sampled_from(list(VARIABLES)), min_size=1, max_size=3, unique=True))
        updates = tuple(
            Assignment(name, Check(self.expression(erased(VARIABLES[name]), bound), VARIABLES[name]))
            for name in assigned
        )
        return Action(f"Act{number}", 0, (), clauses, updates)

    def system(self) -> TransitionSystem:
        properties = tuple(
            Property(kind, kind.value.capitalize(), self.expression(BOOL, {}, primes=kind is PropertyKind.TRANSITION))
            for kind in PropertyKind
        )
        return replace(
            SYSTEM,
            variables=tuple(self.variable(name, of) for name, of in VARIABLES.items()),
            actions=tuple(self.action(number) for number in range(self.draw(st.integers(1, 3)))),
            properties=properties,
            terminal=self.expression(BOOL, {}),
        )


def _placed(system: TransitionSystem) -> TransitionSystem:
    """Return the system with a place of its own for each node and clause."""
    spans = count()

    def placed(part: Any, field: str) -> Any:
        numbered_part = numbered(getattr(part, field), spans)
        return replace(part, **{field: numbered_part}, span=numbered(_ANY_NODE, spans).span)

    def placed_clause(clause: Clause) -> Clause:
        match clause:
            case Pick():
                return placed(clause, "domain")
            case Bind():
                return placed(clause, "value")
            case Guard() | Assertion():
                return placed(clause, "condition")

    return replace(
        system,
        init=numbered(system.init, spans),
        actions=tuple(
            replace(
                action,
                clauses=tuple(placed_clause(clause) for clause in action.clauses),
                updates=tuple(placed(update, "value") for update in action.updates),
            )
            for action in system.actions
        ),
        properties=tuple(placed(claim, "formula") for claim in system.properties),
        terminal=numbered(system.terminal, spans),
    )


_ANY_NODE = SetLit(())
"""A node, to take places from."""


@st.composite
def systems(draw: Draw) -> TransitionSystem:
    """Systems in which a step may do anything that an expression can say, and fault in any way."""
    return _placed(_SystemBuilder(draw).system())


_ASSIGNABLE = [name for name, of in VARIABLES.items() if erased(of) in POOL]


@st.composite
def conditioned_systems(draw: Draw) -> TransitionSystem:
    """Systems with conditions on initial states, some variables that start with anything, and steps that mostly do not fault."""
    variables = []
    for variable in SYSTEM.variables:
        free = variable.name in ("b", "mode") and draw(st.booleans())
        variables.append(variable if free else replace(variable, initial=Lit(draw(values(variable.type)))))
    actions = tuple(_plain_action(draw, f"A{number}") for number in range(draw(st.integers(1, 3))))
    kinds = (PropertyKind.INVARIANT, PropertyKind.TRANSITION, PropertyKind.WITNESS)
    properties = tuple(
        Property(kind, kind.name, draw(typed_expressions(BOOL, 2, primes=kind is PropertyKind.TRANSITION)))
        for kind in kinds
    )
    terminal = draw(st.none() | typed_expressions(BOOL, 1))
    init = tuple(draw(st.lists(typed_expressions(BOOL, 1), max_size=1)))
    made = replace(
        SYSTEM, variables=tuple(variables), actions=actions, properties=properties, terminal=terminal, init=init
    )
    return _placed(made)


def _plain_action(draw: Draw, name: str) -> Action:
    clauses: list[Clause] = []
    if draw(st.booleans()):
        clauses.append(Pick("p", draw(typed_expressions(SetType(PAGE), 2))))
    if draw(st.booleans()):
        clauses.append(Guard(draw(typed_expressions(BOOL, 2))))
    if draw(st.booleans()):
        clauses.append(Bind("k", draw(typed_expressions(INT, 2))))
        clauses.append(Assertion(Compare(Comparison.LE, Local("k"), Lit(3))))
    names = draw(st.lists(st.sampled_from(_ASSIGNABLE), min_size=1, max_size=2, unique=True))
    updates = []
    for variable in names:
        of = VARIABLES[variable]
        updates.append(Assignment(variable, Check(draw(typed_expressions(erased(of), 2)), of)))
    return Action(name, 0, (), tuple(clauses), tuple(updates))
