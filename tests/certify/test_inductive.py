"""Whether a certificate shows a property, on graphs small enough to be told by hand: on both ways of the judge, and for inductions over several steps."""

from __future__ import annotations

import time
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import pairwise

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from lowering import system_of
from pluscheck.base.answers import Answer
from pluscheck.certify import discharging, enumeration
from pluscheck.certify.inductive import REFERENCE, InvariantJudge, judge
from pluscheck.certify.opinions import NotJudged, Opinion, Refuted, Shown
from pluscheck.certify.solvers import Z3, z3_reply
from pluscheck.core.exprs import In, Lit, SetLit, Var
from pluscheck.core.system import DEADLOCK, FAULTS, TransitionSystem
from pluscheck.evidence.verdict import InductiveInvariant, KInduction

NODES = range(6)

Edge = tuple[int, int]


@dataclass(frozen=True, slots=True)
class Graph:
    """Where runs start, which steps there are, where it may end, and what is bad: states, steps, and steps that fault."""

    starts: frozenset[int]
    edges: frozenset[Edge]
    ends: frozenset[int] = frozenset()
    bad: frozenset[int] = frozenset()
    bad_steps: frozenset[Edge] = frozenset()
    faults: frozenset[Edge] = frozenset()

    def system(self) -> TransitionSystem:
        return system_of(f"""
var x : 0..{max(NODES)} \\in {_set(self.starts)}
action Go(y \\in 0..{max(NODES)}) {{ await <<x, y>> \\in {_set(self.edges)}; assert <<x, y>> \\notin {_set(self.faults)}; x := y; }}
terminal == x \\in {_set(self.ends)}
invariant Good == x \\notin {_set(self.bad)}
witness Bad == x \\in {_set(self.bad)}
transition Fine == <<x, x'>> \\notin {_set(self.bad_steps)}
model m {{ }}
""")

    def taken(self) -> frozenset[Edge]:
        return self.edges - self.faults

    def is_bad(self, name: str, node: int) -> bool:
        match name:
            case "Good" | "Bad":
                return node in self.bad
            case "deadlock":
                return node not in self.ends and not any(a == node for a, _ in self.edges)
            case "faults":
                return any(a == node for a, _ in self.edges & self.faults)
            case _:
                return False

    def is_bad_step(self, name: str, step: Edge) -> bool:
        return name == "Fine" and step in self.bad_steps

    def runs(self, node: int, steps: int) -> Iterator[tuple[int, ...]]:
        if not steps:
            yield (node,)
        for a, b in self.taken() if steps else ():
            if a == node:
                for rest in self.runs(b, steps - 1):
                    yield (node, *rest)

    def ends_badly(self, name: str, run: tuple[int, ...]) -> bool:
        return self.is_bad(name, run[-1]) or (len(run) > 1 and self.is_bad_step(name, run[-2:]))  # type: ignore[arg-type]

    def is_closed(self, inside: frozenset[int]) -> bool:
        return self.starts <= inside and all(b in inside for a, b in self.taken() if a in inside)

    def shows(self, name: str, inside: frozenset[int], k: int | None) -> bool:
        """Whether a closed set shows the property: by itself, or by `k` good steps in it leading to no bad one."""
        if not self.is_closed(inside):
            return False
        if k is None:
            steps = {(a, b) for a, b in self.taken() if a in inside}
            return not any(self.is_bad(name, node) for node in inside) and not any(
                self.is_bad_step(name, step) for step in steps
            )
        early = [run for start in self.starts for length in range(k) for run in self.runs(start, length)]
        if any(self.ends_badly(name, run) for run in early):
            return False
        runs = [run for node in inside for run in self.runs(node, k) if set(run) <= inside]
        return not any(
            self.ends_badly(name, run)
            and not any(self.is_bad(name, node) for node in run[:-1])
            and not any(self.is_bad_step(name, step) for step in pairwise(run[:-1]))
            for run in runs
        )


def _set(items: frozenset[int] | frozenset[Edge]) -> str:
    shown = (f"<<{item[0]}, {item[1]}>>" if isinstance(item, tuple) else str(item) for item in sorted(items))  # type: ignore[type-var]
    return "{" + ", ".join(shown) + "}"


def _invariant(inside: frozenset[int]) -> InductiveInvariant:
    return InductiveInvariant((In(Var("x"), SetLit(tuple(map(Lit, sorted(inside))))),))


NODE_SETS = st.frozensets(st.sampled_from(NODES))
EDGE_SETS = st.frozensets(st.tuples(st.sampled_from(NODES), st.sampled_from(NODES)), max_size=9)


@st.composite
def graphs(draw: st.DrawFn) -> Graph:
    edges = draw(EDGE_SETS)
    some = st.frozensets(st.sampled_from(sorted(edges)), max_size=2) if edges else st.just(frozenset())
    starts = draw(st.frozensets(st.sampled_from(NODES), min_size=1, max_size=2))
    bad = draw(st.frozensets(st.sampled_from(NODES), max_size=2))
    return Graph(starts, edges, draw(NODE_SETS), bad, draw(some), draw(some))


def closure(graph: Graph, more: frozenset[int]) -> frozenset[int]:
    """Return all nodes reachable from the starts and from these."""
    found = graph.starts | more
    while any(a in found and b not in found for a, b in graph.taken()):
        found |= {b for a, b in graph.taken() if a in found}
    return found


def opinions(system: TransitionSystem, certificate: InductiveInvariant | KInduction, name: str) -> dict[str, Opinion]:
    """Return what is said of it by each way of judging."""
    found = {REFERENCE: judge(system, certificate, name, seconds=20)}
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(enumeration, "MAX_STATES", 0)
        found[Z3] = judge(system, certificate, name, seconds=20)
    return found


FAULT_BEFORE = Graph(frozenset({1}), frozenset({(0, 1), (0, 0)}), faults=frozenset({(0, 1)}))


@settings(max_examples=25, deadline=None, suppress_health_check=list(HealthCheck))
@given(graphs(), NODE_SETS, st.booleans(), st.sampled_from((None, 1, 2, 3)))
@example(graph=FAULT_BEFORE, nodes=frozenset({0, 1}), whole=False, k=1)
def test_exactly_what_is_inductive_is_accepted(graph: Graph, nodes: frozenset[int], whole: bool, k: int | None) -> None:
    system = graph.system()
    inside = closure(graph, nodes) if whole else nodes
    for name in ("Good", "Bad", "Fine", DEADLOCK, FAULTS):
        invariant = _invariant(inside)
        certificate = invariant if k is None else KInduction(k, name, invariant)
        expected = graph.shows(name, inside, k)
        for by, opinion in opinions(system, certificate, name).items():
            assert isinstance(opinion, Shown if expected else Refuted), (name, by, opinion)
            if expected:
                assert opinion == Shown((by if k is None else Z3,))


# ---------------------------------------------------------------------------------------- how many steps are enough

EVERYTHING = frozenset(NODES)


def chain(name: str, length: int) -> Graph:
    """Return a graph with a way to what is bad for the property, from so many nodes that are not bad and that no run gets to."""
    first = 5 - length
    way = frozenset(pairwise(range(first, 6)))
    if name in ("Fine", FAULTS):
        steps = frozenset({(5, 5)})
        where = {"bad_steps": steps} if name == "Fine" else {"faults": steps}
        return Graph(frozenset({0}), frozenset({(0, 0)}) | way | steps, frozenset(), **where)
    if name == DEADLOCK:
        return Graph(frozenset({0}), frozenset({(0, 0), *((n, n) for n in range(1, first))}) | way)
    return Graph(frozenset({0}), frozenset({(0, 0)}) | way, EVERYTHING, frozenset({5}))


@pytest.mark.parametrize("length", [1, 2, 3])
@pytest.mark.parametrize("name", ["Good", "Bad", "Fine", DEADLOCK, FAULTS])
def test_as_many_steps_as_are_needed_and_no_fewer(name: str, length: int) -> None:
    graph = chain(name, length)
    # A bad step out of the last node is one step further on than a bad node.
    needed = length + (2 if name == "Fine" else 1)
    system = graph.system()
    for k in range(1, needed + 2):
        certificate = KInduction(k, name, InductiveInvariant(()))
        opinion = judge(system, certificate, name, seconds=20)
        assert isinstance(opinion, Shown if k >= needed else Refuted), (k, opinion)
        assert graph.shows(name, EVERYTHING, k) == (k >= needed)


@pytest.mark.parametrize("name", ["Good", "Bad", "Fine", DEADLOCK, FAULTS])
def test_no_number_of_steps_shows_what_does_not_hold(name: str) -> None:
    graph = chain(name, 3)
    system = Graph(graph.starts | {2}, graph.edges, graph.ends, graph.bad, graph.bad_steps, graph.faults).system()
    for k in range(1, 7):
        opinion = judge(system, KInduction(k, name, InductiveInvariant(())), name, seconds=20)
        assert isinstance(opinion, Refuted)
        assert opinion.state is not None


def test_an_invariant_may_save_steps_but_only_if_it_is_one() -> None:
    graph = chain("Good", 3)
    helped = KInduction(1, "Good", _invariant(frozenset({0, 1})))
    assert graph.shows("Good", frozenset({0, 1}), 1)
    assert judge(graph.system(), helped, "Good", seconds=20) == Shown((Z3,))
    for wrong in (frozenset({0, 4}), frozenset({1}), frozenset()):
        assert isinstance(judge(graph.system(), KInduction(1, "Good", _invariant(wrong)), "Good", seconds=20), Refuted)


def test_an_induction_shows_its_own_property_and_no_other() -> None:
    graph = chain("Good", 1)
    certificate = KInduction(2, "Good", InductiveInvariant(()))
    assert isinstance(judge(graph.system(), certificate, "Good", seconds=20), Shown)
    assert isinstance(judge(graph.system(), certificate, "Fine", seconds=20), Refuted)
    assert isinstance(judge(graph.system(), KInduction(0, "Good", InductiveInvariant(())), "Good", seconds=20), Refuted)


# --------------------------------------------------------------------------------------------------- time, doubt


def test_each_property_has_its_own_time_and_what_is_done_in_between_has_none(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(enumeration, "MAX_STATES", 0)
    elsewhere, clock = [0.0], time.monotonic
    monkeypatch.setattr(time, "monotonic", lambda: clock() + elsewhere[0])
    graph = chain("Good", 2)
    judge = InvariantJudge(graph.system(), _invariant(graph.starts), seconds=100)
    for name in ("Good", "Fine", DEADLOCK, FAULTS):
        assert judge.opinion(name) == Shown((Z3,))
        elsewhere[0] += 1000.0


def test_without_time_nothing_is_shown() -> None:
    graph = chain("Good", 2)
    for certificate in (_invariant(graph.starts), KInduction(3, "Good", InductiveInvariant(()))):
        assert isinstance(judge(graph.system(), certificate, "Good", seconds=0), NotJudged)


@pytest.mark.parametrize("certificate", [_invariant(frozenset({0})), KInduction(3, "Good", InductiveInvariant(()))])
@pytest.mark.parametrize("answer", [Answer.UNKNOWN, Answer.SAT])
@pytest.mark.parametrize("after", range(4))
def test_no_obligation_may_be_left_open(
    certificate: InductiveInvariant | KInduction, answer: Answer, after: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Whichever of them it is, an answer that is not known, or not confirmed, shows nothing and refutes nothing."""
    monkeypatch.setattr(enumeration, "MAX_STATES", 0)
    asked = []

    def reply(script: str, seconds: float) -> tuple[Answer, dict[str, int]]:
        asked.append(script)
        return (answer, {}) if len(asked) > after else z3_reply(script, seconds)

    monkeypatch.setattr(discharging, "z3_reply", reply)
    opinion = judge(chain("Good", 2).system(), certificate, "Good", seconds=20)
    if len(asked) > after:
        assert isinstance(opinion, NotJudged)
    else:  # an invariant has three obligations
        assert after == 3
        assert opinion == Shown((Z3,))
