r"""Expressions back to text: on one line, or broken where they are too long, with the parentheses that are needed and no others.

Broken expressions obey the rule of aligned lists: whatever belongs to an item is to the right of its sign, and what ends a list
stands on or left of its column, or closes or separates something that was open before it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import assert_never

from pluscheck.lang import syntax as s
from pluscheck.lang.precedence import ASSOCIATIVE, INFIX, PREFIX

_POSTFIX = (16, 17)
_ATOM = (18, 18)
_JUNCTION = INFIX["/\\"]
_MEMBER = INFIX["\\in"]

Lines = list[str]
"""The first line without what stands before it, all others with their indentation."""

Item = Callable[[int], Lines]
"""Returns the lines of something that begins in a column (from 0)."""


def on_one_line(expr: s.Expr, *, last: bool = True) -> str:
    r"""Return the text of an expression. If it is `last`, nothing stands after it that a `\A x \in S : ...` at its end could take in."""
    match expr:
        case s.Number(value):
            return str(value)
        case s.Truth(value):
            return "TRUE" if value else "FALSE"
        case s.Label(name):
            return f'"{name}"'
        case s.NoneLit():
            return "None"
        case s.BooleanSet():
            return "BOOLEAN"
        case s.At():
            return "@"
        case s.Name(name):
            return name
        case s.Apply(operator, args):
            return f"{operator.name}({listed(args)})"
        case s.Lambda(params, body):
            return f"LAMBDA {names(params)} : {on_one_line(body)}"
        case s.BinaryOp(op, left, right):
            return f"{_left(left, op)} {op.value} {_operand(right, INFIX[op.value], last=last)}"
        case s.UnaryOp(s.Unary.PRIME, operand):
            return _operand(operand, _POSTFIX, last=False) + "'"
        case s.UnaryOp(op, operand):
            inner = _operand(operand, _tightest(op, operand), last=last)
            return _sign(op, inner) + inner
        case s.Junct(op, items):
            if len(items) == 1:
                return f"({op.value} {on_one_line(items[0])})"
            return f" {op.value} ".join(_operands(items, _JUNCTION, last=last))
        case s.Product(items):
            return " \\X ".join(_operands(items, INFIX["\\X"], last=last))
        case s.Quantified(_, _, body) | s.Choose(_, _, body):
            return f"{_binding(expr)} {on_one_line(body)}"
        case s.If(condition, yes, no):
            return f"IF {on_one_line(condition)} THEN {on_one_line(yes)} ELSE {on_one_line(no)}"
        case s.Case(arms, other):
            texts = [f"{_closed(arm.condition)} -> {_closed(arm.value)}" for arm in arms]
            if other is not None:
                texts.append(f"OTHER -> {_closed(other)}")
            return "CASE " + " [] ".join(texts)
        case s.Let(definitions, body):
            texts = [f"{head(each)} == {on_one_line(each.body)}" for each in definitions]
            return f"LET {' '.join(texts)} IN {on_one_line(body)}"
        case s.SetLiteral(items):
            return "{" + listed(items) + "}"
        case s.SetFilter(name, domain, condition):
            return "{" + f"{bound((name,), domain)} : {on_one_line(condition)}" + "}"
        case s.SetMap(value, binders):
            return "{" + f"{_unbound(value)} : {_binders(binders)}" + "}"
        case s.FunctionLiteral(binders, value):
            return f"[{_binders(binders)} |-> {on_one_line(value)}]"
        case s.FunctionSet(domains, target):
            return f"[{', '.join(map(_unbound, domains))} -> {on_one_line(target)}]"
        case s.RecordLiteral(fields):
            return "[" + ", ".join(f"{field.name.name} |-> {on_one_line(field.value)}" for field in fields) + "]"
        case s.RecordSet(fields):
            return "[" + ", ".join(f"{field.name.name} : {on_one_line(field.value)}" for field in fields) + "]"
        case s.TupleLiteral(items):
            return "<<" + listed(items) + ">>"
        case s.Index(target, args):
            return f"{_operand(target, _POSTFIX, last=False)}[{listed(args)}]"
        case s.FieldOf(target, field):
            return f"{_operand(target, _POSTFIX, last=False)}.{field.name}"
        case s.Except(target, updates):
            texts = [f"!{path(update.path)} = {on_one_line(update.value)}" for update in updates]
            return f"[{on_one_line(target)} EXCEPT {', '.join(texts)}]"
        case _:
            assert_never(expr)


def broken(expr: s.Expr, at: int, width: int, *, last: bool = True) -> Lines:
    """Return the lines of an expression that begins in column `at`; they are not longer than `width`, if it can be.

    The caller puts what follows on a line of its own, on or left of `at`, unless it closes or separates something.
    """
    text = on_one_line(expr, last=last)
    if at + len(text) <= width:
        return [text]
    match expr:
        case s.Junct(op, items):
            return stacked((hung(f"{op.value} ", item, at, width) for item in items), at)
        case s.BinaryOp(op, left, right):
            of = INFIX[op.value]
            begin = (
                broken(left, at, width, last=False) if _associates(left, op) else _operand_lines(left, of, at, width)
            )
            end = _operand_lines(right, of, at + len(op.value) + 1, width, last=last)
            return stacked((begin, after(f"{op.value} ", end)), at)
        case s.Product(items):
            of, sign = INFIX["\\X"], "\\X "
            rest = (after(sign, _operand_lines(item, of, at + len(sign), width)) for item in items[1:])
            return stacked((_operand_lines(items[0], of, at, width), *rest), at)
        case s.UnaryOp(op, operand) if op is not s.Unary.PRIME:
            tightest = _tightest(op, operand)
            sign = _sign(op, _operand(operand, tightest, last=last))
            return after(sign, _operand_lines(operand, tightest, at + len(sign), width, last=last))
        case s.Quantified(_, _, body) | s.Choose(_, _, body):
            return stacked(([_binding(expr)], broken(body, at + 2, width)), at + 2)
        case s.Lambda(params, body):
            return stacked(([f"LAMBDA {names(params)} :"], broken(body, at + 2, width)), at + 2)
        case s.If(condition, yes, no):
            parts = (("IF ", condition), ("THEN ", yes), ("ELSE ", no))
            return stacked((hung(begin, part, at, width) for begin, part in parts), at)
        case s.Case():
            return _case(expr, at, width)
        case s.Let(definitions, body):
            heads = (hung(f"{head(each)} == ", each.body, at + 4, width) for each in definitions)
            return stacked((after("LET ", stacked(heads, at + 4)), hung("IN ", body, at, width)), at)
        case s.SetFilter(name, domain, condition):
            opened = ["{" + f"{bound((name,), domain)} :"]
            return closed(stacked((opened, broken(condition, at + 2, width)), at + 2), "}")
        case s.SetMap(value, binders):
            of = _MEMBER if _is_membership(value) else (0, 0)
            opened = after("{", _operand_lines(value, of, at + 1, width, last=True))
            return closed(stacked((opened, [f": {_binders(binders)}"]), at + 1), "}")
        case s.FunctionLiteral(binders, value):
            opened = [f"[{_binders(binders)} |->"]
            return closed(stacked((opened, broken(value, at + 2, width)), at + 2), "]")
        case s.FunctionSet(domains, target):
            return closed(
                stacked(([f"[{', '.join(map(_unbound, domains))}"], hung("-> ", target, at + 1, width)), at + 1), "]"
            )
        case s.Except(target, updates):
            opened = closed(after("[", broken(target, at + 1, width)), " EXCEPT")
            changes = [item(f"!{path(update.path)} = ", update.value, width) for update in updates]
            return stacked((opened, bracketed("", changes, "]", at + 2)), at + 2)
        case s.RecordLiteral(fields):
            return bracketed("[", [item(f"{f.name.name} |-> ", f.value, width) for f in fields], "]", at)
        case s.RecordSet(fields):
            return bracketed("[", [item(f"{f.name.name} : ", f.value, width) for f in fields], "]", at)
        case s.SetLiteral(items) if items:
            return bracketed("{", [item("", each, width) for each in items], "}", at)
        case s.TupleLiteral(items) if items:
            return bracketed("<<", [item("", each, width) for each in items], ">>", at)
        case s.Apply(operator, args):
            return bracketed(f"{operator.name}(", [item("", each, width) for each in args], ")", at)
        case s.Index(target, args):
            begin_index = _operand(target, _POSTFIX, last=False) + "["
            return bracketed(begin_index, [item("", each, width) for each in args], "]", at)
        case _:
            return [text]  # a name, or so: it cannot be broken


# -------------------------------------------------------------------------------------------------- lines


def stacked(parts: Iterable[Lines], at: int) -> Lines:
    """Return the lines of several parts, of which all but the first begin a line, in column `at`."""
    lines: Lines = []
    for part in parts:
        lines += after(" " * at, part) if lines else part
    return lines


def after(begin: str, lines: Lines) -> Lines:
    """Return the lines after a text, whose length the caller has accounted for."""
    return [begin + lines[0], *lines[1:]]


def closed(lines: Lines, end: str) -> Lines:
    """Return the lines with a text at their end."""
    return [*lines[:-1], lines[-1] + end]


def hung(begin: str, expr: s.Expr, at: int, width: int) -> Lines:
    """Return the lines of an expression after a text that begins in column `at`."""
    return after(begin, broken(expr, at + len(begin), width))


def item(begin: str, expr: s.Expr, width: int) -> Item:
    """Return an item of something in brackets: an expression after a text."""
    return lambda at: hung(begin, expr, at, width)


def member(name: s.Ident, domain: s.Expr, width: int) -> Item:
    r"""Return the item `name \in domain`."""
    begin = f"{name.name} \\in "
    return lambda at: after(begin, _operand_lines(domain, _MEMBER, at + len(begin), width))


def bracketed(begin: str, items: Sequence[Item], end: str, at: int) -> Lines:
    """Return the lines of items with commas between them, one below the other after an opening text in column `at`."""
    inner = at + len(begin)
    parts = [each(inner) for each in items]
    return after(begin, stacked((*(closed(part, ",") for part in parts[:-1]), closed(parts[-1], end)), inner))


def type_lines(expr: s.Expr, at: int, width: int) -> Lines:
    r"""Return the lines of a type, which ends before `=` and `\in`."""
    return _operand_lines(expr, _MEMBER, at, width)


# ------------------------------------------------------------------------------------ parts of expressions


def listed(items: Iterable[s.Expr]) -> str:
    """Return expressions with commas between them."""
    return ", ".join(on_one_line(item) for item in items)


def names(idents: Iterable[s.Ident]) -> str:
    """Return names with commas between them."""
    return ", ".join(ident.name for ident in idents)


def bound(idents: tuple[s.Ident, ...], domain: s.Expr) -> str:
    r"""Return `x, y \in S`."""
    return f"{names(idents)} \\in {_operand(domain, _MEMBER, last=False)}"


def path(steps: Iterable[s.IndexStep | s.FieldStep]) -> str:
    """Return `[a, b].c`."""
    return "".join(
        f"[{listed(each.args)}]" if isinstance(each, s.IndexStep) else f".{each.field.name}" for each in steps
    )


def head(operator: s.OperatorDecl) -> str:
    """Return the name and the parameters of an operator."""
    if not operator.params:
        return operator.name.name
    params = [p.name.name + (f"({', '.join(['_'] * p.arity)})" if p.arity else "") for p in operator.params]
    return f"{operator.name.name}({', '.join(params)})"


def type_text(expr: s.Expr) -> str:
    r"""Return a type, which ends before `=` and `\in`."""
    return _operand(expr, _MEMBER, last=False)


def _binders(binders: Iterable[s.Binder]) -> str:
    return ", ".join(bound(binder.names, binder.domain) for binder in binders)


def _binding(expr: s.Quantified | s.Choose) -> str:
    """Return what stands before the body."""
    match expr:
        case s.Quantified(quantifier, binders):
            return f"{quantifier.value} {_binders(binders)} :"
        case s.Choose(name, domain):
            return f"CHOOSE {bound((name,), domain)} :"
        case _:
            assert_never(expr)


def _is_membership(expr: s.Expr) -> bool:
    return isinstance(expr, s.BinaryOp) and expr.op is s.Binary.IN


def _unbound(expr: s.Expr) -> str:
    r"""Return an expression where `x \in S` would bind a name: `{(x \in S) : y \in T}`."""
    return f"({on_one_line(expr)})" if _is_membership(expr) else on_one_line(expr)


def _case(case: s.Case, at: int, width: int) -> Lines:
    return stacked(_case_parts(case, at, width), at + 2)


def _case_parts(case: s.Case, at: int, width: int) -> Iterator[Lines]:
    """Yield the arms, each after `CASE ` or `[] `, so that all conditions begin in one column."""
    arms: list[tuple[s.Expr | None, s.Expr]] = [(arm.condition, arm.value) for arm in case.arms]
    if case.other is not None:
        arms.append((None, case.other))
    at += len("CASE ")
    for number, (condition, value) in enumerate(arms):
        line = f"{'OTHER' if condition is None else _closed(condition)} -> {_closed(value)}"
        lines = [line]
        if at + len(line) > width:
            guard = ["OTHER"] if condition is None else _closed_lines(condition, at, width)
            result = after("-> ", _closed_lines(value, at + 5, width))
            lines = stacked((guard, result), at + 2)
        yield after("[] " if number else "CASE ", lines)


def _range(expr: s.Expr) -> tuple[int, int] | None:
    """Return the precedence range of an expression's outermost operator; None if it extends to the right without end."""
    match expr:
        case s.BinaryOp(op):
            return INFIX[op.value]
        case s.UnaryOp(s.Unary.PRIME):
            return _ATOM
        case s.UnaryOp(op):
            return PREFIX[op.value]
        case s.Junct(_, items):
            return _JUNCTION if len(items) > 1 else _ATOM
        case s.Product():
            return INFIX["\\X"]
        case s.Quantified() | s.Choose() | s.If() | s.Case() | s.Let() | s.Lambda():
            return None
        case _:
            return _ATOM


def _binds(expr: s.Expr, of: tuple[int, int], *, last: bool) -> bool:
    """Return whether an operand of an operator with the range `of` needs no parentheses."""
    mine = _range(expr)
    return last if mine is None else mine[0] > of[1]


def _operand(expr: s.Expr, of: tuple[int, int], *, last: bool) -> str:
    if _binds(expr, of, last=last):
        return on_one_line(expr, last=last)
    return f"({on_one_line(expr)})"


def _operands(exprs: Sequence[s.Expr], of: tuple[int, int], *, last: bool) -> Iterator[str]:
    for number, expr in enumerate(exprs, 1):
        yield _operand(expr, of, last=last and number == len(exprs))


def _operand_lines(expr: s.Expr, of: tuple[int, int], at: int, width: int, *, last: bool = False) -> Lines:
    is_list = isinstance(expr, s.Junct) and len(expr.items) == 1  # it has no infix form: a list, or in parentheses
    if _binds(expr, of, last=last) and not is_list:
        return broken(expr, at, width, last=last)
    return closed(after("(", broken(expr, at + 1, width)), ")")


def _associates(left: s.Expr, op: s.Binary) -> bool:
    """Return whether the left operand is of the same operator, and needs no parentheses for that."""
    return isinstance(left, s.BinaryOp) and left.op is op and op.value in ASSOCIATIVE


def _left(left: s.Expr, op: s.Binary) -> str:
    return on_one_line(left, last=False) if _associates(left, op) else _operand(left, INFIX[op.value], last=False)


def _tightest(op: s.Unary, operand: s.Expr) -> tuple[int, int]:
    """Return the range that the operand of a prefix operator must exceed to stand without parentheses."""
    if isinstance(operand, s.UnaryOp) and operand.op is not s.Unary.PRIME:
        return (0, 0)  # after a prefix operator, another always binds tighter
    # `~ a = b` means `~ (a = b)`, but few readers are sure of it.
    return _POSTFIX if op is s.Unary.NOT else PREFIX[op.value]


def _sign(op: s.Unary, operand: str) -> str:
    """Return a prefix operator as it stands before its operand: `~x`, `-x`, but `- -x`, `SUBSET x`."""
    is_tight = op in (s.Unary.NOT, s.Unary.NEG) and not operand.startswith(op.value)
    return op.value if is_tight else f"{op.value} "


def _closed(expr: s.Expr) -> str:
    """Return a condition or a value of `CASE`, in parentheses if it would take in the next arm."""
    return _operand(expr, (0, 0), last=False)


def _closed_lines(expr: s.Expr, at: int, width: int) -> Lines:
    return _operand_lines(expr, (0, 0), at, width)
