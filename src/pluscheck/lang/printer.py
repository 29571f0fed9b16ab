r"""Surface trees back to text: declarations and statements, with what is too long for a line broken and indented.

What is printed parses to the tree that it was printed from, and printing that again gives the same text.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import assert_never

from pluscheck.lang import syntax as s
from pluscheck.lang.expression_text import (
    Item,
    Lines,
    after,
    bracketed,
    broken,
    closed,
    head,
    hung,
    item,
    member,
    names,
    on_one_line,
    path,
    stacked,
    type_lines,
    type_text,
)

WIDTH = 100
"""Longer lines are broken."""

_INDENT = 2


def print_module(module: s.Module, *, width: int = WIDTH) -> str:
    """Return the text of a whole file. Its lines are not longer than `width` where they can be broken."""
    lines = [f"module {module.name.name}"]
    if module.extends:
        lines.append(f"extends {names(module.extends)}")
    for declaration in module.declarations:
        lines += ["", *_declaration(declaration, width)]
    return "\n".join(lines) + "\n"


def print_expr(expr: s.Expr) -> str:
    """Return the text of an expression, on one line."""
    return on_one_line(expr)


# ------------------------------------------------------------------------------------------- statements


def _indented(at: int, lines: Lines) -> Lines:
    """Return lines of which the first has no indentation yet."""
    return after(" " * at, lines)


def _block(block: s.Block, at: int, width: int) -> Lines:
    lines: Lines = []
    for labelled in block:
        if labelled.label is not None:
            lines.append(f"{' ' * at}{labelled.label.name}:")
        lines += closed(_statement(labelled.statement, at + _INDENT, width), ";")
    return lines


def _braced(begin: Lines, block: s.Block, at: int, width: int) -> Lines:
    return [*closed(begin, " {"), *_block(block, at, width), " " * at + "}"]


def _statement(statement: s.Statement, at: int, width: int) -> Lines:
    """Return the lines of a statement, all of them indented."""
    match statement:
        case s.Await(condition):
            return _indented(at, hung("await ", condition, at, width))
        case s.Assign(assignments):
            return _indented(at, _assignments(assignments, at, width))
        case s.IfStatement(condition, yes, no):
            lines = _braced(_indented(at, closed(hung("if (", condition, at, width), ")")), yes, at, width)
            return _also(lines, "else", no, at, width) if no else lines
        case s.Either(branches):
            lines = _braced([" " * at + "either"], branches[0], at, width)
            for branch in branches[1:]:
                lines = _also(lines, "or", branch, at, width)
            return lines
        case s.Order(name, parts):
            lines = _braced([f"{' ' * at}order {name.name}"], parts[0], at, width)
            for part in parts[1:]:
                lines = _also(lines, "then", part, at, width)
            return lines
        case s.With(bindings, body):
            begin = _fitting("with (", [_bound(binding, width) for binding in bindings], ")", at, width)
            return _braced(_indented(at, begin), body, at, width)
        case s.While(condition, body):
            return _braced(_indented(at, closed(hung("while (", condition, at, width), ")")), body, at, width)
        case s.Goto(label):
            return [f"{' ' * at}goto {label.name}"]
        case s.Call(procedure, args):
            return _indented(at, _applied(f"call {procedure.name}(", args, at, width))
        case s.Return():
            return [f"{' ' * at}return"]
        case s.Skip():
            return [f"{' ' * at}skip"]
        case s.Assert(condition):
            return _indented(at, hung("assert ", condition, at, width))
        case s.MacroCall(macro, args):
            return _indented(at, _applied(f"{macro.name}(", args, at, width))
        case _:
            assert_never(statement)


def _also(lines: Lines, begin: str, block: s.Block, at: int, width: int) -> Lines:
    """Return the lines of another block of a statement after those of the one before."""
    return [*lines[:-1], *_braced([f"{lines[-1]} {begin}"], block, at, width)]


def _assignments(assignments: Sequence[s.Assignment], at: int, width: int) -> Lines:
    line = " || ".join(f"{on_one_line(each.target)} := {on_one_line(each.value)}" for each in assignments)
    if at + len(line) < width:
        return [line]
    first, *rest = assignments
    parts = [hung(f"{on_one_line(first.target)} := ", first.value, at, width)]
    parts += [hung(f"|| {on_one_line(each.target)} := ", each.value, at, width) for each in rest]
    return stacked(parts, at)


def _bound(binding: s.WithBinding, width: int) -> Item:
    if binding.equals:
        return item(f"{binding.name.name} = ", binding.value, width)
    return member(binding.name, binding.value, width)


def _applied(begin: str, args: Sequence[s.Expr], at: int, width: int) -> Lines:
    return _fitting(begin, [item("", arg, width) for arg in args], ")", at, width)


def _fitting(begin: str, items: Sequence[Item], end: str, at: int, width: int) -> Lines:
    """Return items with commas between them: on one line if there is room, one below the other if not."""
    parts = [each(at) for each in items]
    line = begin + ", ".join(part[0] for part in parts) + end
    if not parts or (all(len(part) == 1 for part in parts) and at + len(line) < width):
        return [line]
    return bracketed(begin, items, end, at)


# ----------------------------------------------------------------------------------------- declarations


def _variable(variable: s.VarDecl, at: int, width: int) -> Lines:
    sign = "\\in" if variable.any_of else "="
    return _typed(f"var {variable.name.name} : ", variable.type, sign, variable.initial, at, width)


def _typed(begin: str, type_: s.Expr, sign: str, value: s.Expr | None, at: int, width: int) -> Lines:
    """Return the declaration of a typed name, with a value that may be absent."""
    line = begin + type_text(type_) + (f" {sign} {on_one_line(value)}" if value is not None else "")
    if at + len(line) <= width:
        return [line]
    lines = after(begin, type_lines(type_, at + len(begin), width))
    if value is None:
        return lines
    return stacked((closed(lines, f" {sign}"), broken(value, at + _INDENT, width)), at + _INDENT)


def _param(param: s.Param, sign: str, width: int) -> Item:
    begin = f"{param.name.name} {sign} "
    return lambda at: after(begin, type_lines(param.type, at + len(begin), width))


def _params(begin: str, params: Iterable[s.Param], sign: str, width: int) -> Lines:
    return _fitting(begin, [_param(param, sign, width) for param in params], ")", 0, width)


def _fair(fairness: s.Fairness) -> str:
    return f"{fairness.value} " if fairness is not s.Fairness.NONE else ""


def _body(begin: Lines, variables: tuple[s.VarDecl, ...], block: s.Block, width: int) -> Lines:
    lines = list(begin)
    for each in variables:
        lines += closed(_indented(_INDENT, _variable(each, _INDENT, width)), ";")
    return [*lines, "{", *_block(block, _INDENT, width), "}"]


def _defined(begin: str, body: s.Expr, width: int) -> Lines:
    """Return `begin == body`, with a long body below."""
    line = f"{begin} == {on_one_line(body)}"
    if len(line) <= width:
        return [line]
    return [f"{begin} ==", *_indented(_INDENT, broken(body, _INDENT, width))]


def _declaration(declaration: s.Declaration, width: int) -> Lines:
    match declaration:
        case s.SortDecl(name):
            return [f"sort {name.name}"]
        case s.EnumDecl(name, literals):
            return [f"enum {name.name} == {{ {names(literals)} }}"]
        case s.TypeDecl(name, params, value, parts, is_lock):
            word = "lock_type" if is_lock else "type"
            begin = f"{word} {name.name}" + (f"({names(params)})" if params else "") + " =="
            if value is None:
                return [f"{begin} {' | '.join(part.name for part in parts)}"]
            line = f"{begin} {type_text(value)}"
            return [line] if len(line) <= width else [begin, *_indented(_INDENT, type_lines(value, _INDENT, width))]
        case s.ConstDecl(name, type_, default, is_switch):
            begin = f"{'switch' if is_switch else 'const'} {name.name} : "
            return _typed(begin, type_, "==", default, 0, width)
        case s.VarDecl():
            return _variable(declaration, 0, width)
        case s.InitDecl(predicate):
            return hung("init ", predicate, 0, width)
        case s.OperatorDecl():
            return _defined(head(declaration), declaration.body, width)
        case s.RecursiveDecl(name, arity):
            return [f"RECURSIVE {name.name}" + (f"({', '.join(['_'] * arity)})" if arity else "")]
        case s.MacroDecl(name, idents, block):
            return _braced([f"macro {name.name}({names(idents)})"], block, 0, width)
        case s.ProcedureDecl(name, formals, variables, block):
            return _body(_params(f"procedure {name.name}(", formals, ":", width), variables, block, width)
        case s.ActionDecl(name, formals, block, fairness):
            begin = f"{_fair(fairness)}action {name.name}"
            return _braced(_params(f"{begin}(", formals, "\\in", width) if formals else [begin], block, 0, width)
        case s.ProcessDecl(name, formal, variables, block, fairness):
            begin = f"{_fair(fairness)}process {name.name}"
            lines = [begin] if formal is None else _params(f"{begin}(", (formal,), "\\in", width)
            return _body(lines, variables, block, width)
        case s.PropertyDecl(kind, name, body):
            return _defined(f"{kind.value} {name.name}", body, width)
        case s.TerminalDecl(predicate):
            return _defined("terminal", predicate, width)
        case s.ModelDecl(name, base, entries):
            begin = f"model {name.name}" + (f" extends {base.name}" if base is not None else "") + " {"
            inner = (closed(_indented(_INDENT, _entry(entry, width)), ";") for entry in entries)
            return [begin, *(line for lines in inner for line in lines), "}"]
        case _:
            assert_never(declaration)


def _entry(entry: s.ModelEntry, width: int) -> Lines:
    match entry:
        case s.ScopeEntry(sort, size, elements):
            return [f"scope {sort.name} = {'{' + names(elements) + '}' if elements else size}"]
        case s.ValueEntry(name, steps, value):
            return hung(f"{name.name}{path(steps)} = ", value, _INDENT, width)
        case s.DepthEntry(depth):
            return [f"depth {depth}"]
        case s.CheckEntry(properties):
            return [f"check {names(properties)}"]
        case s.ExpectEntry(properties, expected, depth):
            return [f"expect {names(properties)} {expected.value}" + (f" {depth}" if depth is not None else "")]
        case s.NeedsEntry(order, sets):
            begin = "needs " if order is None else f"needs {order.name}: "
            return [begin + " or ".join(", ".join(map(_need, one)) for one in sets)]
        case _:
            assert_never(entry)


def _need(need: s.Protection | s.Constraint) -> str:
    match need:
        case s.Protection(name, steps):
            return f"{name.name}{path(steps)}"
        case s.Constraint(first, second):
            return f"{first.name} before {second.name}"
        case _:
            assert_never(need)
