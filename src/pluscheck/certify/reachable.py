"""A second opinion on a set said to hold all reachable states: asked of a solver, since a search would only repeat itself.

With R for the set, these must have no solution: an initial state outside R; a step from R to outside R; and a state in R (or a step from it) that
violates the property. It is also refused if it is empty, for then nothing was shown of anything.
"""

from __future__ import annotations

import time
from collections.abc import Sequence
from enum import Enum
from typing import assert_never

from pluscheck.base.answers import Answer
from pluscheck.base.errors import SpecError
from pluscheck.certify.opinions import NotJudged, Opinion, Refuted, Shown
from pluscheck.certify.solvers import Z3
from pluscheck.core.semantics import is_state
from pluscheck.core.system import DEADLOCK, FAULTS, PropertyKind, TransitionSystem
from pluscheck.evidence.verdict import ReachableSet
from pluscheck.ground.dag import FALSE, TRUE, Dag, DagLimitError
from pluscheck.ground.ground import GroundProperty, GroundSystem, ground
from pluscheck.ground.leaves import Leaf
from pluscheck.smt.library import Library
from pluscheck.smt.solver import Solver
from pluscheck.smt.steps import step_relation
from pluscheck.smt.terms import Terms

MAX_STATES = 100_000
"""Larger sets are not judged. Judging takes about a tenth of the time of the search: 3 s for 32,608 states of 24 scalars."""

MAX_SCALARS = 3_000_000
"""Nor are sets whose states have more scalars than this in all: some hundred megabytes while the obligations are made."""


class ReachableSetJudge:
    """Judges one set, for one property after another, within `seconds` in all."""

    def __init__(self, system: TransitionSystem, certificate: ReachableSet, *, seconds: float) -> None:
        self._system = system
        self._certificate = certificate
        self._deadline = time.monotonic() + seconds
        self._obligations: Obligations | None = None
        self._closed: Opinion | None = None

    def opinion(self, name: str) -> Opinion:
        """Return whether the set shows that the property of this name holds."""
        if self._closed is None:
            self._closed = self._is_closed()
        obligations = self._obligations
        if not isinstance(self._closed, Shown) or obligations is None:
            return self._closed
        try:
            return obligations.safe(name, self._deadline)
        except DagLimitError:
            return NotJudged("its obligations are too large")

    def _is_closed(self) -> Opinion:
        """Return whether the set has all initial states, and with each state all states that a step leads to."""
        states = self._certificate.states
        if not states:
            return Refuted("the set is empty")
        if len(states) > MAX_STATES:
            return NotJudged(f"the set has more than {MAX_STATES:,} states")
        if not all(is_state(self._system, state) for state in states):
            return Refuted("the set has members that are no states of the system")
        try:
            grounded = ground(self._system)
            if len(grounded.leaves) * len(states) > MAX_SCALARS:
                return NotJudged("its obligations are too large")
            obligations = _of_states(grounded, self._certificate)
        except (DagLimitError, SpecError):
            return NotJudged("its obligations are too large")
        self._obligations = obligations
        return obligations.closed(self._deadline)


def _opinion(answer: Answer, otherwise: str) -> Opinion:
    """Return what the answer to an obligation says: that it has no solution is what is to be shown."""
    match answer:
        case Answer.UNSAT:
            return Shown((Z3,))
        case Answer.SAT:
            return Refuted(otherwise)
        case Answer.UNKNOWN:
            return NotJudged("the solver gave up")
        case _:
            assert_never(answer)


class Over(Enum):
    """What an obligation is about."""

    ALL_STATES = "all states"
    STATES_OF_SET = "states of the set"
    STEPS_FROM_SET = "steps from states of the set"


class Obligations:
    """The formulas that must have no solution, over the leaves of a ground system.

    `member` and `member_next` say of the current and the next state that it is in the set; every state in it is canonical.
    """

    def __init__(self, system: GroundSystem, member: int, member_next: int) -> None:
        self.ground = system
        self.member = member
        self.member_next = member_next
        self._selector = system.dag.int_leaf("selector", 0, max(0, len(system.actions) - 1))
        self._relation = step_relation(system, self._selector)
        self._library = Library()
        self._terms = Terms(self._library, system.dag, {})
        for leaf in system.leaves:
            for node in (leaf.node, leaf.next_node):
                self._terms.of_node[node] = self._terms.input(node)
        self._terms.of_node[self._selector] = self._terms.input(self._selector)

    def closed(self, deadline: float) -> Opinion:
        """Return whether the set has all initial states, and with each state all states that a step leads to."""
        dag = self.ground.dag
        initial = self.answer(Over.ALL_STATES, [self.ground.init, dag.not_(self.member)], deadline)
        opinion = _opinion(initial, "an initial state is not in the set")
        if not isinstance(opinion, Shown):
            return opinion
        step = self.answer(Over.STEPS_FROM_SET, [dag.not_(self.member_next)], deadline)
        return _opinion(step, "a step leads out of the set")

    def safe(self, name: str, deadline: float) -> Opinion:
        """Return whether no state of the set, and no step from one, violates the property."""
        for over, nodes in self.violations(name):
            answer = self.answer(over, nodes, deadline)
            opinion = _opinion(answer, f"{name} is violated in a state of the set, or a step from one")
            if not isinstance(opinion, Shown):
                return opinion
        return Shown((Z3,))

    def answer(self, over: Over, nodes: Sequence[int], deadline: float) -> Answer:
        """Return whether the formulas can be true together."""
        of_step = over is Over.STEPS_FROM_SET
        solver = Solver(self._library)
        for leaf in self.ground.leaves:
            solver.add(self._terms.within(leaf.node, leaf.possible))
            if of_step:
                solver.add(self._terms.within(leaf.next_node, leaf.possible))
        if of_step:
            solver.add(self._terms.within(self._selector, None))
        for term in self._terms.encode([*self._assumed(over), *nodes]):
            solver.add(term)
        self._library.check()
        return solver.check(seconds=deadline - time.monotonic())

    def _assumed(self, over: Over) -> list[int]:
        match over:
            case Over.ALL_STATES:
                return [self.ground.canonical]
            case Over.STATES_OF_SET:
                return [self.member]
            case Over.STEPS_FROM_SET:
                return [self.member, self._relation]
            case _:
                assert_never(over)

    def violations(self, name: str) -> list[tuple[Over, list[int]]]:
        """Return the ways to violate a property: conjunctions, and what each is about."""
        system, dag = self.ground, self.ground.dag
        if name == DEADLOCK:
            defined = dag.not_(dag.any_(system.terminal_faults.values()))
            return [(Over.STATES_OF_SET, [system.stuck, dag.not_(system.terminal), defined])]
        if name == FAULTS:
            return self._faults()
        claim = next(p for p in system.properties if p.property.name == name)
        defined = dag.not_(dag.any_(claim.faults.values()))
        bad = claim.formula if claim.property.kind is PropertyKind.WITNESS else dag.not_(claim.formula)
        return [(_over(claim), [bad, defined])]

    def _faults(self) -> list[tuple[Over, list[int]]]:
        """Return where anything may fault: the initial condition, a step, a property, `terminal`."""
        system, dag = self.ground, self.ground.dag
        found: dict[Over, list[int]] = {
            Over.ALL_STATES: list(system.init_faults.values()),
            Over.STATES_OF_SET: [fault.condition for fault in system.faults],
            Over.STEPS_FROM_SET: [],
        }
        for claim in system.properties:
            found[_over(claim)].extend(claim.faults.values())
        at_end = dag.and_(system.stuck, dag.any_(system.terminal_faults.values()))
        found[Over.STATES_OF_SET].append(at_end)
        return [(over, [dag.any_(conditions)]) for over, conditions in found.items()]


def _over(claim: GroundProperty) -> Over:
    return Over.STEPS_FROM_SET if claim.property.kind is PropertyKind.TRANSITION else Over.STATES_OF_SET


def _of_states(system: GroundSystem, certificate: ReachableSet) -> Obligations:
    """Return the obligations of a set of which all states are listed."""
    encoded = sorted(system.layout.encode(state) for state in certificate.states)
    member = _membership(system.dag, system.leaves, [leaf.node for leaf in system.leaves], encoded)
    member_next = _membership(system.dag, system.leaves, [leaf.next_node for leaf in system.leaves], encoded)
    return Obligations(system, member, member_next)


def _membership(dag: Dag, leaves: Sequence[Leaf], inputs: Sequence[int], members: Sequence[tuple[int, ...]]) -> int:
    """Return the node of "the leaves have the values of one of the members": a decision for each leaf, equal rests of members shared.

    `inputs` are the leaves' nodes, `members` all have a value for each leaf.
    """
    # Prefixes of members, numbered level by level: `levels[i]` has (number of the prefix before leaf i, leaf i's value) → number.
    levels: list[dict[tuple[int, int], int]] = []
    prefix_of = [0] * len(members)
    for position in range(len(leaves)):
        level: dict[tuple[int, int], int] = {}
        prefix_of = [
            level.setdefault((prefix, member[position]), len(level))
            for prefix, member in zip(prefix_of, members, strict=True)
        ]
        levels.append(level)
    rests = [TRUE] * (max(prefix_of, default=-1) + 1)
    for leaf, node, level in zip(reversed(leaves), reversed(inputs), reversed(levels), strict=True):
        choices: dict[int, list[int]] = {}
        for (prefix, value), number in level.items():
            here = (node if value else dag.not_(node)) if leaf.boolean else dag.eq(node, dag.integer(value))
            choices.setdefault(prefix, []).append(dag.and_(here, rests[number]))
        rests = [dag.any_(choices[prefix]) for prefix in range(len(choices))]
    return rests[0] if rests else FALSE
