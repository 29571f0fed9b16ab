"""The law of substitution: what a macro calls the names that it binds makes no difference to anybody."""

from collections.abc import Mapping
from dataclasses import dataclass
from itertools import count

from hypothesis import given, settings
from hypothesis import strategies as st

from pluscheck.base.source import Source
from pluscheck.lang import syntax as s
from pluscheck.lang.findings import Findings
from pluscheck.lang.macros import expand_macros
from pluscheck.lang.parser import parse
from pluscheck.lang.walk import map_children


@dataclass(frozen=True)
class Mention:
    name: str


@dataclass(frozen=True)
class Pair:
    left: "Tree"
    right: "Tree"


@dataclass(frozen=True)
class Bind:
    form: str
    name: str
    domain: "Tree"
    body: "Tree"


Tree = Mention | Pair | Bind

FORMS = (
    "(\\A {x} \\in {d} : {b})",
    "(CHOOSE {x} \\in {d} : {b})",
    "{{{x} \\in {d} : {b}}}",
    "{{{b} : {x} \\in {d}}}",
    "[{x} \\in {d} |-> {b}]",
    "(LET {x} == {d} IN {b})",
    "F(LAMBDA {x} : <<{d}, {b}>>)",
)


def trees(mentioned: tuple[str, ...]) -> st.SearchStrategy[Tree]:
    return st.recursive(
        st.builds(Mention, st.sampled_from(mentioned)),
        lambda inner: (
            st.builds(Pair, inner, inner)
            | st.builds(Bind, st.sampled_from(FORMS), st.sampled_from(("x", "y", "z", "x_2")), inner, inner)
        ),
        max_leaves=12,
    )


def text(tree: Tree, bound: Mapping[str, str], fresh: count | None) -> str:
    """Return the tree as written; with `fresh`, every bound name is another one."""
    match tree:
        case Mention(name):
            return bound.get(name, name)
        case Pair(left, right):
            return f"<<{text(left, bound, fresh)}, {text(right, bound, fresh)}>>"
        case Bind(form, name, domain, body):
            new = name if fresh is None else f"fresh{next(fresh)}"
            # The domain of a LAMBDA's form stands inside it; it is all the same if nothing is bound there.
            around = {**bound, name: new} if "LAMBDA" in form else bound
            return form.format(x=new, d=text(domain, around, fresh), b=text(body, {**bound, name: new}, fresh))


def expanded(body: str, first: str, second: str) -> s.Node:
    """Return what the macro comes to, used where `x` and `y` are bound."""
    source = f"module Spec macro m(p, q) {{ await {body}; }} action A(x \\in S) {{ with (y \\in T) {{ m({first}, {second}); }} }}"
    findings = Findings()
    (module,) = expand_macros((parse(Source("Spec.plus", source)),), findings).modules
    assert findings.in_order() == ()
    (action,) = module.declarations
    assert isinstance(action, s.ActionDecl)
    return without_names(action, {}, count())


def without_names(node: s.Node, bound: Mapping[str, str], fresh: count) -> s.Node:
    """Return the tree with its bound names numbered in the order of the text: two trees that mean the same become equal."""
    names: list[s.Ident] = []
    match node:
        case s.Name(name):
            return s.Name(bound.get(name, name))
        case s.Quantified(_, binders, _) | s.SetMap(_, binders) | s.FunctionLiteral(binders, _):
            names = [n for b in binders for n in b.names]
        case s.Choose(name) | s.SetFilter(name):
            names = [name]
        case s.Let(definitions, _):
            names = [d.name for d in definitions]
        case s.Lambda(params, _):
            names = list(params)
        case s.With(bindings, _):
            names = [b.name for b in bindings]
        case _:
            return map_children(node, lambda child: without_names(child, bound, fresh))
    inner = {**bound, **{n.name: f"#{next(fresh)}" for n in names}}
    domain_of_one = node.domain if isinstance(node, s.Choose | s.SetFilter) else None

    def renamed(child: s.Node) -> s.Node:
        match child:
            case s.Ident(name):
                return s.Ident(inner[name])
            case s.Binder(_, domain):
                return s.Binder(tuple(renamed(n) for n in child.names), without_names(domain, bound, fresh))
            case s.OperatorDecl(name, (), body):
                return s.OperatorDecl(renamed(name), (), without_names(body, bound, fresh))
            case s.WithBinding(name, value, equals):
                return s.WithBinding(renamed(name), without_names(value, bound, fresh), equals)
            case _ if child is domain_of_one:
                return without_names(child, bound, fresh)
            case _:
                return without_names(child, inner, fresh)

    return map_children(node, renamed)


@settings(deadline=None)
@given(trees(("x", "y", "z", "p", "q", "v")), trees(("x", "y", "z")), trees(("x", "y", "x_2")))
def test_bound_names_do_not_matter(body, first, second):
    arguments = text(first, {}, None), text(second, {}, None)
    as_written = expanded(text(body, {}, None), *arguments)
    with_other_names = expanded(text(body, {}, count()), *arguments)
    assert as_written == with_other_names
