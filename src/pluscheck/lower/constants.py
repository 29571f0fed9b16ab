"""The values of constants in one model, by the reference evaluator, each when it is first asked for."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from types import MappingProxyType

from pluscheck.base.codes import Code
from pluscheck.base.diagnostics import Label
from pluscheck.base.errors import InternalError
from pluscheck.base.source import Span
from pluscheck.core import exprs as e
from pluscheck.core import types as t
from pluscheck.core.evaluator import MAX_EFFORT, Effort, Environment, Fault, outermost, value_of
from pluscheck.core.sets import TooLarge
from pluscheck.core.values import Function, Record, Value, show
from pluscheck.core.walk import subterms
from pluscheck.lang import syntax as s
from pluscheck.lang.elaborated import Annotations
from pluscheck.lower.entries import Entries
from pluscheck.lower.expressions import lower_expr
from pluscheck.lower.operators import Operators
from pluscheck.lower.problems import Abandoned, Problems
from pluscheck.lower.surroundings import Env, Home
from pluscheck.lower.types import Arguments

MAX_EFFORT_ON_CONSTANTS = 1_000_000
"""How many terms may be visited for all the constant expressions of a model together: a few seconds."""

_NONE: Arguments = MappingProxyType({})

_SHOWN = 200
"""How many characters of a value a diagnostic shows."""


@dataclass(slots=True)
class Constants:
    """The constants' values, as far as they were asked for."""

    home: Home
    annotations: Annotations
    declared: Mapping[str, s.ConstDecl]
    entries: Entries
    scope: t.Scope
    operators: Operators
    problems: Problems
    open_switches: frozenset[str] = frozenset()
    """Those that have any value, so that nothing else may depend on the one that the model gives."""
    values: dict[str, Value] = field(default_factory=dict)
    _effort: Effort = field(default_factory=lambda: _effort_left(MAX_EFFORT_ON_CONSTANTS))
    _under_way: list[str] = field(default_factory=list)
    _abandoned: set[str] = field(default_factory=set)

    def value(self, name: str) -> Value:
        """Return a constant's value. Raises Abandoned."""
        if name in self._abandoned:
            raise Abandoned
        if name not in self.values:
            if name in self._under_way:
                raise self._cycle(name)
            self._under_way.append(name)
            try:
                self.values[name] = self._determined(self.declared[name])
            except Abandoned:
                self._abandoned.add(name)
                raise
            finally:
                self._under_way.pop()
        return self.values[name]

    def evaluated(self, expr: s.Expr, annotations: Annotations, params: Arguments = _NONE) -> Value:
        """Return the value of a constant expression; `params` where it stands in a generic type. Raises Abandoned."""
        names = {name: _as_expr(argument) for name, argument in params.items()}
        return self._evaluated(lower_expr(expr, Env(self.home, annotations, names)), expr.span)

    def _open_switch(self, parts: list[e.Expr]) -> str | None:
        """Return a switch among the terms that may have any value, if there is one; what a switch's own value is may mention others."""
        if not self.open_switches or (self._under_way and self._under_way[-1] in self.open_switches):
            return None
        named = (part.name for part in parts if isinstance(part, e.Const))
        return next((name for name in named if name in self.open_switches), None)

    def known(self, expr: e.Expr) -> Value | None:
        """Return the value of an expression if it depends on nothing but constants, and has one that is not too large. Raises Abandoned."""
        try:
            parts = self._with_operators(expr)
            if any(isinstance(part, e.Var) for part in parts) or _free_locals(expr):
                return None
            if self._open_switch(parts) is not None:
                return None
            return self._plainly_evaluated(expr, parts)
        except (Fault, TooLarge):
            return None

    def _determined(self, decl: s.ConstDecl) -> Value:
        name = decl.name.name
        given = self.entries.values.get(name, [])
        whole = [entry for entry in given if not entry.path]
        source = whole[-1].value if whole else decl.default
        if source is None:
            raise self.problems.abandon(
                Code.MISSING_CONSTANT,
                f"the model gives no value for `{name}`",
                self.entries.span,
                "in this model",
                secondary=(Label(decl.span, "declared here, with no default"),),
                remedy=f"add `{name} = …;` to the model, or a default to the declaration",
            )
        value = self.evaluated(source, self.annotations)
        span = source.span
        for entry in given:
            if entry.path:
                value = self._replaced(value, entry.path, self.evaluated(entry.value, self.annotations))
                span = entry.span
        of = self.home.type_of(decl.type, self.annotations)
        if not t.is_member(value, of, self.scope):
            raise self.problems.abandon(
                Code.BAD_CONSTANT_VALUE,
                f"the value of `{name}` is not of its type",
                span,
                f"this is {_shown(value)}",
                secondary=(Label(decl.type.span, "the type"),),
            )
        return value

    def _replaced(self, whole: Value, path: tuple[s.IndexStep | s.FieldStep, ...], part: Value) -> Value:
        """Return the value with the part at the end of the path replaced. Raises Abandoned."""
        if not path:
            return part
        step, rest = path[0], path[1:]
        match step, whole:
            case s.FieldStep(name), Record():
                return whole.with_field(name.name, self._replaced(whole[name.name], rest, part))
            case s.IndexStep(args), Function():
                indices = tuple(self.evaluated(arg, self.annotations) for arg in args)
                index: Value = indices[0] if len(indices) == 1 else indices
                if index not in whole.mapping:
                    raise self._outside(index, step.span, f"the domain is {_shown(whole.domain)}")
                return Function.of({**whole.mapping, index: self._replaced(whole.mapping[index], rest, part)})
            case s.IndexStep((arg,)), tuple():
                position = self.evaluated(arg, self.annotations)
                if not isinstance(position, int) or not 1 <= position <= len(whole):
                    raise self._outside(position, step.span, f"there are {len(whole)} elements")
                changed = self._replaced(whole[position - 1], rest, part)
                return (*whole[: position - 1], changed, *whole[position:])
            case _:
                raise InternalError(f"{step} does not lead into {whole!r}")

    def _outside(self, index: Value, span: Span, why: str) -> Abandoned:
        return self.problems.abandon(Code.BAD_CONSTANT_VALUE, f"the constant has no element {_shown(index)}", span, why)

    def _evaluated(self, expr: e.Expr, span: Span) -> Value:
        parts = self._with_operators(expr)
        switch = self._open_switch(parts)
        if switch is not None:
            raise self.problems.abandon(
                Code.STATE_IN_CONSTANT,
                f"a constant, or a type, depends on the switch `{switch}`",
                span,
                "this is to be the same whatever protections are on",
                remedy=f"mention `{switch}` where steps and properties are described, or in an operator that they use",
            )
        try:
            return self._plainly_evaluated(expr, parts)
        except Fault as fault:
            places = () if fault.site.span == span else (Label(span, "while evaluating this"),)
            raise self.problems.abandon(
                Code.FAULT_IN_CONSTANT,
                "this constant expression has no value",
                fault.site.span,
                f"evaluating this is a fault ({fault.site.kind})",
                secondary=places,
                remedy=f"`pluscheck explain {fault.site.kind}` tells what the fault is",
            ) from None
        except TooLarge as error:
            for diagnostic in error.diagnostics:
                self.problems.add(diagnostic)
            raise Abandoned from None

    def _with_operators(self, expr: e.Expr) -> list[e.Expr]:
        """Return all terms of the expression and of the operators that it calls."""
        defined = self.operators.complete()
        parts = list(subterms([expr]))
        reached: set[str] = set()
        position = 0
        while position < len(parts):
            part = parts[position]
            if isinstance(part, e.Call) and part.operator not in reached:
                reached.add(part.operator)
                parts.extend(subterms([defined[part.operator].body]))
            position += 1
        return parts

    def _plainly_evaluated(self, expr: e.Expr, parts: list[e.Expr]) -> Value:
        """Return the expression's value; `parts` are all its terms. Raises Fault, TooLarge and Abandoned."""
        constants = {part.name: self.value(part.name) for part in parts if isinstance(part, e.Const)}
        environment = Environment(self.scope, constants, self.operators.complete(), {})
        return value_of(expr, replace(outermost(environment, ()), effort=self._effort))

    def _cycle(self, name: str) -> Abandoned:
        members = self._under_way[self._under_way.index(name) :]
        return self.problems.abandon(
            Code.CYCLIC_DEFINITION,
            f"the value of `{name}` depends on itself in this model",
            self.declared[name].name.span,
            " → ".join(f"`{member}`" for member in (*members, name)),
        )


def _effort_left(terms: int) -> Effort:
    """Return the effort of an evaluation that has this many terms left to visit."""
    effort = Effort()
    effort.visited = MAX_EFFORT - terms
    return effort


def _as_expr(argument: t.Type | int) -> e.Expr:
    """Return the argument of a generic type as an expression: a number, or the set of the type's values."""
    match argument:
        case int():
            return e.Lit(argument)
        case of:
            return e.AllOf(of)


def _free_locals(expr: e.Expr) -> bool:
    """Return whether an expression mentions a local name that it does not bind itself."""
    bound = {binder.name for part in subterms([expr]) for binder in _binders(part)}
    return any(isinstance(part, e.Local) and part.name not in bound for part in subterms([expr]))


def _binders(expr: e.Expr) -> tuple[e.Binder, ...]:
    match expr:
        case e.Forall(binders, _) | e.Exists(binders, _) | e.Lambda(binders, _) | e.Map(_, binders):
            return binders
        case e.Choose(binder, _, _) | e.Filter(binder, _):
            return (binder,)
        case e.Let(name, value, _):
            return (e.Binder(name, value),)
        case _:
            return ()


def _shown(value: Value) -> str:
    text = show(value)
    return text if len(text) <= _SHOWN else text[:_SHOWN] + "…"
