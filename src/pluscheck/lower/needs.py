"""What a model says it needs, as sets of protections."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from itertools import combinations

from pluscheck.base.codes import Code
from pluscheck.base.diagnostics import Label
from pluscheck.core.switches import Argument, Protection, closure, protections_of
from pluscheck.core.system import Constant, Needs
from pluscheck.core.types import Scope
from pluscheck.core.values import Value
from pluscheck.lang import syntax as s
from pluscheck.lang.elaborated import Elaborated
from pluscheck.lower.problems import Problems

Evaluate = Callable[[s.Expr], Value]


def needs_of(
    elaborated: Elaborated,
    model: s.ModelDecl | None,
    constants: Iterable[Constant],
    scope: Scope,
    evaluate: Evaluate,
    problems: Problems,
) -> tuple[Needs, ...]:
    """Return what a model says it needs, without what those say that it extends. `evaluate` raises Abandoned."""
    by_name = {c.name: c for c in constants}
    found: list[Needs] = []
    for entry in () if model is None else model.entries:
        if not isinstance(entry, s.NeedsEntry):
            continue
        asked = [c for c in by_name.values() if elaborated.constants[c.name].is_switch and not c.parts]
        if entry.order is not None:
            asked = [by_name[entry.order.name]]
        of = tuple([p for constant in asked for p in protections_of(constant, scope)])
        sets = [
            _set(one, of, elaborated, scope, evaluate, problems, of_order=entry.order is not None) for one in entry.sets
        ]
        _check_minimal(entry, sets, problems)
        told = tuple([tuple([p.name for i, p in enumerate(of) if setting >> i & 1]) for setting in sets])
        found.append(Needs(None if entry.order is None else entry.order.name, told, entry.span))
    return tuple(found)


def _set(
    one: Sequence[s.Protection | s.Constraint],
    of: Sequence[Protection],
    elaborated: Elaborated,
    scope: Scope,
    evaluate: Evaluate,
    problems: Problems,
    *,
    of_order: bool,
) -> int:
    """Return a set as a setting, with all constraints that follow from those in it."""
    setting = 0
    for need in one:
        if isinstance(need, s.Constraint):
            meant = {f"{need.first.name} before {need.second.name}"}
        elif of_order or (need.name.name in s.ALL_OR_NONE and need.name.name not in {p.switch for p in of}):
            meant = {p.name for p in of} if need.name.name == "all" else set()
        else:
            meant = _meant(need, of, elaborated, scope, evaluate)
            if not meant:
                names = ", ".join([f"`{p.name}`" for p in of if p.switch == need.name.name][:10])
                problems.report(
                    Code.NO_PROTECTION,
                    f"`{need.span.text}` is no element of the switch",
                    need.span,
                    f"there are {names}",
                )
        bits = sum(1 << i for i, p in enumerate(of) if p.name in meant)
        if setting & bits:
            problems.report(Code.DUPLICATE_NAME, f"`{need.span.text}` is there twice", need.span, "again here")
        setting |= bits
    return closure(of, setting)


def _meant(
    need: s.Protection, of: Sequence[Protection], elaborated: Elaborated, scope: Scope, evaluate: Evaluate
) -> set[str]:
    """Return the protections that are meant: all of the switch, or those at an index; the name of a sort stands for all its elements."""
    levels: list[list[frozenset[Value]]] = []
    for step in need.path:
        assert isinstance(step, s.IndexStep)  # no element of a switch is a record
        levels.append(
            [
                frozenset(
                    scope[arg.name] if isinstance(arg, s.Name) and arg.name in elaborated.sorts else (evaluate(arg),)
                )
                for arg in step.args
            ]
        )
    return {p.name for p in of if p.switch == need.name.name and all(_is_at(a, levels) for a in p.arguments)}


def _is_at(argument: Argument, levels: Sequence[Sequence[frozenset[Value]]]) -> bool:
    """Return whether an argument of a switch begins as an index says."""
    for value, asked in zip(argument, levels, strict=False):
        if len(asked) == 1:
            if value not in asked[0]:
                return False
        elif not (isinstance(value, tuple) and all(v in each for v, each in zip(value, asked, strict=True))):
            return False
    return True


def _check_minimal(entry: s.NeedsEntry, sets: Sequence[int], problems: Problems) -> None:
    """Report sets of which one is a part of another: not both can be minimal."""
    for (i, a), (j, b) in combinations(enumerate(sets), 2):
        if a & b in (a, b):
            smaller, larger = (entry.sets[i], entry.sets[j]) if a & b == a else (entry.sets[j], entry.sets[i])
            problems.report(
                Code.NO_PROTECTION,
                "two sets are the same" if a == b else "one of the sets is a part of another",
                larger[0].span.to(larger[-1].span),
                "this one is not minimal",
                secondary=(Label(smaller[0].span.to(smaller[-1].span), "what is needed is no more than this"),),
            )
