"""Builds the surface tree while Lark reduces: one method a grammar rule, called with the rule's children in order.

Nothing here recurses, so that depth is no problem; how deep a tree may be is checked afterwards, by `parser`.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

from lark import Transformer

from pluscheck.base.codes import Code
from pluscheck.base.diagnostics import Diagnostic, Label
from pluscheck.base.source import Span
from pluscheck.lang import syntax as s
from pluscheck.lang.lexer import Word
from pluscheck.lang.precedence import tree

Children = list[Any]


def _ident(token: Word) -> s.Ident:
    return s.Ident(str(token), span=token.span)


def _named(name: s.Name) -> s.Ident:
    return s.Ident(name.name, span=name.span)


def _trees(children: Sequence[Any]) -> list[Any]:
    """Return the children that are not tokens."""
    return [child for child in children if not isinstance(child, Word)]


def _from(first: Any, last: Any) -> Span:
    """Return the span from one child to another."""
    start: Span = first.span
    end: Span = last.span
    return start.to(end)


_EXPECTED = {expected.value: expected for expected in s.Expected}


class Builder(Transformer[Word, Any]):
    """Lark calls these as it reduces. What is wrong but can be read is added to `wrong`."""

    def __init__(self) -> None:
        super().__init__(visit_tokens=False)
        self.wrong: list[Diagnostic] = []

    def _error(self, message: str, span: Span, text: str, help_line: str | None = None) -> None:
        self.wrong.append(Diagnostic(Code.UNEXPECTED_TOKEN, message, Label(span, text), help=help_line))

    def _is_wrong(self, span: Span) -> bool:
        """Return whether something in this place was reported."""
        return any(span.start <= each.primary.span.start < span.end for each in self.wrong)

    # ------------------------------------------------------------------------------------------ modules

    def header(self, c: Children) -> s.Module:
        extends = tuple(name for names in c[2:] for name in names)
        return s.Module(_ident(c[1]), extends, (), span=_from(c[0], c[1]))

    def extends(self, c: Children) -> tuple[s.Ident, ...]:
        names: tuple[s.Ident, ...] = c[1]
        return names

    def declarations(self, c: Children) -> list[s.Declaration]:
        found: list[s.Declaration] = []
        for child in c:
            if isinstance(child, list):
                found.extend(child)
            elif not isinstance(child, Word):
                found.append(child)
        return found

    def names(self, c: Children) -> tuple[s.Ident, ...]:
        return tuple(_ident(token) for token in c if token.type == "NAME")

    # ------------------------------------------------------------------------------------- declarations

    def sort_decl(self, c: Children) -> list[s.SortDecl]:
        return [s.SortDecl(name, span=_from(c[0], name)) for name in c[1]]

    def enum_decl(self, c: Children) -> s.EnumDecl:
        return s.EnumDecl(_ident(c[1]), c[4], span=_from(c[0], c[-1]))

    def type_params(self, c: Children) -> tuple[s.Ident, ...]:
        names: tuple[s.Ident, ...] = c[1]
        return names

    def type_decl(self, c: Children) -> s.TypeDecl:
        name, span = _ident(c[1]), _from(c[0], c[-1])
        params: tuple[s.Ident, ...] = c[2] if isinstance(c[2], tuple) else ()
        at = 3 if isinstance(c[2], tuple) else 2
        value, others = c[at + 1], [token for token in c[at + 2 :] if token.type == "NAME"]
        if not others:
            return s.TypeDecl(name, params, value, is_lock=c[0].type == "LOCK_TYPE", span=span)
        if not isinstance(value, s.Name):
            self._error("a union is made of names", value.span, "not the name of a sort or enum")
            return s.TypeDecl(name, params, value, span=span)
        if c[0].type == "LOCK_TYPE":
            self._error("a union does not say who holds something", span, "write `type`")
        return s.TypeDecl(name, params, None, (_named(value), *map(_ident, others)), span=span)

    def const_decl(self, c: Children) -> s.ConstDecl:
        default = c[5] if len(c) > 4 else None
        return s.ConstDecl(_ident(c[1]), c[3], default, c[0].type == "SWITCH", span=_from(c[0], c[-1]))

    def var_decl(self, c: Children) -> s.VarDecl:
        has_initial = len(c) > 4
        initial = c[5] if has_initial else None
        any_of = has_initial and c[4].type == "ELEMENT"
        return s.VarDecl(_ident(c[1]), c[3], initial, any_of, span=_from(c[0], c[-1]))

    def init_decl(self, c: Children) -> s.InitDecl:
        return s.InitDecl(c[1], span=_from(c[0], c[1]))

    def operator_decl(self, c: Children) -> s.OperatorDecl:
        params = tuple(c[2]) if len(c) > 3 else ()
        return s.OperatorDecl(_ident(c[0]), params, c[-1], span=_from(c[0], c[-1]))

    def operator_params(self, c: Children) -> list[s.OperatorParam]:
        return _trees(c)

    def operator_param(self, c: Children) -> s.OperatorParam:
        blanks = [token for token in c[1:] if token.type == "NAME"]
        for blank in blanks:
            if blank != "_":
                self._error("the arguments of an operator parameter have no names", blank.span, "write `_`")
        return s.OperatorParam(_ident(c[0]), len(blanks), span=_from(c[0], c[-1]))

    def recursive_decl(self, c: Children) -> list[s.RecursiveDecl]:
        return [s.RecursiveDecl(param.name, param.arity, span=param.span) for param in c[1]]

    def macro_decl(self, c: Children) -> s.MacroDecl:
        params: tuple[s.Ident, ...] = c[3] if isinstance(c[3], tuple) else ()
        return s.MacroDecl(_ident(c[1]), params, c[-1][0], span=_from(c[0], c[1]))

    def params(self, c: Children) -> list[s.Param]:
        return _trees(c)

    def param(self, c: Children) -> s.Param:
        return s.Param(_ident(c[0]), c[2], span=_from(c[0], c[2]))

    def locals(self, c: Children) -> tuple[s.VarDecl, ...]:
        return tuple(_trees(c))

    def procedure_decl(self, c: Children) -> s.ProcedureDecl:
        params = tuple(c[3]) if isinstance(c[3], list) else ()
        return s.ProcedureDecl(_ident(c[1]), params, c[-2], c[-1][0], span=_from(c[0], c[1]))

    def fairness(self, c: Children) -> s.Fairness:
        return s.Fairness.STRONG if len(c) > 1 else s.Fairness.WEAK

    def action_decl(self, c: Children) -> s.ActionDecl:
        fairness = c.pop(0) if isinstance(c[0], s.Fairness) else s.Fairness.NONE
        params = tuple(next((child for child in c if isinstance(child, list)), ()))
        return s.ActionDecl(_ident(c[1]), params, c[-1][0], fairness, span=_from(c[0], c[1]))

    def process_decl(self, c: Children) -> s.ProcessDecl:
        fairness = c.pop(0) if isinstance(c[0], s.Fairness) else s.Fairness.NONE
        param = next((child for child in c if isinstance(child, s.Param)), None)
        return s.ProcessDecl(_ident(c[1]), param, c[-2], c[-1][0], fairness, span=_from(c[0], c[1]))

    def property_decl(self, c: Children) -> s.PropertyDecl:
        return s.PropertyDecl(s.PropertyKind(str(c[0])), _ident(c[1]), c[3], span=_from(c[0], c[3]))

    def terminal_decl(self, c: Children) -> s.TerminalDecl:
        return s.TerminalDecl(c[2], span=_from(c[0], c[2]))

    # ------------------------------------------------------------------------------------------- models

    def model_decl(self, c: Children) -> s.ModelDecl:
        base = _ident(c[3]) if c[2].type == "EXTENDS" else None
        entries = tuple(child for child in c if isinstance(child, s.Node))
        return s.ModelDecl(_ident(c[1]), base, entries, span=_from(c[0], c[1]))  # type: ignore[arg-type]  # the grammar has only entries there

    def scope_size(self, c: Children) -> s.ScopeEntry:
        return s.ScopeEntry(_ident(c[1]), int(c[3]), span=_from(c[0], c[-1]))

    def scope_names(self, c: Children) -> s.ScopeEntry:
        return s.ScopeEntry(_ident(c[1]), len(c[4]), c[4], span=_from(c[0], c[-1]))

    def value_entry(self, c: Children) -> s.ValueEntry:
        return s.ValueEntry(_ident(c[0]), c[1], c[3], span=_from(c[0], c[-1]))

    def depth_entry(self, c: Children) -> s.DepthEntry:
        if c[0] != "depth":
            self._error(f"`{c[0]}` is no entry of a model", c[0].span, "not known here", "`depth 20;` is")
        return s.DepthEntry(int(c[1]), span=_from(c[0], c[-1]))

    def check_entry(self, c: Children) -> s.CheckEntry:
        if c[0] != "check":
            self._error(f"`{c[0]}` is no entry of a model", c[0].span, "not known here", "`check Name, Name;` is")
        return s.CheckEntry(c[1], span=_from(c[0], c[-1]))

    def expect_entry(self, c: Children) -> s.ExpectEntry:
        expected = _EXPECTED.get(c[2])
        if expected is None:
            words = ", ".join(f"`{each}`" for each in _EXPECTED)
            self._error(f"`{c[2]}` cannot be expected", c[2].span, "not an expectation", f"one of {words}")
            expected = s.Expected.HOLDS
        depth = int(c[3]) if c[3].type == "NUMBER" else None
        if (depth is not None) != (expected is s.Expected.BOUNDED):
            self._error("a depth goes with `bounded`, and only there", c[2].span, "here", "`expect Name bounded 20;`")
            depth = 0 if expected is s.Expected.BOUNDED else None
        return s.ExpectEntry(c[1], expected, depth, span=_from(c[0], c[-1]))

    def needs_entry(self, c: Children) -> s.NeedsEntry:
        order = _ident(c[1]) if isinstance(c[1], Word) else None
        sets: tuple[tuple[s.Protection | s.Constraint, ...], ...] = tuple(_trees(c))
        for need in (need for one in sets for need in one):
            if isinstance(need, s.Constraint) and order is None and not self._is_wrong(need.span):
                self._error(
                    "it is not said which order this is about", need.span, "here", f"`needs Name: {need.span.text};`"
                )
            elif (
                isinstance(need, s.Protection)
                and order is not None
                and (need.path or need.name.name not in s.ALL_OR_NONE)
            ):
                self._error(
                    "of an order, constraints are needed",
                    need.span,
                    "no constraint",
                    "`First before Second`, `all` or `none`",
                )
        return s.NeedsEntry(order, sets, span=_from(c[0], c[-1]))

    def need_set(self, c: Children) -> tuple[s.Protection | s.Constraint, ...]:
        return tuple(_trees(c))

    def protection(self, c: Children) -> s.Protection:
        path: tuple[s.IndexStep | s.FieldStep, ...] = c[1]
        return s.Protection(_ident(c[0]), path, span=_from(c[0], path[-1] if path else c[0]))

    def constraint(self, c: Children) -> s.Constraint:
        if c[1] != "before":
            self._error(
                f"`{c[1]}` cannot stand here",
                c[1].span,
                "expected `before`, `,`, `or` or `;`",
                "`First before Second` is a constraint on an order",
            )
        return s.Constraint(_ident(c[0]), _ident(c[2]), span=_from(c[0], c[2]))

    # --------------------------------------------------------------------------------------- statements

    def block(self, c: Children) -> tuple[s.Block, Word]:
        """Return the statements, with the closing brace as the end of what contains them."""
        for statement, ends in c[1:-2]:
            if not ends and not _ends_in_brace(statement.statement):
                here = Span(statement.span.source, statement.span.end, statement.span.end)
                self._error("a `;` is missing", here, "after this statement")
        return tuple(statement for statement, _ in c[1:-1]), c[-1]

    def labelled(self, c: Children) -> tuple[s.Labelled, bool]:
        """Return the statement, and whether a `;` follows it, or it is reported already."""
        ends = isinstance(c[-1], Word) and c[-1].type == "SEMICOLON"
        ends = ends or (bool(self.wrong) and self.wrong[-1].primary.span == c[-1].span)
        if isinstance(c[0], Word):
            return s.Labelled(_ident(c[0]), c[2], span=_from(c[0], c[2])), ends
        return s.Labelled(None, c[0], span=c[0].span), ends

    def await_statement(self, c: Children) -> s.Await:
        return s.Await(c[1], span=_from(c[0], c[1]))

    def assign(self, c: Children) -> s.Assign:
        assignments = tuple(_trees(c))
        return s.Assign(assignments, span=_from(assignments[0], assignments[-1]))

    def assignment(self, c: Children) -> s.Assignment:
        return s.Assignment(c[0], c[2], span=_from(c[0], c[2]))

    def macro_call_without_arguments(self, c: Children) -> s.Statement:
        return s.MacroCall(_ident(c[0]), (), span=_from(c[0], c[2]))

    def macro_call(self, c: Children) -> s.Statement:
        match c[0]:
            case s.Apply(operator, args):
                return s.MacroCall(operator, args, span=c[0].span)
            case s.BinaryOp(s.Binary.EQ, left, right):
                self._error("this is a comparison, not a statement", c[0].span, "does nothing", "assignment is `:=`")
                return s.Assign((s.Assignment(left, right, span=c[0].span),), span=c[0].span)
            case s.Name():
                help_line = f"a label is written `{c[0].name}:`, a macro call `{c[0].name}()`"
                self._error("a name alone is no statement", c[0].span, "does nothing", help_line)
                return s.Skip(span=c[0].span)
            case _:
                self._error(
                    "this is an expression, not a statement",
                    c[0].span,
                    "does nothing",
                    "write `await` to wait for it, `assert` to claim it, or `x := e` to assign it",
                )
                return s.Skip(span=c[0].span)

    def if_statement(self, c: Children) -> s.IfStatement:
        no: s.Block = ()
        end = c[4][1]
        if len(c) > 5:
            if isinstance(c[6], s.IfStatement):
                no, end = (s.Labelled(None, c[6], span=c[6].span),), c[6]
            else:
                no, end = c[6]
        return s.IfStatement(c[2], c[4][0], no, span=_from(c[0], end))

    def either(self, c: Children) -> s.Either:
        blocks = _trees(c)
        return s.Either(tuple(block for block, _ in blocks), span=_from(c[0], blocks[-1][1]))

    def order(self, c: Children) -> s.Order:
        blocks = _trees(c)
        return s.Order(_ident(c[1]), tuple(block for block, _ in blocks), span=_from(c[0], blocks[-1][1]))

    def binding(self, c: Children) -> s.WithBinding:
        return s.WithBinding(_ident(c[0]), c[2], c[1].type == "EQUALS", span=_from(c[0], c[2]))

    def with_statement(self, c: Children) -> s.With:
        bindings = tuple(child for child in c if isinstance(child, s.WithBinding))
        return s.With(bindings, c[-1][0], span=_from(c[0], c[-1][1]))

    def while_statement(self, c: Children) -> s.While:
        return s.While(c[2], c[4][0], span=_from(c[0], c[4][1]))

    def goto(self, c: Children) -> s.Goto:
        return s.Goto(_ident(c[1]), span=_from(c[0], c[1]))

    def call(self, c: Children) -> s.Call:
        args = tuple(c[3]) if isinstance(c[3], list) else ()
        return s.Call(_ident(c[1]), args, span=_from(c[0], c[-1]))

    def return_statement(self, c: Children) -> s.Return:
        return s.Return(span=c[0].span)

    def skip(self, c: Children) -> s.Skip:
        return s.Skip(span=c[0].span)

    def assert_statement(self, c: Children) -> s.Assert:
        return s.Assert(c[1], span=_from(c[0], c[1]))

    # -------------------------------------------------------------------------------------- expressions

    def chain(self, c: Children) -> list[Any]:
        """Return the chain so far as one list, which grows in place."""
        if len(c) == 1:
            return [c[0]]
        parts: list[Any] = c[0]
        parts.extend(c[1:])
        return parts

    type_chain = chain

    def prefixed(self, c: Children) -> list[Any]:
        """Return prefix operators (marked by a list around the whole) and their operand, last operator first."""
        rest = c[1] if isinstance(c[1], list) else [c[1]]
        rest.append(c[0])
        return rest

    def expr(self, c: Children) -> s.Expr:
        parts: list[Any] = c[0]
        if len(parts) == 1 and not isinstance(parts[0], list):
            single: s.Expr = parts[0]
            return single
        flat: list[s.Expr | Word] = []
        prefixes: set[int] = set()
        for part in parts:
            if isinstance(part, list):
                flat.extend(reversed(part))
                prefixes.update(id(operator) for operator in part[1:])
            else:
                flat.append(part)
        return tree(flat, frozenset(prefixes), self.wrong.append)

    type = expr

    def exprs(self, c: Children) -> list[s.Expr]:
        return _trees(c)

    def number(self, c: Children) -> s.Number:
        return s.Number(int(c[0]), span=c[0].span)

    def truth(self, c: Children) -> s.Truth:
        return s.Truth(c[0].type == "TRUE", span=c[0].span)

    def label(self, c: Children) -> s.Label:
        return s.Label(str(c[0][1:-1]), span=c[0].span)

    def none(self, c: Children) -> s.NoneLit:
        return s.NoneLit(span=c[0].span)

    def boolean(self, c: Children) -> s.BooleanSet:
        return s.BooleanSet(span=c[0].span)

    def at(self, c: Children) -> s.At:
        return s.At(span=c[0].span)

    def name(self, c: Children) -> s.Name:
        return s.Name(str(c[0]), span=c[0].span)

    def apply(self, c: Children) -> s.Apply:
        return s.Apply(_ident(c[0]), tuple(c[2]), span=_from(c[0], c[3]))

    def arguments(self, c: Children) -> list[s.Expr]:
        return _trees(c)

    def lambda_expr(self, c: Children) -> s.Lambda:
        return s.Lambda(c[1], c[3], span=_from(c[0], c[3]))

    def parenthesised(self, c: Children) -> s.Expr:
        """Return the expression: the parentheses are part of its text."""
        inner: s.Expr = c[1]
        return replace(inner, span=_from(c[0], c[2]))

    def prime(self, c: Children) -> s.UnaryOp:
        return s.UnaryOp(s.Unary.PRIME, c[0], span=_from(c[0], c[1]))

    def index(self, c: Children) -> s.Index:
        return s.Index(c[0], tuple(c[2]), span=_from(c[0], c[3]))

    def field_of(self, c: Children) -> s.FieldOf:
        return s.FieldOf(c[0], _ident(c[2]), span=_from(c[0], c[2]))

    def _binders(self, bounds: list[s.Expr]) -> tuple[s.Binder, ...]:
        r"""Return `x, y \in S, z \in T`, read as expressions, as binders."""
        binders: list[s.Binder] = []
        waiting: list[s.Ident] = []
        for bound in bounds:
            membership = _membership(bound)
            if membership is not None:
                names = (*waiting, membership[0])
                binders.append(s.Binder(names, membership[1], span=_from(names[0], membership[1])))
                waiting = []
            elif isinstance(bound, s.Name) and _is_bare(bound):
                waiting.append(_named(bound))
            else:
                self._not_bound(bound.span)
        if waiting:
            self._not_bound(waiting[0].span)
        return tuple(binders)

    def _not_bound(self, span: Span) -> None:
        self._error(
            "a bound name needs its set", span, "expected `name \\in set`", "every set is finite: `\\A x \\in S : ...`"
        )

    def quantified(self, c: Children) -> s.Quantified:
        return s.Quantified(s.Quantifier(str(c[0])), self._binders(c[1]), c[3], span=_from(c[0], c[3]))

    def choose(self, c: Children) -> s.Expr:
        span = _from(c[0], c[3])
        match self._binders([c[1]]):
            case (s.Binder((name,), domain),):
                return s.Choose(name, domain, c[3], span=span)
            case _:
                return s.Truth(False, span=span)

    def if_expr(self, c: Children) -> s.If:
        return s.If(c[1], c[3], c[5], span=_from(c[0], c[5]))

    def arm(self, c: Children) -> tuple[s.Expr | None, s.Expr, Span]:
        """Return condition (None for `OTHER`), value and place of an arm."""
        return None if isinstance(c[0], Word) else c[0], c[2], _from(c[0], c[2])

    def case(self, c: Children) -> s.Case:
        arms: list[s.CaseArm] = []
        other: s.Expr | None = None
        read = [child for child in c if isinstance(child, tuple)]
        for number, (condition, value, span) in enumerate(read):
            if condition is not None:
                arms.append(s.CaseArm(condition, value, span=span))
            elif number == len(read) - 1 and arms:
                other = value
            else:
                self._error("`OTHER` is the last arm of a `CASE`, after at least one other", span, "too early")
        return s.Case(tuple(arms), other, span=Span(c[0].source, c[0].start_pos, read[-1][2].end))

    def let(self, c: Children) -> s.Let:
        for child in c[1:-2]:
            if isinstance(child, list):
                self._error("`LET` definitions are not recursive", child[0].span, "declared here", "define it outside")
        definitions = tuple(child for child in c[1:-2] if isinstance(child, s.OperatorDecl))
        return s.Let(definitions, c[-1], span=_from(c[0], c[-1]))

    def set_literal(self, c: Children) -> s.SetLiteral:
        return s.SetLiteral(tuple(c[1]) if len(c) > 2 else (), span=_from(c[0], c[-1]))

    def set_builder(self, c: Children) -> s.Expr:
        span = _from(c[0], c[-1])
        membership = _membership(c[1])
        if membership is not None and len(c[3]) == 1:
            name, domain = membership
            return s.SetFilter(name, domain, c[3][0], span=span)
        return s.SetMap(c[1], self._binders(c[3]), span=span)

    def _fields(self, c: Children) -> tuple[s.RecordField, ...]:
        """Return the fields of `[ exprs sep e (, NAME sep e)* ]`, whose first name was read as an expression."""
        fields: list[s.RecordField] = []
        match c[1]:
            case [s.Name() as first] if _is_bare(first):
                fields.append(s.RecordField(_named(first), c[3], span=_from(first, c[3])))
            case [*wrong]:
                self._error("a field has a name", wrong[0].span, "expected the name of a field")
        rest = c[4:-1]
        named = zip(rest[1::4], rest[3::4], strict=True)
        fields += [s.RecordField(_ident(name), value, span=_from(name, value)) for name, value in named]
        return tuple(fields)

    def maps_to(self, c: Children) -> s.Expr:
        span = _from(c[0], c[-1])
        match c[1]:
            case [s.Name() as first] if _is_bare(first):
                return s.RecordLiteral(self._fields(c), span=span)
            case binders:
                if len(c) > 5:
                    self._error("a function has one value", c[5].span, "another begins here")
                return s.FunctionLiteral(self._binders(binders), c[3], span=span)

    def record_set(self, c: Children) -> s.RecordSet:
        return s.RecordSet(self._fields(c), span=_from(c[0], c[-1]))

    def function_set(self, c: Children) -> s.FunctionSet:
        for domain in c[1]:
            if _membership(domain) is not None:
                self._error(
                    "a set of functions has no bound names",
                    domain.span,
                    "not a set",
                    "a function is written `[x \\in S |-> e]`; the set of all from S to T `[S -> T]`",
                )
        return s.FunctionSet(tuple(c[1]), c[3], span=_from(c[0], c[-1]))

    def path(self, c: Children) -> tuple[s.IndexStep | s.FieldStep, ...]:
        return tuple(c)

    def step(self, c: Children) -> s.IndexStep | s.FieldStep:
        if len(c) == 2:
            return s.FieldStep(_ident(c[1]), span=_from(c[0], c[1]))
        return s.IndexStep(tuple(c[1]), span=_from(c[0], c[2]))

    def update(self, c: Children) -> s.ExceptUpdate:
        return s.ExceptUpdate(tuple(c[1:-2]), c[-1], span=_from(c[0], c[-1]))

    def except_expr(self, c: Children) -> s.Except:
        if len(c[1]) != 1:
            self._error("`EXCEPT` changes one value", c[1][1].span, "expected `EXCEPT` before this")
        return s.Except(c[1][0], tuple(_trees(c[3:])), span=_from(c[0], c[-1]))

    def tuple_literal(self, c: Children) -> s.TupleLiteral:
        return s.TupleLiteral(tuple(c[1]) if len(c) > 2 else (), span=_from(c[0], c[-1]))

    def junction_list(self, c: Children) -> s.Junct:
        items = tuple(_trees(c))
        return s.Junct(s.Junction(str(c[0])), items, aligned=True, span=_from(c[0], items[-1]))


def _ends_in_brace(statement: s.Statement) -> bool:
    return isinstance(statement, s.IfStatement | s.Either | s.Order | s.With | s.While)


def _is_bare(name: s.Name) -> bool:
    """Return whether a name stands without parentheses."""
    return name.span.end - name.span.start == len(name.name)


def _membership(expr: s.Expr) -> tuple[s.Ident, s.Expr] | None:
    r"""Return name and set of `x \in S`, if that is what stands there, without parentheses."""
    match expr:
        case s.BinaryOp(s.Binary.IN, s.Name() as name, of) if _is_bare(name) and name.span.start == expr.span.start:
            return _named(name), of
        case _:
            return None
