"""Whether a set of states is what it claims to be: it holds initially, every step keeps it, and no state in it is bad."""

from __future__ import annotations

import time
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from enum import Enum

from pluscheck.base.answers import Answer
from pluscheck.core.system import DEADLOCK, FAULTS, PropertyKind, State
from pluscheck.ground.dag import FALSE, FIRST_INT_OP, TRUE, Dag
from pluscheck.ground.ground import GroundSystem
from pluscheck.smt.library import Library, Term, mk_not
from pluscheck.smt.solver import Solver
from pluscheck.smt.steps import step_relation
from pluscheck.smt.terms import Terms


class Obligation(Enum):
    """What an inductive set of states must satisfy."""

    INITIATION = "initiation"
    CONSECUTION = "consecution"
    SAFETY = "safety"


@dataclass(frozen=True, slots=True)
class Judgement:
    """The solver's answer to an obligation's negation: `UNSAT` is discharged, `SAT` is failed. `state` is where it fails, `target` a step's end."""

    obligation: Obligation
    answer: Answer
    state: State | None = None
    target: State | None = None


def judge(
    system: GroundSystem, states: Iterable[State], wanted: frozenset[str], *, seconds: float | None = None
) -> tuple[Judgement, ...]:
    """Return the answer to each obligation of a set of states as evidence for the wanted properties.

    `wanted` has names of properties (a witness's claim is that it is unreachable), `DEADLOCK` and `FAULTS`. The three answers together
    take at most so many seconds.
    """
    return _Judge(system, states, wanted, seconds).judgements()


class _Judge:
    def __init__(
        self, system: GroundSystem, states: Iterable[State], wanted: frozenset[str], seconds: float | None
    ) -> None:
        self._system = system
        self._wanted = wanted
        self._deadline = None if seconds is None else time.monotonic() + seconds
        dag = system.dag
        rows = sorted({system.layout.encode(state) for state in states})
        inside = one_of_rows(dag, [leaf.node for leaf in system.leaves], rows)
        self._library = library = Library()
        self._terms = terms = Terms(library, dag, {})
        selector = dag.int_leaf("selector", 0, max(0, len(system.actions) - 1))
        relation = step_relation(system, selector)
        roots = [inside, relation, system.init, self._start_fault(), self._bad_state(), self._bad_step()]
        for node in [selector, *(n for leaf in system.leaves for n in (leaf.node, leaf.next_node))]:
            terms.of_node[node] = terms.input(node)
        self._now = [terms.of_node[leaf.node] for leaf in system.leaves]
        self._next = [terms.of_node[leaf.next_node] for leaf in system.leaves]
        self._inside, relation_term, self._init, self._broken, self._bad, self._bad_move = terms.encode(roots)
        self._relation = library.conjunction([relation_term, terms.within(selector, None)])
        self._in_range = library.conjunction([terms.within(leaf.node, leaf.possible) for leaf in system.leaves])
        self._inside_next = library.substituted(self._inside, self._now, self._next)

    def _start_fault(self) -> int:
        return self._system.dag.any_(self._system.init_faults.values()) if FAULTS in self._wanted else FALSE

    def _bad_state(self) -> int:
        """Return the node of "some wanted property of states is violated here, or some step or property faults"."""
        system, dag = self._system, self._system.dag
        bad = [self._violated(kind) for kind in PropertyKind if kind is not PropertyKind.TRANSITION]
        if DEADLOCK in self._wanted:
            bad.append(dag.and_(system.stuck, dag.not_(system.terminal)))
        if FAULTS in self._wanted:
            bad += [fault.condition for fault in system.faults]
            bad.append(dag.and_(system.stuck, dag.any_(system.terminal_faults.values())))
        return dag.any_(bad)

    def _bad_step(self) -> int:
        return self._violated(PropertyKind.TRANSITION)

    def _violated(self, kind: PropertyKind) -> int:
        """Return the node of "a wanted property of this kind is violated; or, if faults are wanted, any of the kind faults"."""
        dag = self._system.dag
        bad = []
        for claim in self._system.properties:
            if claim.property.kind is kind:
                faulty = dag.any_(claim.faults.values())
                sought = claim.formula if kind is PropertyKind.WITNESS else dag.not_(claim.formula)
                if claim.property.name in self._wanted:
                    bad.append(dag.and_(sought, dag.not_(faulty)))
                if FAULTS in self._wanted:
                    bad.append(faulty)
        return dag.any_(bad)

    def judgements(self) -> tuple[Judgement, ...]:
        """Return the answers."""
        library = self._library
        outside = mk_not(library.context, self._inside)
        outside_next = mk_not(library.context, self._inside_next)
        initiation = library.disjunction([library.conjunction([self._init, outside]), self._broken])
        consecution = [self._inside, self._relation, library.disjunction([outside_next, self._bad_move])]
        return (
            self._judged(Obligation.INITIATION, [initiation]),
            self._judged(Obligation.CONSECUTION, consecution, is_step=True),
            self._judged(Obligation.SAFETY, [self._inside, self._bad]),
        )

    def _judged(self, obligation: Obligation, negation: Sequence[Term], *, is_step: bool = False) -> Judgement:
        solver = Solver(self._library)
        for term in (self._in_range, *negation):
            solver.add(term)
        self._library.check()
        left = None if self._deadline is None else self._deadline - time.monotonic()
        answer = solver.check(seconds=left)
        if answer is not Answer.SAT:
            return Judgement(obligation, answer)
        model, layout = solver.model(), self._system.layout
        leaves = self._system.leaves
        state = layout.decode([model.number(t, leaf.low, leaf.high) for t, leaf in zip(self._now, leaves, strict=True)])
        target = [model.number(t, leaf.low, leaf.high) for t, leaf in zip(self._next, leaves, strict=True)]
        return Judgement(obligation, answer, state, layout.decode(target) if is_step else None)


def one_of_rows(dag: Dag, columns: Sequence[int], rows: Sequence[tuple[int, ...]]) -> int:
    """Return the node of "the leaf nodes have the values of one of the rows", of which there are distinct ones in ascending order.

    Rows are a trie whose equal subtrees are one (built as in Daciuk, Mihov, Watson, Watson, Computational Linguistics 2000), which is a decision
    diagram: a row costs only where it differs from the row before.
    """
    if not rows:
        return FALSE
    width = len(columns)
    # For each column, the branches of the node that is not finished yet: values with the nodes they lead to.
    branches: list[list[tuple[int, int]]] = [[] for _ in range(width)]
    made: dict[tuple[int, ...], int] = {}

    def finished(column: int) -> int:
        key = (column, *[part for branch in branches[column] for part in branch])
        node = made.get(key)
        if node is None:
            node = made[key] = _decision(dag, columns[column], branches[column])
        branches[column] = []
        return node

    previous = rows[0]
    for row in rows[1:]:
        shared = 0
        while previous[shared] == row[shared]:
            shared += 1
        node = TRUE
        for column in range(width - 1, shared - 1, -1):
            branches[column].append((previous[column], node))
            if column > shared:
                node = finished(column)
        previous = row
    node = TRUE
    for column in range(width - 1, -1, -1):
        branches[column].append((previous[column], node))
        node = finished(column)
    return node


def _decision(dag: Dag, leaf: int, branches: Sequence[tuple[int, int]]) -> int:
    """Return the node that is each branch's where the leaf has the branch's value, and false elsewhere."""
    by_target: dict[int, list[int]] = {}
    for value, target in branches:
        by_target.setdefault(target, []).append(value)
    result = FALSE
    groups = list(by_target.items())
    if dag.op[leaf] < FIRST_INT_OP:
        return dag.ite(leaf, dict(branches).get(1, FALSE), dict(branches).get(0, FALSE))
    if len(branches) == len(dag.possible(leaf)):
        result = groups.pop()[0]
    for target, values in groups:
        result = dag.ite(dag.any_([dag.eq(leaf, dag.integer(value)) for value in values]), target, result)
    return result
