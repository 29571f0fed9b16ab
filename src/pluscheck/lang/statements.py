"""The types of statements: conditions are BOOLEAN, and what is assigned fits what it is assigned to."""

from __future__ import annotations

from typing import assert_never

from pluscheck.base.codes import Code
from pluscheck.base.diagnostics import Label
from pluscheck.base.errors import InternalError
from pluscheck.lang import syntax as s
from pluscheck.lang.infer import Inference
from pluscheck.lang.orders import order_of_done_variable
from pluscheck.lang.scopes import Bound, LocalOperator, OperatorParameter, Own, Scope
from pluscheck.lang.symbols import PC, LocalSymbol, ProcedureSymbol, VarSymbol
from pluscheck.lang.types import Type
from pluscheck.lang.unify import ERROR
from pluscheck.lang.wording import did_you_mean


def check_block(inference: Inference, block: s.Block, scope: Scope) -> None:
    """Check the statements of a block, in which the names of the scope are visible."""
    for labelled in block:
        _check(inference, labelled.statement, scope)


def _check(inference: Inference, statement: s.Statement, scope: Scope) -> None:
    match statement:
        case s.Await(condition) | s.Assert(condition):
            inference.boolean(condition, scope)
        case s.Assign(assignments):
            for assignment in assignments:
                _check_assignment(inference, assignment, scope)
        case s.IfStatement(condition, yes, no):
            inference.boolean(condition, scope)
            check_block(inference, yes, scope)
            check_block(inference, no, scope)
        case s.Either(branches):
            for branch in branches:
                check_block(inference, branch, scope)
        case s.Order(_, parts):
            for part in parts:
                check_block(inference, part, scope)
        case s.With(bindings, body):
            for binding in bindings:
                value = binding.value
                found = inference.type_of(value, scope) if binding.equals else inference.set_of(value, scope)
                scope = Scope(scope)
                inference.bind(scope, binding.name, Bound(found, binding.name.span))
            check_block(inference, body, scope)
        case s.While(condition, body):
            inference.boolean(condition, scope)
            check_block(inference, body, scope)
        case s.Call():
            _check_call(inference, statement, scope)
        case s.Goto() | s.Return() | s.Skip():
            pass
        case s.MacroCall(macro):
            raise InternalError(f"the macro {macro.name} should have been expanded")
        case _:
            assert_never(statement)


def _check_assignment(inference: Inference, assignment: s.Assignment, scope: Scope) -> None:
    slot = _target_type(inference, assignment.target, scope)
    found = inference.type_of(assignment.value, scope)
    if not inference.unifier.fits(found, slot):
        because = inference.this_is(assignment.target, slot)
        inference.mismatch(assignment.value.span, found, slot, because=because)


def _target_type(inference: Inference, target: s.Expr, scope: Scope) -> Type:
    """Return the type of what an assignment changes, and annotate it."""
    match target:
        case s.Name():
            return inference.type_of(target, scope) if _is_assignable(inference, target, scope) else ERROR
        case s.Index(function, args):
            whole = _target_type(inference, function, scope)
            types = [inference.type_of(arg, scope) for arg in args]
            found = inference.element_of(whole, args, types, function, target)
        case s.FieldOf(record, field):
            found = inference.field_of(_target_type(inference, record, scope), field, record)
        case _:
            inference.report(
                Code.NOT_ASSIGNABLE,
                "this cannot be assigned to",
                target.span,
                "not a variable",
                help_line="the left side is a variable, `f[i]` or `r.a`",
            )
            return ERROR
    inference.at.annotations.types[id(target)] = found
    return found


def _is_assignable(inference: Inference, target: s.Name, scope: Scope) -> bool:
    """Tell whether the name is a variable that can be assigned to here; report if it is not."""
    name = target.name
    entry = scope.look_up(name)
    symbol = inference.table.look_up(name, inference.at.home)
    secondary: list[Label] = []
    match entry:
        case Own():
            order = order_of_done_variable(name, inference.table.symbols)
            if order is None:
                return True
            told = f"`{name}` is changed by the parts of `order {order}` only"
        case Bound(_, span) | LocalOperator(_, span) | OperatorParameter(_, _, span, _):
            told = f"`{name}` is a bound name, not a variable"
            secondary.append(Label(span, "bound here"))
        case None:
            if symbol is None and name == PC:
                told = f"`{PC}` is changed by `goto` and by the order of labels only"
            elif symbol is None:
                inference.unknown_name(name, target.span, scope)
                return False
            elif isinstance(symbol.what, VarSymbol) or name in inference.table.duplicated:
                return True
            else:
                foreign = isinstance(symbol.what, LocalSymbol)
                told = f"`{name}` is {symbol.noun}" + (
                    ", and can only be assigned there" if foreign else ", not a variable"
                )
                secondary.append(Label(symbol.span, "declared here"))
        case _:
            assert_never(entry)
    inference.report(Code.NOT_ASSIGNABLE, told, target.span, "cannot be assigned to", secondary=secondary)
    return False


def _check_call(inference: Inference, call: s.Call, scope: Scope) -> None:
    types = [inference.type_of(arg, scope) for arg in call.args]
    name = call.procedure.name
    symbol = inference.table.look_up(name, inference.at.home)
    if symbol is None:
        procedures = [
            n
            for n in inference.table.names(inference.at.home)
            if isinstance(inference.table.symbols[n].what, ProcedureSymbol)
        ]
        inference.report(
            Code.UNKNOWN_NAME,
            f"there is no procedure `{name}`",
            call.procedure.span,
            "unknown procedure",
            help_line=did_you_mean(name, procedures),
        )
        return
    if not isinstance(symbol.what, ProcedureSymbol):
        inference.report(
            Code.NOT_AN_OPERATOR,
            f"`{name}` is {symbol.noun}, not a procedure",
            call.procedure.span,
            "cannot be called",
            secondary=[Label(symbol.span, "declared here")],
        )
        return
    params = symbol.what.decl.params
    if len(params) != len(types):
        inference.wrong_count(call.span, name, len(params), len(types), symbol.span)
        return
    for arg, found, param in zip(call.args, types, params, strict=True):
        wanted = inference.declared_type(param.type, symbol.module)
        inference.expect(arg, found, wanted, because=Label(param.span, f"`{param.name.name}` is declared here"))
