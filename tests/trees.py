"""Random surface trees of every class, for laws. They are syntax alone: their names mean nothing, and their types are nonsense.

@given(modules)
def test_modules_come_back(module): ...
"""

from __future__ import annotations

from hypothesis import strategies as st

from pluscheck.lang import syntax as s

words = st.sampled_from(["a", "b", "c", "long_name", "X", "Y2", "zeit", "é", "_"])
idents = words.map(s.Ident)


def some(strategy: st.SearchStrategy, least: int = 1, most: int = 3) -> st.SearchStrategy:
    return st.lists(strategy, min_size=least, max_size=most).map(tuple)


leaves: st.SearchStrategy = st.one_of(
    words.map(s.Name),
    st.integers(min_value=0, max_value=2**63 - 1).map(s.Number),
    st.booleans().map(s.Truth),
    words.map(s.Label),
    st.just(s.NoneLit()),
    st.just(s.BooleanSet()),
    st.just(s.At()),
)


def larger(expr: st.SearchStrategy) -> st.SearchStrategy:
    binders = some(st.builds(s.Binder, some(idents), expr), most=2)
    fields = some(st.builds(s.RecordField, idents, expr))
    steps = some(st.one_of(st.builds(s.IndexStep, some(expr)), st.builds(s.FieldStep, idents)), most=2)
    operator = st.builds(s.OperatorDecl, idents, some(st.builds(s.OperatorParam, idents, st.integers(0, 2)), 0), expr)
    return st.one_of(
        st.builds(s.Apply, idents, some(st.one_of(expr, st.builds(s.Lambda, some(idents), expr)))),
        st.builds(s.BinaryOp, st.sampled_from(s.Binary), expr, expr),
        st.builds(s.UnaryOp, st.sampled_from(s.Unary), expr),
        st.builds(s.Junct, st.sampled_from(s.Junction), some(expr, most=4)),
        st.builds(s.Product, some(expr, least=2)),
        st.builds(s.Quantified, st.sampled_from(s.Quantifier), binders, expr),
        st.builds(s.Choose, idents, expr, expr),
        st.builds(s.If, expr, expr, expr),
        st.builds(s.Case, some(st.builds(s.CaseArm, expr, expr)), st.none() | expr),
        st.builds(s.Let, some(operator, most=2), expr),
        st.builds(s.SetLiteral, some(expr, least=0)),
        st.builds(s.SetFilter, idents, expr, expr),
        st.builds(s.SetMap, expr, binders),
        st.builds(s.FunctionLiteral, binders, expr),
        st.builds(s.FunctionSet, some(expr), expr),
        st.builds(s.RecordLiteral, fields),
        st.builds(s.RecordSet, fields),
        st.builds(s.TupleLiteral, some(expr, least=0)),
        st.builds(s.Index, expr, some(expr)),
        st.builds(s.FieldOf, expr, idents),
        st.builds(s.Except, expr, some(st.builds(s.ExceptUpdate, steps, expr), most=2)),
    )


exprs = st.recursive(leaves, larger, max_leaves=12)
small = st.recursive(leaves, larger, max_leaves=3)


def blocks(block: st.SearchStrategy) -> st.SearchStrategy:
    target = st.one_of(
        words.map(s.Name),
        st.builds(s.Index, words.map(s.Name), some(small)),
        st.builds(s.FieldOf, words.map(s.Name), idents),
    )
    binding = st.builds(s.WithBinding, idents, small, st.booleans())
    statement = st.one_of(
        st.builds(s.Await, small),
        st.builds(s.Assign, some(st.builds(s.Assignment, target, small), most=2)),
        st.builds(s.IfStatement, small, block, st.just(()) | block),
        st.builds(s.Either, some(block, least=2)),
        st.builds(s.Order, idents, some(block, least=2)),
        st.builds(s.With, some(binding, most=2), block),
        st.builds(s.While, small, block),
        st.builds(s.Goto, idents),
        st.builds(s.Call, idents, some(small, least=0)),
        st.just(s.Return()),
        st.just(s.Skip()),
        st.builds(s.Assert, small),
        st.builds(s.MacroCall, idents, some(small)),
    )
    return some(st.builds(s.Labelled, st.none() | idents, statement))


block = st.recursive(some(st.builds(s.Labelled, st.none() | idents, st.just(s.Skip())), least=0), blocks, max_leaves=4)
variable = st.one_of(
    st.builds(s.VarDecl, idents, small, small, st.booleans()),
    st.builds(s.VarDecl, idents, small, st.none(), st.just(False)),
)
params = some(st.builds(s.Param, idents, small), least=0, most=2)
kind = st.sampled_from(s.Fairness)
scope = st.one_of(
    st.builds(s.ScopeEntry, idents, st.integers(0, 9)),
    some(idents).flatmap(lambda names: st.builds(s.ScopeEntry, idents, st.just(len(names)), st.just(names))),
)
step = st.one_of(st.builds(s.IndexStep, some(small)), st.builds(s.FieldStep, idents))
expected = st.one_of(
    st.builds(s.ExpectEntry, some(idents), st.sampled_from([e for e in s.Expected if e is not s.Expected.BOUNDED])),
    st.builds(s.ExpectEntry, some(idents), st.just(s.Expected.BOUNDED), st.integers(0, 99)),
)
entries = some(
    st.one_of(
        scope,
        st.builds(s.ValueEntry, idents, some(step, least=0), small),
        st.builds(s.DepthEntry, st.integers(0, 99)),
        st.builds(s.CheckEntry, some(idents)),
        expected,
        st.builds(s.NeedsEntry, st.none(), some(some(st.builds(s.Protection, idents, some(step, least=0))))),
        st.builds(s.NeedsEntry, idents, some(some(st.builds(s.Constraint, idents, idents)))),
        st.builds(s.NeedsEntry, idents, st.just(((s.Protection(s.Ident("none")),),))),
    ),
    least=0,
)
declarations = st.one_of(
    st.builds(s.SortDecl, idents),
    st.builds(s.EnumDecl, idents, some(idents)),
    st.builds(s.TypeDecl, idents, some(idents, least=0), small),
    st.builds(s.TypeDecl, idents, some(idents, least=0), st.none(), some(idents, least=2)),
    st.builds(s.ConstDecl, idents, small, st.none() | small, st.booleans()),
    variable,
    st.builds(s.InitDecl, small),
    st.builds(s.OperatorDecl, idents, some(st.builds(s.OperatorParam, idents, st.integers(0, 2)), 0), exprs),
    st.builds(s.RecursiveDecl, idents, st.integers(1, 3)),
    st.builds(s.MacroDecl, idents, some(idents, least=0), block),
    st.builds(s.ProcedureDecl, idents, params, some(variable, least=0), block),
    st.builds(s.ActionDecl, idents, params, block, kind),
    st.builds(
        s.ProcessDecl, idents, st.none() | st.builds(s.Param, idents, small), some(variable, least=0), block, kind
    ),
    st.builds(s.PropertyDecl, st.sampled_from(s.PropertyKind), idents, exprs),
    st.builds(s.TerminalDecl, exprs),
    st.builds(s.ModelDecl, idents, st.none() | idents, entries),
)
modules = st.builds(s.Module, idents, some(idents, least=0), some(declarations, least=0, most=4))
