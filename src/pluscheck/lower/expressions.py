"""Surface expressions to core expressions: nearly one to one, every node with the span it had.

Operators become calls (see `pluscheck.lower.operators`); those that are local or take operators are expanded in place. The surface language
forbids that an inner name hides an outer one, but expanding can bring two of the same name together: so every binder gets a core name that
nothing around it has.

Like the evaluator, this recurses through no generator and no C function, so that deep nesting costs only Python's own frames.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import assert_never

from pluscheck.base.errors import InternalError
from pluscheck.base.source import Span
from pluscheck.core import exprs as e
from pluscheck.core.values import NOTHING, Atom, Value
from pluscheck.lang import syntax as s
from pluscheck.lang import types as lt
from pluscheck.lang.elaborated import (
    BoundMeaning,
    BuiltinMeaning,
    ConstantMeaning,
    ForeignMeaning,
    Instance,
    LiteralMeaning,
    OperatorArgumentMeaning,
    OperatorMeaning,
    OwnMeaning,
    PcMeaning,
    ReturnMeaning,
    SingleMeaning,
    TypeMeaning,
    VariableMeaning,
)
from pluscheck.lang.walk import descend
from pluscheck.lower.naming import at_span, is_trivial, shared
from pluscheck.lower.paths import Argument, Component, FieldNamed, PathStep, Position, Replacement, type_after, updated
from pluscheck.lower.surroundings import Env, Loop

# ------------------------------------------------------------------------------------------ expressions


def lower_expr(expr: s.Expr, env: Env) -> e.Expr:
    """Return the core expression. Raises Abandoned, after reporting why."""
    span = expr.span
    match expr:
        case s.Number(value) | s.Truth(value):
            return e.Lit(value, span=span)
        case s.NoneLit():
            return e.Lit(NOTHING, span=span)
        case s.Label(name):
            return e.Lit(_label_value(expr, name, env), span=span)
        case s.BooleanSet():
            return e.AllOf(env.home.type_of(expr, env.annotations), span=span)
        case s.At():
            if env.at is None:
                raise InternalError(f"@ outside EXCEPT at {span.place}")
            return at_span(env.at, span)
        case s.Name():
            return _name(expr, env)
        case s.Apply():
            return _apply(expr, env)
        case s.Lambda():
            raise InternalError(f"LAMBDA as a value at {span.place}")
        case s.BinaryOp():
            return _binary(expr, env)
        case s.UnaryOp():
            return _unary(expr, env)
        case s.Junct(junction, items):
            lowered = tuple([lower_expr(item, env) for item in items])
            if len(lowered) == 1:
                return lowered[0]
            return e.And(lowered, span=span) if junction is s.Junction.AND else e.Or(lowered, span=span)
        case s.Product(items):
            return e.Cross(_all(items, env), span=span)
        case s.Quantified(quantifier, binders, body):
            core_binders, inside = _binders(binders, env)
            lowered_body = lower_expr(body, inside)
            if quantifier is s.Quantifier.FORALL:
                return e.Forall(core_binders, lowered_body, span=span)
            return e.Exists(core_binders, lowered_body, span=span)
        case s.Choose(name, domain, body):
            binder, inside = _binder(name, domain, env)
            unique = has_sort(env.type_of(domain))
            return e.Choose(binder, lower_expr(body, inside), unique, span=span)
        case s.If(condition, yes, no):
            return e.Ite(lower_expr(condition, env), lower_expr(yes, env), lower_expr(no, env), span=span)
        case s.Case(arms, other):
            pairs = tuple([(lower_expr(arm.condition, env), lower_expr(arm.value, env)) for arm in arms])
            return e.Case(pairs, None if other is None else lower_expr(other, env), span=span)
        case s.Let(definitions, body):
            return _let(definitions, body, env, span)
        case s.SetLiteral(items):
            return e.SetLit(_all(items, env), span=span)
        case s.SetFilter(name, domain, condition):
            binder, inside = _binder(name, domain, env)
            return e.Filter(binder, lower_expr(condition, inside), span=span)
        case s.SetMap(value, binders):
            core_binders, inside = _binders(binders, env)
            return e.Map(lower_expr(value, inside), core_binders, span=span)
        case s.FunctionLiteral(binders, value):
            core_binders, inside = _binders(binders, env)
            return e.Lambda(core_binders, lower_expr(value, inside), span=span)
        case s.FunctionSet(domains, target):
            of_domains = _all(domains, env)
            domain_set = of_domains[0] if len(of_domains) == 1 else e.Cross(of_domains, span=span)
            return e.FunctionSpace(domain_set, lower_expr(target, env), span=span)
        case s.RecordLiteral(fields):
            return e.MakeRecord(_fields(fields, env), span=span)
        case s.RecordSet(fields):
            return e.RecordSpace(_fields(fields, env), span=span)
        case s.TupleLiteral(items):
            return e.MakeTuple(_all(items, env), span=span)
        case s.Index():
            return _index(expr, env)
        case s.FieldOf(target, name):
            return e.Field(lower_expr(target, env), name.name, span=span)
        case s.Except():
            return _except(expr, env)
        case _:
            assert_never(expr)


def has_sort(of: lt.Type) -> bool:
    """Return whether values of the type can contain elements of a sort."""
    match of:
        case lt.SortType():
            return True
        case lt.UnionType(_, parts):
            return any(isinstance(part, lt.SortType) for part in parts)
        case lt.RecordType(fields):
            return any(has_sort(item) for _, item in fields)
        case lt.TupleType(items):
            return any(has_sort(item) for item in items)
        case lt.FunctionType(domain, target):
            return has_sort(domain) or has_sort(target)
        case lt.SetType(element) | lt.SeqType(element) | lt.OptionType(element):
            return has_sort(element)
        case lt.BoolType() | lt.IntType() | lt.EnumType() | lt.LabelType() | lt.Unknown():
            return False
        case _:
            assert_never(of)


def _all(exprs: Sequence[s.Expr], env: Env) -> tuple[e.Expr, ...]:
    return tuple([lower_expr(expr, env) for expr in exprs])


def _fields(fields: tuple[s.RecordField, ...], env: Env) -> tuple[tuple[str, e.Expr], ...]:
    lowered = [(item.name.name, lower_expr(item.value, env)) for item in fields]
    return tuple(sorted(lowered, key=lambda item: item[0]))


def _binder(name: s.Ident, domain: s.Expr, env: Env) -> tuple[e.Binder, Env]:
    of = lower_expr(domain, env)
    core_name, inside = env.bind(name.name)
    return e.Binder(core_name, of), inside


def _binders(binders: tuple[s.Binder, ...], env: Env) -> tuple[tuple[e.Binder, ...], Env]:
    """Return the binders, one a name, and the environment inside; every domain stands outside."""
    core_binders: list[e.Binder] = []
    inside = env
    for binder in binders:
        domain = lower_expr(binder.domain, env)
        for name in binder.names:
            core_name, inside = inside.bind(name.name)
            core_binders.append(e.Binder(core_name, domain))
    return tuple(core_binders), inside


def _label_value(expr: s.Expr, name: str, env: Env) -> Value:
    match env.type_of(expr):
        case lt.LabelType(process):
            return env.home.label(process, name)
        case other:
            raise InternalError(f"a label of type {other} at {expr.span.place}")


# ---------------------------------------------------------------------------------------------- names


def _name(expr: s.Name, env: Env) -> e.Expr:
    span = expr.span
    match env.annotations.meanings[id(expr)]:
        case VariableMeaning(decl):
            return env.reading.read(decl.name.name, span)
        case OwnMeaning(name):
            return _own_variable(name, env, span)
        case ForeignMeaning(name, owner):
            return env.reading.read(env.home.foreign(owner, name), span)
        case ConstantMeaning(decl):
            return e.Const(decl.name.name, span=span)
        case LiteralMeaning(enum, index):
            return e.Lit(Atom(enum.name.name, index, enum.literals[index].name), span=span)
        case BoundMeaning(name):
            return at_span(env.names[name], span)
        case TypeMeaning():
            return e.AllOf(env.home.type_of(expr, env.annotations), span=span)
        case OperatorMeaning(instance):
            return _call(instance, expr.name, (), env, span)
        case (
            OperatorArgumentMeaning() | BuiltinMeaning() | PcMeaning() | ReturnMeaning() | SingleMeaning()
        ) as meaning:
            raise InternalError(f"{expr.name} at {span.place} is a value, but means {meaning}")
        case meaning:
            assert_never(meaning)


def _own_variable(name: str, env: Env, span: Span) -> e.Expr:
    """Return the value of a local variable of the process in whose body the expression stands."""
    if env.owner is None:
        raise InternalError(f"{name} at {span.place} belongs to no process")
    value = env.reading.read(env.owner.variables[name], span)
    return value if env.owner.identifier is None else e.App(value, at_span(env.owner.identifier, span), span=span)


def _apply(expr: s.Apply, env: Env) -> e.Expr:
    match env.annotations.meanings[id(expr)]:
        case OperatorMeaning(instance) | OperatorArgumentMeaning(instance):
            return _call(instance, expr.operator.name, expr.args, env, expr.span)
        case TypeMeaning() | BuiltinMeaning("Seq" | "Option"):
            return e.AllOf(env.home.type_of(expr, env.annotations), span=expr.span)
        case BuiltinMeaning(name):
            return _builtin(name, _all(expr.args, env), expr.span)
        case meaning:
            raise InternalError(f"{expr.operator.name} at {expr.span.place} is applied, but means {meaning}")


def _builtin(name: str, args: tuple[e.Expr, ...], span: Span) -> e.Expr:
    match name, args:
        case "Len", (sequence,):
            return e.Len(sequence, span=span)
        case "Head", (sequence,):
            return e.Head(sequence, span=span)
        case "Tail", (sequence,):
            return e.Tail(sequence, span=span)
        case "Append", (sequence, element):
            return e.Append(sequence, element, span=span)
        case "SubSeq", (sequence, low, high):
            return e.SubSeq(sequence, low, high, span=span)
        case "Cardinality", (operand,):
            return e.Cardinality(operand, span=span)
        case "Some", (operand,):
            return e.SomeOf(operand, span=span)
        case "Get", (operand,):
            return e.Get(operand, span=span)
        case _:
            raise InternalError(f"no built-in operator {name} of {len(args)} arguments")


# ------------------------------------------------------------------------------------------- operators


def _call(instance: Instance, name: str, args: tuple[s.Expr, ...], env: Env, span: Span) -> e.Expr:
    """Return the operator that is called `name` here, applied."""
    loop = env.loops.get(id(instance))
    if loop is not None:
        captured = tuple(e.Local(captured_name, span=span) for captured_name in loop.captured)
        return e.Call(loop.operator, _values(instance, args, env) + captured, span=span)
    if instance.is_local:
        env.home.expanding(span)
        inside = _inside(instance, name, args, env)
        if instance.is_recursive:
            return _recursive(instance, args, env, inside, span)
        return _expanded(instance, args, env, inside, span)
    values = _values(instance, args, env)
    operator = env.home.operator(instance)
    assigned = env.reading.assigned()
    if assigned and (changed := env.home.operator_reads(operator) & assigned):
        operator, order = env.home.operator_with(instance, changed)
        return e.Call(operator, values + tuple(env.reading.read(variable, span) for variable in order), span=span)
    return e.Call(operator, values, span=span)


def value_params(decl: s.OperatorDecl | s.Lambda) -> tuple[tuple[int, str], ...]:
    """Return the position and name of each parameter that is a value, not an operator."""
    match decl:
        case s.OperatorDecl(_, params, _):
            return tuple((i, param.name.name) for i, param in enumerate(params) if param.arity == 0)
        case s.Lambda(names, _):
            return tuple((i, name.name) for i, name in enumerate(names))
        case _:
            assert_never(decl)


def operator_params(decl: s.OperatorDecl | s.Lambda) -> tuple[tuple[int, str], ...]:
    """Return the position and name of each parameter that is an operator."""
    match decl:
        case s.OperatorDecl(_, params, _):
            return tuple((i, param.name.name) for i, param in enumerate(params) if param.arity > 0)
        case s.Lambda():
            return ()
        case _:
            assert_never(decl)


def _values(instance: Instance, args: tuple[s.Expr, ...], env: Env) -> tuple[e.Expr, ...]:
    return tuple([lower_expr(args[position], env) for position, _ in value_params(instance.decl)])


def _inside(instance: Instance, name: str, args: tuple[s.Expr, ...], env: Env) -> Env:
    """Return the environment of an operator's body, but for its parameters: the names around its definition, the core names around the call."""
    defined_in = env.closures.get(name)
    around = Env(env.home, instance.annotations) if defined_in is None else defined_in
    closures = dict(around.closures)
    for position, operator in operator_params(instance.decl):
        match args[position]:
            case s.Lambda():
                closures[operator] = env
            case s.Name(passed):
                closures[operator] = env.closures.get(passed)
            case other:
                raise InternalError(f"{other} is passed as an operator")
    return replace(
        around,
        annotations=instance.annotations,
        taken=env.taken | around.taken,
        closures=closures,
        loops={**around.loops, **env.loops},
        reading=env.reading,
    )


def _expanded(instance: Instance, args: tuple[s.Expr, ...], env: Env, inside: Env, span: Span) -> e.Expr:
    """Return the operator's body, with its parameters defined around it; they are evaluated where they are used, as a call's are."""
    definitions: list[tuple[str, e.Expr]] = []
    for position, name in value_params(instance.decl):
        value = lower_expr(args[position], env)
        if is_trivial(value):
            inside = replace(inside, names={**inside.names, name: value})
        else:
            core_name, inside = inside.bind(name)
            definitions.append((core_name, value))
    body = lower_expr(instance.decl.body, inside)
    for core_name, value in reversed(definitions):
        body = e.Let(core_name, value, body, span=span)
    return body


def _recursive(instance: Instance, args: tuple[s.Expr, ...], env: Env, inside: Env, span: Span) -> e.Expr:
    """Return a call of an operator made for this place: it takes the core names around it as further parameters."""
    values = _values(instance, args, env)
    captured = tuple(sorted(env.taken | env.reading.local_names()))
    inside = replace(inside, taken=inside.taken | frozenset(captured))
    params: list[str] = []
    for _, name in value_params(instance.decl):
        core_name, inside = inside.bind(name)
        params.append(core_name)

    def body(name: str) -> e.Expr:
        loops = {**inside.loops, id(instance): Loop(name, captured)}
        return lower_expr(instance.decl.body, replace(inside, loops=loops))

    operator = env.home.define(instance.name, (*params, *captured), body, instance.decl.span)
    return e.Call(operator, values + tuple(e.Local(name, span=span) for name in captured), span=span)


def _let(definitions: tuple[s.OperatorDecl, ...], body: s.Expr, env: Env, span: Span) -> e.Expr:
    inside = env
    values: list[tuple[str, e.Expr]] = []
    for definition in definitions:
        if definition.params:
            inside = replace(inside, closures={**inside.closures, definition.name.name: inside})
        else:
            value = lower_expr(definition.body, inside)
            core_name, inside = inside.bind(definition.name.name)
            values.append((core_name, value))
    result = lower_expr(body, inside)
    for core_name, value in reversed(values):
        result = e.Let(core_name, value, result, span=span)
    return result


# --------------------------------------------------------------------------------- prefix and infix


def _unary(expr: s.UnaryOp, env: Env) -> e.Expr:
    span = expr.span
    operand = lower_expr(expr.operand, env)
    match expr.op:
        case s.Unary.NOT:
            return e.Not(operand, span=span)
        case s.Unary.NEG:
            match operand:
                case e.Lit(int(number)):
                    return e.Lit(-number, span=span)
                case _:
                    return e.Neg(operand, span=span)
        case s.Unary.POWERSET:
            return e.Powerset(operand, span=span)
        case s.Unary.BIG_UNION:
            return e.BigUnion(operand, span=span)
        case s.Unary.DOMAIN:
            match env.type_of(expr.operand):
                case lt.SeqType():
                    return e.Interval(e.Lit(1, span=span), e.Len(operand, span=span), span=span)
                case lt.TupleType(items):
                    return e.Interval(e.Lit(1, span=span), e.Lit(len(items), span=span), span=span)
                case _:
                    return e.Domain(operand, span=span)
        case s.Unary.PRIME:
            return e.Prime(operand, span=span)
        case s.Unary.UNCHANGED:
            return e.Eq(e.Prime(operand, span=span), operand, span=span)
        case s.Unary.ENABLED | s.Unary.ALWAYS | s.Unary.EVENTUALLY:
            raise InternalError(f"`{expr.op.value}` at {span.place} should have been reported")
        case _:
            assert_never(expr.op)


def _binary(expr: s.BinaryOp, env: Env) -> e.Expr:
    span = expr.span
    left, right = lower_expr(expr.left, env), lower_expr(expr.right, env)
    match expr.op:
        case s.Binary.IMPLIES:
            return e.Implies(left, right, span=span)
        case s.Binary.EQUIV | s.Binary.EQ:
            return e.Eq(left, right, span=span)
        case s.Binary.NE:
            return e.Not(e.Eq(left, right), span=span)  # the equality stands nowhere in the text
        case s.Binary.LT:
            return e.Compare(e.Comparison.LT, left, right, span=span)
        case s.Binary.GT:
            return e.Compare(e.Comparison.LT, right, left, span=span)
        case s.Binary.LE:
            return e.Compare(e.Comparison.LE, left, right, span=span)
        case s.Binary.GE:
            return e.Compare(e.Comparison.LE, right, left, span=span)
        case s.Binary.IN:
            return e.In(left, right, span=span)
        case s.Binary.NOT_IN:
            return e.Not(e.In(left, right), span=span)
        case s.Binary.SUBSETEQ:
            return e.Subset(left, right, span=span)
        case s.Binary.SUBSET:
            return _proper_subset(left, right, env.taken, span)
        case s.Binary.PAIR:
            return e.Single(left, right, span=span)
        case s.Binary.OVERRIDE:
            return e.Override(left, right, span=span)
        case s.Binary.UNION:
            return e.SetBinary(e.SetOp.UNION, left, right, span=span)
        case s.Binary.INTERSECT:
            return e.SetBinary(e.SetOp.INTERSECT, left, right, span=span)
        case s.Binary.MINUS_SET:
            return e.SetBinary(e.SetOp.MINUS, left, right, span=span)
        case s.Binary.RANGE:
            return e.Interval(left, right, span=span)
        case s.Binary.ADD:
            return e.Arith(e.Arithmetic.ADD, left, right, span=span)
        case s.Binary.SUB:
            return e.Arith(e.Arithmetic.SUB, left, right, span=span)
        case s.Binary.MUL:
            return e.Arith(e.Arithmetic.MUL, left, right, span=span)
        case s.Binary.DIV:
            return e.Arith(e.Arithmetic.DIV, left, right, span=span)
        case s.Binary.MOD:
            return e.Arith(e.Arithmetic.MOD, left, right, span=span)
        case s.Binary.POW:
            return e.Arith(e.Arithmetic.POW, left, right, span=span)
        case s.Binary.CONCAT:
            return e.Concat(left, right, span=span)
        case s.Binary.LEADS_TO:
            raise InternalError(f"`{expr.op.value}` at {span.place} should have been reported")
        case _:
            assert_never(expr.op)


def _proper_subset(left: e.Expr, right: e.Expr, taken: frozenset[str], span: Span) -> e.Expr:
    def both(lesser: e.Expr, taken: frozenset[str]) -> e.Expr:
        def compare(greater: e.Expr, _: frozenset[str]) -> e.Expr:
            different = e.Not(e.Eq(lesser, greater), span=span)
            return e.And((e.Subset(lesser, greater, span=span), different), span=span)

        return shared(right, "right", taken, compare)

    return shared(left, "left", taken, both)


# --------------------------------------------------------------------------- application and EXCEPT


def _index(expr: s.Index, env: Env) -> e.Expr:
    match env.annotations.meanings.get(id(expr)):
        case PcMeaning(process):
            return _of_process(env.home.pc(process), process, expr, env)
        case ReturnMeaning(process, procedure):
            found = env.home.returns_to(process, procedure)
            return _of_process(found, process, expr, env) if isinstance(found, str) else e.Lit(found, span=expr.span)
        case SingleMeaning(name, owner):
            return env.reading.read(env.home.foreign(owner, name), expr.span)
        case _:
            step = path_step(expr.args, env.type_of(expr.target), env, expr.span)
            return step.of(lower_expr(expr.target, env))


def _of_process(variable: str, process: str, expr: s.Index, env: Env) -> e.Expr:
    """Return the variable's value for the process that the last argument identifies or, if it is a single one, names."""
    value = env.reading.read(variable, expr.span)
    if not env.home.is_indexed(process):
        return value
    return e.App(value, lower_expr(expr.args[-1], env), span=expr.span)


def path_step(args: tuple[s.Expr, ...], of: lt.Type, env: Env, span: Span) -> PathStep:
    """Return the step that indexing a value of this type makes."""
    match of:
        case lt.FunctionType():
            lowered = _all(args, env)
            argument = lowered[0] if len(lowered) == 1 else e.MakeTuple(lowered, span=args[0].span.to(args[-1].span))
            return Argument(argument, span)
        case lt.SeqType():
            return Position(lower_expr(args[0], env), span)
        case lt.TupleType():
            match args[0]:
                case s.Number(index):
                    return Component(index, span)
                case other:
                    raise InternalError(f"a tuple is indexed by {other} at {span.place}")
        case _:
            raise InternalError(f"a value of type {of} is indexed at {span.place}")


def _except(expr: s.Except, env: Env) -> e.Expr:
    whole = lower_expr(expr.target, env)
    for update in expr.updates:
        path = _path(update.path, env.type_of(expr.target), env)
        whole = updated(whole, path, _except_value(update.value, env), env.taken)
    return whole


def _except_value(value: s.Expr, env: Env) -> Replacement:
    """Return what an EXCEPT puts in the place of a part, which `@` stands for in it."""

    def lowered(part: e.Expr, taken: frozenset[str]) -> e.Expr:
        return lower_expr(value, replace(env, at=part, taken=taken))

    return Replacement(lowered, of_part=any(isinstance(node, s.At) for node in descend(value)))


def _path(path: tuple[s.IndexStep | s.FieldStep, ...], of: lt.Type, env: Env) -> tuple[PathStep, ...]:
    steps: list[PathStep] = []
    for written in path:
        match written:
            case s.IndexStep(args):
                step = path_step(args, of, env, written.span)
            case s.FieldStep(name):
                step = FieldNamed(name.name, written.span)
            case _:
                assert_never(written)
        steps.append(step)
        of = type_after(step, of)
    return tuple(steps)
