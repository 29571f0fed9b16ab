"""Looking at one of all permutations of a state is looking at all of them: the same verdicts, of the same shortest lengths, with real runs, and a judge of its own that finds the same."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from functools import cache
from itertools import permutations, product
from math import factorial, prod
from os import environ
from pathlib import Path
from random import Random

import pytest

from pluscheck.base.source import Source
from pluscheck.certify.opinions import Refuted, Shown
from pluscheck.certify.replay import Rejection, replay
from pluscheck.certify.second import SecondSearch
from pluscheck.core.semantics import FaultyStart, Taken, initial_states, outcomes, steps
from pluscheck.core.symmetry import exchanges, symmetric_sorts
from pluscheck.core.system import DEADLOCK, FAULTS, State, TransitionSystem
from pluscheck.engines.exhaustive import exhaustive
from pluscheck.engines.interface import Budget, Findings, ignore
from pluscheck.engines.native import native
from pluscheck.evidence.verdict import Proved, Reached, SearchedStates, Violated
from pluscheck.ground.ground import ground
from pluscheck.lang.front import elaborate
from pluscheck.lower import lower
from pluscheck.lower.entries import models

SYSTEMS = int(environ.get("PLUSCHECK_RANDOM_SYSTEMS", "300")) // 3
BATCH = 20
MOST_STATES = 1500

HANDMADE = {
    "indices": """module M
sort T
enum C == { red, green }
var at : [T -> 0..2] = [t \\in T |-> 0]
var colour : [T -> C] \\in [T -> C]
action Up(t \\in T) { await at[t] < 2; at[t] := at[t] + 1; }
action Flip(t \\in T) { await at[t] = 1; colour[t] := IF colour[t] = red THEN green ELSE red; }
invariant Low == \\E t \\in T : at[t] < 2
transition Slow == \\A t \\in T : at'[t] <= at[t] + 1 /\\ (colour'[t] # colour[t] => at[t] = 1)
witness Two == Cardinality({t \\in T : at[t] = 2 /\\ colour[t] = green}) = 2
model m { scope T = 4; }
""",
    "values": """module M
sort T
sort U
var holder : Option(T) = None
var last : T
var waits : [T -> Option(T)] = [t \\in T |-> None]
var pairs : SUBSET (T \\X U) = {}
var best : [U -> T]
action Take(t \\in T) { await holder = None; holder := Some(t); last := t; }
action Drop { await holder # None; holder := None; }
action Wait(t \\in T, u \\in T) { await t # u /\\ waits[t] = None; waits[t] := Some(u); }
action Pair(t \\in T, u \\in U) { await holder = Some(t); pairs := pairs \\cup {<<t, u>>}; best[u] := t; }
invariant Few == Cardinality(pairs) < 3
invariant NoCircle == \\A t, u \\in T : waits[t] = Some(u) => waits[u] # Some(t)
witness All == \\A t \\in T : waits[t] # None
model m { scope T = 3; scope U = 2; }
""",
    "faults": """module M
sort T
var x : [T -> 0..3] = [t \\in T |-> 0]
action Up(t \\in T) { x[t] := x[t] + 1; }
action Check(t \\in T) { await x[t] = 2; assert \\A u \\in T : x[u] > 0 \\/ u = t; }
transition Even == \\A t \\in T : x'[t] \\div (x[t] - 2) = 0 \\/ x'[t] = x[t]
model m { scope T = 3; }
""",
    "the first of several faults": """module M
sort T
var x : [T -> 0..2] = [t \\in T |-> 0]
var y : BOOLEAN = FALSE
action Set(t \\in T, u \\in T) { await t # u /\\ x[t] = 0 /\\ x[u] = 0; x[t] := 2 || x[u] := 1; }
action Look { await ~y; y := \\A t \\in T : IF x[t] = 1 THEN 1 \\div (x[t] - 1) = 0 ELSE x[t] = 2 => 1 % (x[t] - 2) = 0; }
invariant I == \\A t \\in T : IF x[t] = 1 THEN 2 \\div (x[t] - 1) = 0 ELSE x[t] = 2 => 2 % (x[t] - 2) = 0
transition S == \\A t \\in T : IF x'[t] = 1 THEN 3 \\div (x'[t] - 1) = 0 ELSE x'[t] = 2 => 3 % (x'[t] - 2) = 0
model m { scope T = 3; }
""",
    "unions": """module M
sort A
sort B
type Actor == A | B
var owner : Option(Actor) = None
var asked : SUBSET Actor = {}
action Ask(a \\in Actor) { asked := asked \\cup {a}; }
action Own(a \\in Actor) { await a \\in asked /\\ owner = None; owner := Some(a); asked := asked \\ {a}; }
action Give(a \\in A, b \\in B) { await owner = Some(a) /\\ b \\in asked; owner := Some(b); }
invariant NeverB == owner # None => Get(owner) \\in A
witness Everybody == asked = Actor
model m { scope A = 3; scope B = 3; }
""",
    "beside": """module M
sort T
var next : [T -> T] = [t \\in T |-> t]
var hour : 0..3 = 0
var rung : SUBSET 0..3 = {}
action Turn(t \\in T, u \\in T) { await hour # 3; next[t] := u; }
action Tick { hour := (hour + 1) % 4; }
action Ring { await \\A t \\in T : next[t] # t; rung := rung \\cup {hour}; }
invariant Quiet == hour = 2 => 2 \\notin rung
witness Rung == rung = 0..3
model m { scope T = 3; }
""",
}


@pytest.fixture(autouse=True)
def _always(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("pluscheck.core.symmetry.LARGE", 0)
    monkeypatch.setattr("pluscheck.engines.native.MOST_LISTED", 0)


def handmade(name: str) -> TransitionSystem:
    return lower(elaborate(Source("M.plus", HANDMADE[name])), "m").system


def everything(system: TransitionSystem) -> frozenset[str]:
    return frozenset({DEADLOCK, FAULTS, *(claim.name for claim in system.properties)})


def lengths(findings: Findings) -> dict[object, int | None]:
    """Return of each verdict how long its run is, None of a proof."""
    told = {**findings.verdicts, **findings.faults}
    return {n: v.trace.length if isinstance(v, Violated | Reached) else None for n, v in told.items()}


def compare(system: TransitionSystem) -> tuple[int, int]:
    """Compare a search up to permutations with one through all states; return how many states each has."""
    return compared_with(exhaustive(system, everything(system), Budget(), ignore), system)


def compared_with(whole: Findings, system: TransitionSystem) -> tuple[int, int]:
    """Compare a search up to permutations with what one through all states has found; return how many states each has."""
    names = everything(system)
    found = native(system, names, Budget(), ignore)
    assert found.permuted == symmetric_sorts(system)
    assert lengths(found) == lengths(whole)
    for name in ("complete", "first_taken", "labels"):
        assert getattr(found, name) == getattr(whole, name), name
    for name, verdict in (*found.verdicts.items(), *((FAULTS, v) for v in found.faults.values())):
        if isinstance(verdict, Violated | Reached):
            assert not isinstance(replay(system, verdict.trace, name), Rejection)
        elif isinstance(verdict, Proved) and isinstance(verdict.certificate, SearchedStates):
            judge = SecondSearch(system, verdict.certificate, seconds=60)
            assert isinstance(judge.opinion(name), Shown), judge.opinion(name)
    # Of an orbit with several normal forms some may be found later than the first.
    assert found.diameter is None or not found.permuted
    assert found.states is not None
    assert whole.states is not None
    group = prod(factorial(len(system.scope[sort])) for sort in found.permuted)
    if whole.complete:
        assert whole.states / group <= found.states <= whole.states
    return found.states, whole.states


@pytest.mark.parametrize("name", list(HANDMADE))
def test_systems_made_by_hand(name: str) -> None:
    system = handmade(name)
    few, all_of_them = compared_with(native(system, everything(system), Budget(symmetry=False), ignore), system)
    assert few < all_of_them


def test_where_elements_are_indices_alone_there_is_one_normal_form_for_each_orbit() -> None:
    # at and colour of four tasks, none told from another: multisets of four of 3 * 2, and steps never lead out of them.
    few, all_of_them = compare(handmade("indices"))
    assert all_of_them == 6**4
    assert few == 126


ROOT = Path(__file__).parents[2]
SPECS = [
    *sorted((ROOT / "tests" / "corpus").glob("*.plus")),
    *sorted((ROOT / "src" / "pluscheck" / "stdlib").glob("*Check.plus")),
    ROOT / "spec" / "recheck" / "Recheck.plus",
]


@pytest.mark.parametrize("spec", SPECS, ids=lambda path: path.stem)
def test_specifications_that_there_are(spec: Path) -> None:
    elaborated = elaborate(spec)
    for model in models(elaborated):
        system = lower(elaborated, model).system
        if symmetric_sorts(system):
            few, all_of_them = compared_with(native(system, everything(system), Budget(symmetry=False), ignore), system)
            assert few < all_of_them


def test_most_of_the_specifications_that_there_are_have_symmetric_sorts() -> None:
    elaborated = [elaborate(spec) for spec in SPECS]
    are_symmetric = [any(symmetric_sorts(lower(e, model).system) for model in models(e)) for e in elaborated]
    assert sum(are_symmetric) >= len(SPECS) // 2


# ---------------------------------------------------------------------------------- random specifications

GUARDS = (
    "n[t] < 2",
    "n[t] = 1",
    "h = None",
    "h = Some(t)",
    "h # Some(t)",
    "t \\in m",
    "t \\notin m",
    "m # {}",
    "w[t] = t",
    "w[t] # t",
    "<<t, u>> \\in p",
    "<<t, u>> \\notin p",
    "g[u] = t",
    "Cardinality(m) < 2",
    "\\E v \\in T : n[v] = 2",
    "\\A v \\in T : w[v] = v \\/ v \\in m",
    "r[u][t]",
    "~r[u][t]",
    "q = <<>>",
    "q # <<>> /\\ Head(q) = t",
    "\\E i \\in 1..Len(q) : q[i] = t",
)
STATEMENTS = (
    "n[t] := n[t] + 1;",
    "n[t] := 0;",
    "h := Some(t);",
    "h := None;",
    "m := m \\cup {t};",
    "m := m \\ {t};",
    "w[t] := g[u];",
    "p := p \\cup {<<t, u>>};",
    "p := {};",
    "g[u] := t;",
    "r[u][t] := ~r[u][t];",
    "with (s \\in m) { h := Some(s); };",
    "if (h # None) { n[Get(h)] := 1; };",
    "assert h # Some(t) \\/ n[t] < 2;",
    "if (Len(q) < 2) { q := Append(q, t); };",
    "if (q # <<>>) { q := Tail(q); };",
)


def random_spec(seed: int) -> str:
    """Return a specification whose sorts are symmetric: in functions' arguments and values, sets, pairs, options, sequences, and functions of functions."""
    chooser = Random(seed)

    def condition() -> str:
        junction = chooser.choice(("/\\", "\\/"))
        return f"(({chooser.choice(GUARDS)}) {junction} ({chooser.choice(GUARDS)}))"

    actions = []
    for number in range(chooser.randint(2, 4)):
        guards = " ".join(f"await {chooser.choice(GUARDS)};" for _ in range(chooser.randint(1, 2)))
        chosen = chooser.sample(STATEMENTS, chooser.randint(1, 2))
        actions.append(f"action Do{number}(t \\in T, u \\in U) {{ {guards} {' '.join(chosen)} }}")
    lines = [
        "module M",
        "sort T",
        "sort U",
        "var n : [T -> 0..2] = [t \\in T |-> 0]",
        "var h : Option(T) = None",
        "var m : SUBSET T = {}",
        chooser.choice(("var w : [T -> T] = [t \\in T |-> t]", "var w : [T -> T]")),
        "var p : SUBSET (T \\X U) = {}",
        "var q : Seq(T, 2) = <<>>",
        "var g : [U -> T]",
        "var r : [U -> [T -> BOOLEAN]] = [u \\in U |-> [t \\in T |-> FALSE]]",
        *actions,
        f"invariant I == \\E t \\in T, u \\in U : ~{condition()}",
        f"transition S == \\A t \\in T, u \\in U : ({chooser.choice(GUARDS)}) => (n'[t] = n[t] \\/ {condition()})",
        f"witness W == \\A t \\in T : \\E u \\in U : {condition()}",
        f"model m {{ scope T = {chooser.randint(1, 3)}; scope U = {chooser.randint(1, 2)}; }}",
    ]
    return "\n".join(lines) + "\n"


@pytest.mark.parametrize("first", range(0, SYSTEMS, BATCH), ids=lambda first: f"systems-{first + 1}-to-{first + BATCH}")
def test_random_systems(first: int) -> None:
    compared = saved = 0
    for seed in range(first, first + BATCH):
        system = lower(elaborate(Source("M.plus", random_spec(seed))), "m").system
        size = exhaustive(system, everything(system), Budget(states=MOST_STATES), ignore)
        if size.complete:
            few, all_of_them = compare(system)
            compared += 1
            saved += few < all_of_them
    assert compared > BATCH // 3
    assert saved


def following(system: TransitionSystem, state: State) -> list[State]:
    return [outcome.target for outcome in steps(system, state) if isinstance(outcome, Taken)]


def normal_forms(system: TransitionSystem) -> Callable[[State], State]:
    """Return what makes a state its normal form by the definition, the exchanges being steps of the reference semantics."""
    encode = ground(system).layout.encode
    known = exchanges(system)

    @cache
    def normal(state: State) -> State:
        changed = False
        for exchange in known:
            (outcome,) = outcomes(system, exchange.action, state)
            if tuple(encode(outcome.target)) < tuple(encode(state)):
                state = outcome.target
                changed = True
        return normal(state) if changed else state

    return normal


@pytest.mark.parametrize("name", list(HANDMADE))
def test_an_exchange_is_an_automorphism_and_its_own_inverse(name: str) -> None:
    system = handmade(name)
    known = exchanges(system)
    starts = [s for s in initial_states(system) if not isinstance(s, FaultyStart)][:20]
    states = list(starts)
    for state in starts:
        states += following(system, state)[:10]
    for state, each in product(states, known):
        (there,) = outcomes(system, each.action, state)
        (back,) = outcomes(system, each.action, there.target)
        assert back.target == state
        mine = Counter(outcomes(system, each.action, other)[0].target for other in following(system, state))
        assert mine == Counter(following(system, there.target))


def test_of_elements_that_are_indices_all_permutations_have_one_normal_form() -> None:
    system = handmade("indices")
    known, normal = exchanges(system), normal_forms(system)
    state = next(s for s in initial_states(system) if len({repr(v) for v in s}) == 2)
    forms = set()
    for order in permutations(range(3)):
        other = state
        for number in order:
            other = outcomes(system, known[number].action, other)[0].target
        forms.add(normal(other))
    assert len(forms) == 1


@pytest.mark.parametrize(
    ("text", "kept"),
    [
        ("sort T\nvar q : Seq(T, 2) = <<>>\nmodel m { scope T = 2; }", ("T",)),
        ("sort T\nvar q : Seq(T, 7) = <<>>\nmodel m { scope T = 2; }", ()),
        ("sort T\nvar q : SUBSET T = {}\nmodel m { scope T = 1; }", ()),
        (
            "sort T\nsort U\nvar q : [U -> Seq(T, 9)] = [u \\in U |-> <<>>]\nmodel m { scope T = 2; scope U = 2; }",
            ("U",),
        ),
        (
            "sort T\nvar x : 0..1 = 0\nprocedure p(t \\in T) { A: x := 1; return; }\n"
            "process P(self \\in T) { B: call p(self); }\nmodel m { scope T = 2; }",
            (),
        ),
    ],
    ids=[
        "in a short sequence",
        "in a long sequence",
        "one element",
        "one sort of two",
        "the first, where no procedure runs",
    ],
)
def test_which_sorts_are_symmetric(text: str, kept: tuple[str, ...]) -> None:
    assert symmetric_sorts(lower(elaborate(Source("M.plus", f"module M\n{text}\n")), "m").system) == kept


@pytest.mark.parametrize("name", ["indices", "values", "unions", "beside"])
def test_what_is_searched_are_the_normal_forms_by_the_definition(name: str) -> None:
    system = handmade(name)
    normal = normal_forms(system)
    found = {normal(state) for state in initial_states(system) if not isinstance(state, FaultyStart)}
    pending, taken = list(found), 0
    while pending:
        targets = following(system, pending.pop())
        taken += len(targets)
        new = {normal(target) for target in targets} - found
        found |= new
        pending += new
    searched = native(system, everything(system), Budget(), ignore)
    assert searched.permuted
    assert (searched.states, searched.transitions) == (len(found), taken)


def test_without_symmetry_all_states_are_looked_at() -> None:
    system = handmade("indices")
    found = native(system, everything(system), Budget(symmetry=False), ignore)
    assert (found.permuted, found.states) == ((), 6**4)


def test_a_certificate_that_permutes_what_need_not_be_the_same_shows_nothing() -> None:
    system = lower(
        elaborate(Source("M.plus", "module M\nsort T\nvar q : Seq(T, 9) = <<>>\nmodel m { scope T = 2; }\n")), "m"
    ).system
    forged = SearchedStates(1, 0, 0, "0" * 32, ("T",))
    assert not isinstance(SecondSearch(system, forged, seconds=10).opinion(DEADLOCK), Shown | Refuted)
