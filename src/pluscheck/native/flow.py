"""Which guards are true: asked so that what many have in common is asked once, and what one alone has only where the rest is true.

Guards are conjunctions. A question that many of them ask is asked first, which splits them; where they ask what value one scalar has, that is one jump.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from pluscheck.ground.dag import AND, EQ, INT_CONST, NOT, TRUE, Dag
from pluscheck.native.nodes import Nodes
from pluscheck.native.writer import Writer

_DEEPEST = 40
"""So many questions are asked one inside another; then each guard is asked by itself."""


@dataclass(frozen=True, slots=True)
class Guarded:
    """What is to be done where all conjuncts are true: `write` writes it, given the state of the flow before, and returns that after it."""

    conjuncts: frozenset[int]
    write: Callable[[str], str]


@dataclass(frozen=True, slots=True)
class _Question:
    """Whether a node is true, or (if `is_switch`) which value it has."""

    node: int
    is_switch: bool


def conjuncts(dag: Dag, node: int) -> frozenset[int]:
    """Return what must be true for a node to be: as many nodes as possible."""
    found: set[int] = set()
    stack = [node]
    while stack:
        part = stack.pop()
        if dag.op[part] == AND:
            stack.extend(dag.args[part])
        elif part != TRUE:
            found.add(part)
    return frozenset(found)


class Flow:
    """Writes guarded instructions into a function. One value of type `of` goes through all of them."""

    def __init__(self, writer: Writer, nodes: Nodes, dag: Dag, of: str) -> None:
        self._writer = writer
        self._nodes = nodes
        self._dag = dag
        self._of = of

    def write(self, items: Sequence[Guarded], value: str) -> str:
        """Write all; return the value after them."""
        return self._split([(item.conjuncts, item) for item in items], value, 0)

    def _asks(self, conjunct: int) -> tuple[_Question, int]:
        """Return what a conjunct asks, and the answer that it wants."""
        dag = self._dag
        if dag.op[conjunct] == NOT:
            return _Question(dag.args[conjunct][0], is_switch=False), 0
        if dag.op[conjunct] == EQ:
            left, right = dag.args[conjunct]
            if dag.op[right] == INT_CONST:
                return _Question(left, is_switch=True), dag.low[right]
        return _Question(conjunct, is_switch=False), 1

    def _split(self, items: list[tuple[frozenset[int], Guarded]], value: str, depth: int) -> str:
        for rest, item in items:
            if not rest:
                value = item.write(value)
        waiting = [(rest, item) for rest, item in items if rest]
        counts = Counter(self._asks(part)[0] for rest, _ in waiting for part in rest)
        while waiting:
            question, count = counts.most_common(1)[0]
            if count < 2 or depth > _DEEPEST:
                for rest, item in waiting:
                    value = self._alone(rest, item, value)
                return value
            groups: dict[int, list[tuple[frozenset[int], Guarded]]] = {}
            others = []
            for rest, item in waiting:
                part = next((p for p in rest if self._asks(p)[0] == question), None)
                if part is None:
                    others.append((rest, item))
                else:
                    groups.setdefault(self._asks(part)[1], []).append((rest - {part}, item))
                    for other in rest:
                        counts[self._asks(other)[0]] -= 1
            value = self._asked(question, groups, value, depth)
            waiting = others
        return value

    def _asked(
        self, question: _Question, groups: dict[int, list[tuple[frozenset[int], Guarded]]], value: str, depth: int
    ) -> str:
        """Write one question, and what is to be done for each answer."""
        writer, nodes = self._writer, self._nodes
        answer = nodes.of(question.node)
        before = writer.block
        labels = {wanted: writer.label() for wanted in groups}
        end = writer.label()
        if question.is_switch:
            cases = " ".join(f"i64 {wanted}, label %{label}" for wanted, label in labels.items())
            writer.line(f"switch i64 {answer}, label %{end} [ {cases} ]")
        else:
            writer.line(f"br i1 {answer}, label %{labels.get(1, end)}, label %{labels.get(0, end)}")
        incoming = [] if len(labels) == 2 and not question.is_switch else [(value, before)]
        for wanted, label in labels.items():
            writer.begin(label)
            mark = nodes.mark()
            after = self._split(groups[wanted], value, depth + 1)
            nodes.forget(mark)
            incoming.append((after, writer.block))
            writer.line(f"br label %{end}")
        writer.begin(end)
        return writer.phi(self._of, incoming)

    def _alone(self, rest: frozenset[int], item: Guarded, value: str) -> str:
        """Write the guard of one alone."""
        writer, nodes = self._writer, self._nodes
        condition = ""
        for part in sorted(rest):
            answer = nodes.of(part)
            condition = writer.value(f"and i1 {condition}, {answer}") if condition else answer
        before, inside, end = writer.block, writer.label(), writer.label()
        writer.line(f"br i1 {condition}, label %{inside}, label %{end}")
        writer.begin(inside)
        mark = nodes.mark()
        after = item.write(value)
        nodes.forget(mark)
        incoming = [(value, before), (after, writer.block)]
        writer.line(f"br label %{end}")
        writer.begin(end)
        return writer.phi(self._of, incoming)
