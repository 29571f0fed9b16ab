"""What types the checker finds: of expressions by a table, of generated ones by construction."""

from itertools import count

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pluscheck.base.errors import SpecError
from pluscheck.base.source import Source
from pluscheck.lang import syntax as s
from pluscheck.lang.checker import check
from pluscheck.lang.elaborated import Elaborated, Instance, OperatorArgumentMeaning, OperatorMeaning
from pluscheck.lang.parser import parse
from pluscheck.lang.types import Unknown
from pluscheck.lang.unify import components
from pluscheck.lang.walk import descend
from pluscheck.lang.wording import notation

DECLARATIONS = r"""
module Table
sort Page, Reader, Writer, Ghost
type Actor == Reader | Writer
type Lock(T) == [shared : SUBSET T, excl : Option(T)]
type Queue(T, size) == Seq(T, size)
enum Mode == { free, busy }
const Limit : 0..8 == 3
var n : 0..8 = 0
var b : BOOLEAN = FALSE
var page : Page \in Page
var reader : Reader \in Reader
var writer : Writer \in Writer
var actor : Actor \in Actor
var maybe : Option(Page) = None
var pages : SUBSET Page = {}
var readers : SUBSET Reader = {}
var actors : SUBSET Actor = {}
var queue : Queue(Page, 4) = <<>>
var pair : Page \X BOOLEAN \in Page \X BOOLEAN
var pairs : SUBSET (Page \X BOOLEAN) = {}
var cell : [owner : Option(Actor), count : 0..3] = [owner |-> None, count |-> 0]
var f : [Page -> 0..3] = [p \in Page |-> 0]
var g : [Page, Mode -> SUBSET Actor] = [p \in Page, m \in Mode |-> {}]
var h : [Page -> Lock(Actor)] = [p \in Page |-> NewLock]
NewLock == [shared |-> {}, excl |-> None]
Pair(x, y) == <<x, y>>
Same(x) == x
Twice(F(_), x) == F(F(x))
RECURSIVE Sum(_, _)
Sum(k, S) == IF S = {} THEN 0 ELSE LET x == CHOOSE y \in S : TRUE IN k[x] + Sum(k, S \ {x})
RECURSIVE Fold(_, _, _)
Fold(F(_, _), acc, q) == IF q = <<>> THEN acc ELSE Fold(F, F(acc, Head(q)), Tail(q))
process Worker(self \in Writer) var mine : SUBSET Page = {}; { Start: skip; Stop: call Store(page); }
process Clerk var stamp : 0..3 = 0; { Sleep: skip; }
procedure Store(what : Page) var left : 0..3 = 2; { Put: return; }
"""

TABLE = [
    ("n + 1", "integer"),
    ("-n", "integer"),
    ("n < 3 /\\ b", "BOOLEAN"),
    ("0..Limit", "SUBSET integer"),
    ("{}", "SUBSET _"),
    ("{page}", "SUBSET Page"),
    ("{} \\cup {page}", "SUBSET Page"),
    ("{reader} \\cup {writer}", "SUBSET Actor"),
    ("{reader, writer}", "SUBSET Actor"),
    ("actors \\cup {reader}", "SUBSET Actor"),
    ("readers \\cup {reader}", "SUBSET Reader"),
    ("actors \\cap Reader", "SUBSET Reader"),
    ("actors \\ Reader", "SUBSET Actor"),
    ("IF b THEN reader ELSE actor", "Actor"),
    ("IF b THEN None ELSE Some(page)", "Option(Page)"),
    ("CASE b -> Some(reader) [] OTHER -> Some(writer)", "Option(Actor)"),
    ("SUBSET pages", "SUBSET SUBSET Page"),
    ("UNION {pages}", "SUBSET Page"),
    ("{p \\in Page : p \\in pages}", "SUBSET Page"),
    ("{f[p] : p \\in Page}", "SUBSET integer"),
    ("[p \\in Page |-> b]", "[Page -> BOOLEAN]"),
    ("[p \\in Page, m \\in Mode |-> n]", "[Page, Mode -> integer]"),
    ("g[page, free]", "SUBSET Actor"),
    ("g[<<page, free>>]", "SUBSET Actor"),
    ("[g EXCEPT ![page, busy] = @ \\cup {reader}]", "[Page, Mode -> SUBSET Actor]"),
    ("[h EXCEPT ![page].excl = Some(writer)]", "[Page -> [excl : Option(Actor), shared : SUBSET Actor]]"),
    ("h[page].shared", "SUBSET Actor"),
    ("DOMAIN f", "SUBSET Page"),
    ("DOMAIN queue", "SUBSET integer"),
    ("page :> 3 @@ f", "[Page -> integer]"),
    ("[Page -> Mode]", "SUBSET [Page -> Mode]"),
    ("[Page, Mode -> BOOLEAN]", "SUBSET [Page, Mode -> BOOLEAN]"),
    ("[a : Mode, b : 0..1]", "SUBSET [a : Mode, b : integer]"),
    ("[x |-> 1, a |-> TRUE]", "[a : BOOLEAN, x : integer]"),
    ("Page \\X Mode", "SUBSET Page \\X Mode"),
    ("CHOOSE p \\in pages : TRUE", "Page"),
    ("cell.owner", "Option(Actor)"),
    ("[cell EXCEPT !.owner = Some(reader), !.count = @ + 1]", "[count : integer, owner : Option(Actor)]"),
    ("Get(cell.owner)", "Actor"),
    ("Some(Some(n))", "Option(Option(integer))"),
    # Brackets are a sequence where something makes them one, else a tuple.
    ("<<>>", "Seq(_)"),
    ("<<1, 2>>", "integer \\X integer"),
    ("<<page, TRUE>>", "Page \\X BOOLEAN"),
    ("<<page, TRUE>>[2]", "BOOLEAN"),
    ("<<1, 2>>[n]", "integer"),
    ("Tail(<<1, 2>>)", "Seq(integer)"),
    ("<<reader, writer>> \\o <<>>", "Seq(Actor)"),
    ("IF b THEN <<>> ELSE <<page, page>>", "Seq(Page)"),
    ("IF b THEN <<1>> ELSE <<1, 2>>", "Seq(integer)"),
    ("{<<1, TRUE>>, <<2, FALSE>>}", "SUBSET integer \\X BOOLEAN"),
    ("Append(queue, page)", "Seq(Page)"),
    ("SubSeq(queue, 1, 2)", "Seq(Page)"),
    ("Head(queue)", "Page"),
    ("queue[1]", "Page"),
    ("pair[1]", "Page"),
    ("pairs \\cup {<<page, b>>}", "SUBSET Page \\X BOOLEAN"),
    ("Len(queue) + Cardinality(pages)", "integer"),
    # Operators are generic.
    ("Pair(1, page)", "integer \\X Page"),
    ("Pair(1, 2)[1]", "integer"),
    ("Same(pages) \\cup Same({})", "SUBSET Page"),
    ("Twice(LAMBDA x : x + n, 1)", "integer"),
    ("Twice(Same, page)", "Page"),
    ("Twice(Tail, queue)", "Seq(Page)"),
    ("Sum(f, pages)", "integer"),
    ("Fold(LAMBDA acc, p : acc \\cup {p}, {}, queue)", "SUBSET Page"),
    ("Fold(LAMBDA acc, p : acc + f[p], 0, queue)", "integer"),
    ("LET Inc(x) == x + n IN {Inc(1)}", "SUBSET integer"),
    ("NewLock", "[excl : Option(_), shared : SUBSET _]"),
    ("Lock(Page)", "SUBSET [excl : Option(Page), shared : SUBSET Page]"),
    # Processes from outside.
    ("mine", "[Writer -> SUBSET Page]"),
    ("mine[writer]", "SUBSET Page"),
    ("stamp", "integer"),
    ("left[writer]", "integer"),
    ("pc[writer]", "label of Worker"),
    ("pc[Clerk]", "label of Clerk"),
    ('{w \\in Writer : pc[w] \\in {"Stop", "Put", "Done"}}', "SUBSET Writer"),
]


def checked(text: str) -> Elaborated:
    module = parse(Source("spec.plus", text))
    return check(module, (module,))


def type_of(expression: str) -> str:
    elaborated = checked(f"{DECLARATIONS}\ninvariant Probe == LET probe == {expression} IN TRUE\n")
    body = elaborated.properties["Probe"].body
    assert isinstance(body, s.Let)
    return notation(elaborated.annotations.types[id(body.definitions[0].body)])


@pytest.mark.parametrize(("expression", "expected"), TABLE)
def test_type(expression: str, expected: str) -> None:
    assert type_of(expression) == expected


def test_a_later_use_decides_the_type_of_an_earlier_name() -> None:
    elaborated = checked(f"{DECLARATIONS}\ninvariant Probe == LET none == {{}} IN none \\subseteq pages\n")
    body = elaborated.properties["Probe"].body
    assert isinstance(body, s.Let)
    assert notation(elaborated.annotations.types[id(body.definitions[0].body)]) == "SUBSET Page"


# ------------------------------------------------------------------------------------------------ instances


def instances(elaborated: Elaborated) -> list[Instance]:
    found: dict[int, Instance] = {}
    pending = list(elaborated.annotations.meanings.values())
    while pending:
        match pending.pop():
            case OperatorMeaning(instance) | OperatorArgumentMeaning(instance) if id(instance) not in found:
                found[id(instance)] = instance
                pending.extend(instance.annotations.meanings.values())
    return list(found.values())


def test_an_operator_has_one_instance_for_each_combination_of_argument_types() -> None:
    uses = " /\\ ".join(
        ["Same(1) = 2", "Same(page) = page", "Same(3) = n", "Same(reader) = actor", "Pair(1, b)[2]", "Pair(2, b)[2]"]
    )
    found = instances(checked(f"{DECLARATIONS}\ninvariant Probe == {uses}\n"))
    signatures = sorted(
        (i.name, *(notation(t) for t in i.param_types if t is not None)) for i in found if i.name != "NewLock"
    )
    assert signatures == [("Pair", "integer", "BOOLEAN"), ("Same", "Page"), ("Same", "Reader"), ("Same", "integer")]


def test_what_mentions_names_bound_around_it_is_local() -> None:
    found = instances(
        checked(f"{DECLARATIONS}\ninvariant Probe == \\A i \\in 0..1 : Twice(LAMBDA x : x + i, 1) = Same(2)\n")
    )
    assert {i.name: i.is_local for i in found} == {"NewLock": False, "Twice": True, "LAMBDA": True, "Same": False}


def test_types_are_found_for_every_value_and_meanings_for_every_name() -> None:
    text = DECLARATIONS + "\n".join(f"invariant Probe{i} == LET probe == {e} IN TRUE" for i, (e, _) in enumerate(TABLE))
    elaborated = checked(text)
    for instance in instances(elaborated):
        for node in descend(instance.decl.body):
            is_operator = isinstance(node, s.Lambda) or node == s.Name("F")
            if isinstance(node, s.Expr) and not is_operator:
                assert id(node) in instance.annotations.types or _inside_operator(instance.decl.body, node)
    for probe in elaborated.properties.values():
        for node in descend(probe.body):
            if (
                isinstance(node, s.Name | s.Apply)
                and not _inside_operator(probe.body, node)
                and node not in (s.Name("Clerk"), s.Name("pc"))
            ):
                assert id(node) in elaborated.annotations.meanings, node


def _inside_operator(root: s.Node, node: s.Node) -> bool:
    """Tell whether the node belongs to the body of an operator defined inside, whose annotations are its instances'."""
    for definition in descend(root):
        is_operator = isinstance(definition, s.Lambda) or (isinstance(definition, s.OperatorDecl) and definition.params)
        if is_operator and any(inner is node for inner in descend(definition)):
            return True
    return False


# --------------------------------------------------------------------------- a law: terms typed by construction

Typed = tuple[str, str]
"""An expression, and its type in the checker's notation."""

FRESH = (f"bound{number}" for number in count())

ATOMS: dict[str, list[str]] = {
    "integer": ["n", "3", "Limit", "f[page]", "cell.count"],
    "BOOLEAN": ["b", "TRUE", "pair[2]"],
    "Page": ["page", "Head(queue)", "pair[1]"],
    "Mode": ["free", "busy"],
    "Actor": ["actor", "Get(cell.owner)"],
}


@st.composite
def terms(draw: st.DrawFn, wanted: str | None = None, depth: int = 3) -> Typed:
    kind = wanted or draw(st.sampled_from(sorted(ATOMS)))
    if depth == 0:
        return draw(st.sampled_from(ATOMS[kind])), kind
    term = lambda k: draw(terms(k, depth - 1))[0]  # noqa: E731
    shape = draw(
        st.sampled_from(["atom", "if", "get", "choose", "item", "field", "apply", "let", "same", "head", "own"])
    )
    other = draw(st.sampled_from(sorted(ATOMS)))
    match shape:
        case "if":
            return f"(IF {term('BOOLEAN')} THEN {term(kind)} ELSE {term(kind)})", kind
        case "get":
            return f"Get(Some({term(kind)}))", kind
        case "choose":
            bound = f"{next(FRESH)}"
            return f"(CHOOSE {bound} \\in {{{term(kind)}}} : {bound} = {term(kind)})", kind
        case "item":
            return f"<<{term(other)}, {term(kind)}>>[2]", kind
        case "field":
            return f"[a |-> {term(kind)}, b |-> {term(other)}].a", kind
        case "apply":
            bound = f"{next(FRESH)}"
            return f"[{bound} \\in {{{term(other)}}} |-> {term(kind)}][{term(other)}]", kind
        case "let":
            bound = f"{next(FRESH)}"
            return f"(LET {bound}(x) == x IN {bound}({term(kind)}))", kind
        case "same":
            return f"Pair({term(other)}, Same({term(kind)}))[2]", kind
        case "head":
            return f"Head(<<{term(kind)}, {term(kind)}>> \\o <<>>)", kind
        case "own" if kind == "integer":
            return f"({term(kind)} + Cardinality({{{term(other)}}}))", kind
        case "own" if kind == "BOOLEAN":
            return f"({term(other)} = {term(other)} /\\ {term(kind)})", kind
        case _:
            return draw(st.sampled_from(ATOMS[kind])), kind


@settings(max_examples=40)
@given(terms())
def test_terms_have_the_type_that_they_are_made_with(typed: Typed) -> None:
    expression, expected = typed
    assert type_of(expression) == expected


@settings(max_examples=40)
@given(
    terms("integer"),
    terms("BOOLEAN"),
    st.sampled_from(["{0} + {1}", "{0} = {1}", "{{{0}, {1}}}", "{0} /\\ {1}", "f[{1}] = {0}"]),
)
def test_ill_typed_terms_are_refused(number: Typed, truth: Typed, clash: str) -> None:
    with pytest.raises(SpecError) as caught:
        type_of(clash.format(number[0], truth[0]))
    assert {d.code[:3] for d in caught.value.diagnostics} == {"PC3"}


def test_what_stays_unknown_is_only_what_nothing_depends_on() -> None:
    elaborated = checked(f"{DECLARATIONS}\ninvariant Probe == {{}} = {{}}\n")
    for found in elaborated.annotations.types.values():
        pending = [found]
        while pending:
            top = pending.pop()
            assert not isinstance(top, Unknown) or top.number > 0
            pending.extend(components(top))
