"""Simultaneous assignments: what stands side by side in `a := e || b := f` must be different places."""

from __future__ import annotations

from pluscheck.base.codes import Code
from pluscheck.base.diagnostics import Label
from pluscheck.lang import syntax as s
from pluscheck.lang.findings import Findings
from pluscheck.lang.walk import descend

_Path = tuple[str | tuple[s.Expr, ...], ...]
"""A variable's name, then its fields and indices from the outside in."""


def check_updates(modules: tuple[s.Module, ...], findings: Findings) -> None:
    """Report a statement that assigns twice, side by side, to a place that is written in the same way, or to a part of one.

    Indices that are written differently may still turn out equal: then the later assignment counts, as in PlusCal.
    """
    for module in modules:
        for declaration in module.declarations:
            if isinstance(declaration, s.ProcessDecl | s.ProcedureDecl | s.ActionDecl):
                for node in descend(declaration):
                    if isinstance(node, s.Assign) and len(node.assignments) > 1:
                        _check(node, findings)


def _check(statement: s.Assign, findings: Findings) -> None:
    whole: dict[_Path, s.Expr] = {}
    for assignment in statement.assignments:
        path = _path(assignment.target)
        if path in whole:
            _report(assignment.target, whole[path], findings)
        whole.setdefault(path, assignment.target)
    for path, target in whole.items():
        for length in range(1, len(path)):
            if path[:length] in whole:
                _report(target, whole[path[:length]], findings)


def _path(target: s.Expr) -> _Path:
    match target:
        case s.Name(name):
            return (name,)
        case s.Index(function, args):
            return (*_path(function), args)
        case s.FieldOf(record, field):
            return (*_path(record), field.name)
        case _:
            return ((target,),)  # no place at all, as the checker says


def _report(target: s.Expr, other: s.Expr, findings: Findings) -> None:
    findings.report(
        Code.CONFLICTING_UPDATE,
        "two assignments side by side change the same thing",
        target.span,
        "assigned here",
        secondary=[Label(other.span, "and at the same time here")],
        help_line="`||` assigns all at once: write `;` to assign one after the other",
    )
