r"""Surface trees back to text: with the parentheses that are needed and no others, and long junctions as aligned lists.

What is printed parses to the tree that it was printed from, and printing that again gives the same text.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import assert_never

from pluscheck.lang import syntax as s
from pluscheck.lang.precedence import ASSOCIATIVE, INFIX, PREFIX

WIDTH = 100
"""Bodies of definitions that are longer are broken at their junctions."""

_INDENT = "  "
_POSTFIX = (16, 17)
_JUNCTION = INFIX["/\\"]


def print_module(module: s.Module) -> str:
    """Return the text of a whole file."""
    lines = [f"module {module.name.name}"]
    if module.extends:
        lines.append("extends " + _names(module.extends))
    for declaration in module.declarations:
        lines += ["", *_declaration(declaration)]
    return "\n".join(lines) + "\n"


def print_expr(expr: s.Expr) -> str:
    """Return the text of an expression, on one line."""
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
            return f"{operator.name}({_list(args)})"
        case s.Lambda(params, body):
            return f"LAMBDA {_names(params)} : {print_expr(body)}"
        case s.BinaryOp(op, left, right):
            return f"{_left(left, op)} {op.value} {_operand(right, INFIX[op.value])}"
        case s.UnaryOp(s.Unary.PRIME, operand):
            return _operand(operand, _POSTFIX) + "'"
        case s.UnaryOp(op, operand):
            is_prefix = isinstance(operand, s.UnaryOp) and operand.op is not s.Unary.PRIME
            # `~ a = b` means `~ (a = b)`, but few readers are sure of it.
            tightest = _POSTFIX if op is s.Unary.NOT else PREFIX[op.value]
            inner = print_expr(operand) if is_prefix else _operand(operand, tightest)
            is_sign = op in (s.Unary.NOT, s.Unary.NEG) and not inner.startswith(op.value)
            return f"{op.value}{'' if is_sign else ' '}{inner}"
        case s.Junct(op, items):
            if len(items) == 1:
                return f"({op.value} {print_expr(items[0])})"
            return f" {op.value} ".join(_operand(item, _JUNCTION) for item in items)
        case s.Product(items):
            return " \\X ".join(_operand(item, INFIX["\\X"]) for item in items)
        case s.Quantified(quantifier, binders, body):
            return f"{quantifier.value} {_binders(binders)} : {print_expr(body)}"
        case s.Choose(name, domain, body):
            return f"CHOOSE {_bound((name,), domain)} : {print_expr(body)}"
        case s.If(condition, yes, no):
            return f"IF {print_expr(condition)} THEN {print_expr(yes)} ELSE {print_expr(no)}"
        case s.Case(arms, other):
            texts = [f"{_closed(arm.condition)} -> {_closed(arm.value)}" for arm in arms]
            if other is not None:
                texts.append(f"OTHER -> {_closed(other)}")
            return "CASE " + " [] ".join(texts)
        case s.Let(definitions, body):
            return f"LET {' '.join(_operator(each) for each in definitions)} IN {print_expr(body)}"
        case s.SetLiteral(items):
            return "{" + _list(items) + "}"
        case s.SetFilter(name, domain, condition):
            return "{" + f"{_bound((name,), domain)} : {print_expr(condition)}" + "}"
        case s.SetMap(value, binders):
            looks_like_filter = isinstance(value, s.BinaryOp) and value.op is s.Binary.IN
            text = f"({print_expr(value)})" if looks_like_filter else print_expr(value)
            return "{" + f"{text} : {_binders(binders)}" + "}"
        case s.FunctionLiteral(binders, value):
            return f"[{_binders(binders)} |-> {print_expr(value)}]"
        case s.FunctionSet(domains, target):
            return f"[{_list(domains)} -> {print_expr(target)}]"
        case s.RecordLiteral(fields):
            return "[" + ", ".join(f"{field.name.name} |-> {print_expr(field.value)}" for field in fields) + "]"
        case s.RecordSet(fields):
            return "[" + ", ".join(f"{field.name.name} : {print_expr(field.value)}" for field in fields) + "]"
        case s.TupleLiteral(items):
            return "<<" + _list(items) + ">>"
        case s.Index(target, args):
            return f"{_operand(target, _POSTFIX)}[{_list(args)}]"
        case s.FieldOf(target, field):
            return f"{_operand(target, _POSTFIX)}.{field.name}"
        case s.Except(target, updates):
            texts = [f"!{_path(update.path)} = {print_expr(update.value)}" for update in updates]
            return f"[{print_expr(target)} EXCEPT {', '.join(texts)}]"
        case _:
            assert_never(expr)


# ------------------------------------------------------------------------------------ parts of expressions


def _list(items: Iterable[s.Expr]) -> str:
    return ", ".join(print_expr(item) for item in items)


def _names(names: Iterable[s.Ident]) -> str:
    return ", ".join(name.name for name in names)


def _bound(names: tuple[s.Ident, ...], domain: s.Expr) -> str:
    return f"{_names(names)} \\in " + _operand(domain, INFIX["\\in"])


def _binders(binders: Iterable[s.Binder]) -> str:
    return ", ".join(_bound(binder.names, binder.domain) for binder in binders)


def _path(path: Iterable[s.IndexStep | s.FieldStep]) -> str:
    return "".join(f"[{_list(each.args)}]" if isinstance(each, s.IndexStep) else f".{each.field.name}" for each in path)


def _range(expr: s.Expr) -> tuple[int, int] | None:
    """Return the precedence range of an expression's outermost operator; None if it extends to the right without end."""
    match expr:
        case s.BinaryOp(op):
            return INFIX[op.value]
        case s.UnaryOp(s.Unary.PRIME):
            return (18, 18)
        case s.UnaryOp(op):
            return PREFIX[op.value]
        case s.Junct(_, items):
            return _JUNCTION if len(items) > 1 else (18, 18)
        case s.Product():
            return INFIX["\\X"]
        case s.Quantified() | s.Choose() | s.If() | s.Case() | s.Let() | s.Lambda():
            return None
        case _:
            return (18, 18)


def _operand(expr: s.Expr, of: tuple[int, int]) -> str:
    """Return an operand of an operator with the range `of`, in parentheses unless it binds tighter."""
    mine = _range(expr)
    text = print_expr(expr)
    return text if mine is not None and mine[0] > of[1] else f"({text})"


def _left(expr: s.Expr, op: s.Binary) -> str:
    """Return the left operand of an operator, which may be the same one if that associates."""
    if isinstance(expr, s.BinaryOp) and expr.op is op and op.value in ASSOCIATIVE:
        return print_expr(expr)
    return _operand(expr, INFIX[op.value])


def _closed(expr: s.Expr) -> str:
    """Return the expression, in parentheses if it would otherwise take in what follows."""
    text = print_expr(expr)
    return f"({text})" if _range(expr) is None else text


def _type(expr: s.Expr) -> str:
    r"""Return a type, which ends before `=` and `\in`."""
    mine = _range(expr)
    text = print_expr(expr)
    return text if mine is not None and mine[0] > INFIX["="][1] else f"({text})"


def _operator(operator: s.OperatorDecl) -> str:
    return f"{_head(operator)} == {print_expr(operator.body)}"


def _head(operator: s.OperatorDecl) -> str:
    if not operator.params:
        return operator.name.name
    params = [p.name.name + (f"({', '.join(['_'] * p.arity)})" if p.arity else "") for p in operator.params]
    return f"{operator.name.name}({', '.join(params)})"


def _defined(head: str, body: s.Expr) -> list[str]:
    """Return `head == body`, with a long junction below the head."""
    line = f"{head} == {print_expr(body)}"
    if len(line) <= WIDTH or not isinstance(body, s.Junct):
        return [line]
    return [f"{head} ==", *_aligned(body, _INDENT)]


def _aligned(junct: s.Junct, indent: str) -> list[str]:
    """Return an aligned list; items that are themselves long junctions are lists within it."""
    lines: list[str] = []
    for item in junct.items:
        bullet = f"{indent}{junct.op.value} "
        text = print_expr(item)
        if isinstance(item, s.Junct) and len(bullet) + len(text) > WIDTH:
            inner = _aligned(item, " " * len(bullet))
            lines += [bullet + inner[0][len(bullet) :], *inner[1:]]
        else:
            lines.append(bullet + text)
    return lines


# ------------------------------------------------------------------------------------------- statements


def _block(block: s.Block, indent: str) -> list[str]:
    lines: list[str] = []
    for labelled in block:
        if labelled.label is not None:
            lines.append(f"{indent}{labelled.label.name}:")
        inner = _statement(labelled.statement, indent + _INDENT)
        lines += [*inner[:-1], inner[-1] + ";"]
    return lines


def _braced(head: str, block: s.Block, indent: str) -> list[str]:
    return [f"{indent}{head} {{", *_block(block, indent), f"{indent}}}"]


def _statement(statement: s.Statement, indent: str) -> list[str]:
    match statement:
        case s.Await(condition):
            return [f"{indent}await {print_expr(condition)}"]
        case s.Assign(assignments):
            texts = [f"{print_expr(each.target)} := {print_expr(each.value)}" for each in assignments]
            return [indent + " || ".join(texts)]
        case s.IfStatement(condition, yes, no):
            lines = _braced(f"if ({print_expr(condition)})", yes, indent)
            if no:
                rest = _braced("else", no, indent)
                lines = [*lines[:-1], f"{indent}}} {rest[0].lstrip()}", *rest[1:]]
            return lines
        case s.Either(branches):
            lines = _braced("either", branches[0], indent)
            for branch in branches[1:]:
                lines += _braced("or", branch, indent)
            return lines
        case s.With(bindings, body):
            texts = [
                f"{b.name.name} = {print_expr(b.value)}" if b.equals else _bound((b.name,), b.value) for b in bindings
            ]
            return _braced(f"with ({', '.join(texts)})", body, indent)
        case s.While(condition, body):
            return _braced(f"while ({print_expr(condition)})", body, indent)
        case s.Goto(label):
            return [f"{indent}goto {label.name}"]
        case s.Call(procedure, args):
            return [f"{indent}call {procedure.name}({_list(args)})"]
        case s.Return():
            return [f"{indent}return"]
        case s.Skip():
            return [f"{indent}skip"]
        case s.Assert(condition):
            return [f"{indent}assert {print_expr(condition)}"]
        case s.MacroCall(macro, args):
            return [f"{indent}{macro.name}({_list(args)})"]
        case _:
            assert_never(statement)


# ----------------------------------------------------------------------------------------- declarations


def _variable(variable: s.VarDecl) -> str:
    text = f"var {variable.name.name} : {_type(variable.type)}"
    if variable.initial is None:
        return text
    sign = "\\in" if variable.any_of else "="
    return f"{text} {sign} {print_expr(variable.initial)}"


def _params(params: Iterable[s.Param]) -> str:
    return ", ".join(f"{param.name.name} : {_type(param.type)}" for param in params)


def _fair(fairness: s.Fairness) -> str:
    return f"{fairness.value} " if fairness is not s.Fairness.NONE else ""


def _body(head: str, variables: tuple[s.VarDecl, ...], block: s.Block) -> list[str]:
    return [head, *(f"{_INDENT}{_variable(each)};" for each in variables), "{", *_block(block, _INDENT), "}"]


def _declaration(declaration: s.Declaration) -> list[str]:
    match declaration:
        case s.SortDecl(name):
            return [f"sort {name.name}"]
        case s.EnumDecl(name, literals):
            return [f"enum {name.name} == {{ {_names(literals)} }}"]
        case s.TypeDecl(name, params, value, parts):
            head = f"type {name.name}" + (f"({_names(params)})" if params else "")
            text = " | ".join(part.name for part in parts) if value is None else _type(value)
            return [f"{head} == {text}"]
        case s.ConstDecl(name, type_, default, is_switch):
            head = f"{'switch' if is_switch else 'const'} {name.name} : {_type(type_)}"
            return [head if default is None else f"{head} == {print_expr(default)}"]
        case s.VarDecl():
            return [_variable(declaration)]
        case s.InitDecl(predicate):
            return [f"init {print_expr(predicate)}"]
        case s.OperatorDecl():
            return _defined(_head(declaration), declaration.body)
        case s.RecursiveDecl(name, arity):
            return [f"RECURSIVE {name.name}" + (f"({', '.join(['_'] * arity)})" if arity else "")]
        case s.MacroDecl(name, idents, block):
            return _braced(f"macro {name.name}({_names(idents)})", block, "")
        case s.ProcedureDecl(name, formals, variables, block):
            return _body(f"procedure {name.name}({_params(formals)})", variables, block)
        case s.ActionDecl(name, formals, block, fairness):
            head = f"{_fair(fairness)}action {name.name}" + (f"({_params(formals)})" if formals else "")
            return _braced(head, block, "")
        case s.ProcessDecl(name, formal, variables, block, fairness):
            of = f"({_params((formal,))})" if formal is not None else ""
            return _body(f"{_fair(fairness)}process {name.name}{of}", variables, block)
        case s.PropertyDecl(kind, name, body):
            return _defined(f"{kind.value} {name.name}", body)
        case s.TerminalDecl(predicate):
            return _defined("terminal", predicate)
        case s.ModelDecl(name, base, entries):
            head = f"model {name.name}" + (f" extends {base.name}" if base is not None else "")
            return [f"{head} {{", *(f"{_INDENT}{_entry(entry)};" for entry in entries), "}"]
        case _:
            assert_never(declaration)


def _entry(entry: s.ModelEntry) -> str:
    match entry:
        case s.ScopeEntry(sort, size, names):
            return f"scope {sort.name} = {'{' + _names(names) + '}' if names else size}"
        case s.ValueEntry(name, path, value):
            return f"{name.name}{_path(path)} = {print_expr(value)}"
        case s.DepthEntry(depth):
            return f"depth {depth}"
        case s.CheckEntry(properties):
            return f"check {_names(properties)}"
        case s.ExpectEntry(properties, expected, depth):
            return f"expect {_names(properties)} {expected.value}" + (f" {depth}" if depth is not None else "")
        case _:
            assert_never(entry)
