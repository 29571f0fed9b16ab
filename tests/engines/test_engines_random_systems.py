"""On random small systems, the bounded checker and the exhaustive search find the same, after the same number of steps."""

from __future__ import annotations

from dataclasses import replace
from itertools import count

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from generate import BOOL, INT, PAGE, POOL, SYSTEM, VARIABLES, Draw, erased, numbered, typed_expressions, values
from pluscheck.base.codes import Code
from pluscheck.base.errors import SpecError
from pluscheck.core import exprs as e
from pluscheck.core.system import (
    DEADLOCK,
    FAULTS,
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
)
from pluscheck.core.types import SetType
from pluscheck.engines.bmc import bmc, bmc_z3
from pluscheck.engines.exhaustive import exhaustive
from pluscheck.engines.interface import Budget, Engine, Findings, ignore
from pluscheck.evidence.verdict import Reached, Verdict, Violated

DEPTH = 3
_ASSIGNABLE = [name for name, of in VARIABLES.items() if erased(of) in POOL]


@st.composite
def systems(draw: Draw) -> TransitionSystem:
    """Systems over the variables of `SYSTEM`, most of which start with one value."""
    variables = []
    for variable in SYSTEM.variables:
        free = variable.name in ("b", "mode") and draw(st.booleans())
        variables.append(variable if free else replace(variable, initial=e.Lit(draw(values(variable.type)))))
    actions = tuple(_action(draw, f"A{number}") for number in range(draw(st.integers(1, 3))))
    kinds = (PropertyKind.INVARIANT, PropertyKind.TRANSITION, PropertyKind.WITNESS)
    properties = tuple(
        Property(kind, kind.name, draw(typed_expressions(BOOL, 2, primes=kind is PropertyKind.TRANSITION)))
        for kind in kinds
    )
    terminal = draw(st.none() | typed_expressions(BOOL, 1))
    init = tuple(draw(st.lists(typed_expressions(BOOL, 1), max_size=1)))
    made = replace(
        SYSTEM,
        variables=tuple(variables),
        actions=actions,
        properties=properties,
        terminal=terminal,
        init=init,
    )
    return _placed(made)


def _action(draw: Draw, name: str) -> Action:
    clauses: list[Clause] = []
    if draw(st.booleans()):
        clauses.append(Pick("p", draw(typed_expressions(SetType(PAGE), 2))))
    if draw(st.booleans()):
        clauses.append(Guard(draw(typed_expressions(BOOL, 2))))
    if draw(st.booleans()):
        clauses.append(Bind("k", draw(typed_expressions(INT, 2))))
        clauses.append(Assertion(e.Compare(e.Comparison.LE, e.Local("k"), e.Lit(3))))
    names = draw(st.lists(st.sampled_from(_ASSIGNABLE), min_size=1, max_size=2, unique=True))
    updates = []
    for variable in names:
        of = VARIABLES[variable]
        updates.append(Assignment(variable, e.Check(draw(typed_expressions(erased(of), 2)), of)))
    return Action(name, 0, (), tuple(clauses), tuple(updates))


def _placed(system: TransitionSystem) -> TransitionSystem:
    """Give every expression and clause a place of its own."""
    spans = count(1)

    def clause(old: Clause) -> Clause:
        match old:
            case Pick(_, domain):
                return replace(old, domain=numbered(domain, spans), span=_place(spans))
            case Guard(condition) | Assertion(condition):
                return replace(old, condition=numbered(condition, spans), span=_place(spans))
            case Bind(_, value):
                return replace(old, value=numbered(value, spans), span=_place(spans))

    return replace(
        system,
        init=numbered(system.init, spans),
        actions=tuple(
            replace(
                action,
                clauses=tuple(clause(c) for c in action.clauses),
                updates=tuple(replace(u, value=numbered(u.value, spans)) for u in action.updates),
            )
            for action in system.actions
        ),
        properties=tuple(replace(p, formula=numbered(p.formula, spans)) for p in system.properties),
        terminal=numbered(system.terminal, spans),
    )


def _place(spans: count[int]) -> object:
    return numbered(e.Not(e.Lit(True)), spans).span


def _after(verdict: Verdict) -> int | None:
    return verdict.trace.length if isinstance(verdict, (Violated, Reached)) else None


def _found(findings: Findings) -> object:
    return (
        {name: _after(verdict) for name, verdict in findings.verdicts.items()},
        {site: _after(verdict) for site, verdict in findings.faults.items()},
        findings.first_taken,
    )


WANTED = frozenset({"INVARIANT", "TRANSITION", "WITNESS", DEADLOCK, FAULTS})


@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large])
@given(systems())
def test_engines_find_the_same_in_random_systems(system: TransitionSystem) -> None:
    budget = Budget(depth=DEPTH, states=2000)
    expected = _run(exhaustive, system, budget)
    for engine in (bmc, bmc_z3):
        found = _run(engine, system, budget)
        if isinstance(expected, Findings) and isinstance(found, Findings) and expected.states < budget.states:
            assert _found(found) == _found(expected)
        elif Code.NO_INITIAL_STATE in (expected, found):
            assert found == expected


def _run(engine: Engine, system: TransitionSystem, budget: Budget) -> Findings | Code:
    try:
        return engine(system, WANTED, budget, ignore)
    except SpecError as error:
        return error.diagnostics[0].code
