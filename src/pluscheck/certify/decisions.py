"""Which of many things are the case, without asking for each: what many depend on is asked once, and its answer leaves few of them open."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Generic, TypeVar

from pluscheck.certify.formulas import FALSE, TRUE, Formulas

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Question(Generic[T]):
    """What is the case for each value of a formula: the bits of a bit-vector; of a Boolean 0 or 1. For other values nothing is."""

    subject: int
    answers: tuple[tuple[int, Decisions[T]], ...]

    @property
    def size(self) -> int:
        """How many things it decides on."""
        return sum(then.size for _, then in self.answers)


@dataclass(frozen=True, slots=True)
class Decisions(Generic[T]):
    """What is the case in any case, and the questions that decide on others, one as independent of another as the things are."""

    certain: tuple[T, ...]
    questions: tuple[Question[T], ...]

    @property
    def size(self) -> int:
        """How many things they are."""
        return len(self.certain) + sum(question.size for question in self.questions)


_Literals = dict[int, int]
"""Of each of some formulas, the value that it must have."""


def decisions(formulas: Formulas, things: Iterable[tuple[int, T]]) -> Decisions[T]:
    """Return how to decide which of the things are the case, each of them where its condition is true."""
    open_ = []
    for condition, thing in things:
        literals = _literals(formulas, condition)
        if literals is not None:
            open_.append((literals, thing))
    return _decided(open_)


def _decided(things: list[tuple[_Literals, T]]) -> Decisions[T]:
    """Ask first for what most of them depend on."""
    certain = tuple([thing for literals, thing in things if not literals])
    rest = [(literals, thing) for literals, thing in things if literals]
    questions = []
    while rest:
        uses = Counter(subject for literals, _ in rest for subject in literals)
        subject = min(uses, key=lambda each: (-uses[each], each))
        by_value: dict[int, list[tuple[_Literals, T]]] = {}
        for literals, thing in rest:
            if subject in literals:
                others = {each: value for each, value in literals.items() if each != subject}
                by_value.setdefault(literals[subject], []).append((others, thing))
        questions.append(Question(subject, tuple([(v, _decided(inside)) for v, inside in sorted(by_value.items())])))
        rest = [(literals, thing) for literals, thing in rest if subject not in literals]
    return Decisions(certain, tuple(questions))


def _literals(formulas: Formulas, condition: int) -> _Literals | None:
    """Return what a conjunction asks for; None if it cannot be true, for it asks for two values of one formula."""
    found: _Literals = {}
    waiting = [condition]
    while waiting:
        term = waiting.pop()
        if term == FALSE:
            return None
        if term == TRUE:
            continue
        if formulas.op[term] == "and":
            waiting += formulas.args[term]
            continue
        subject, value = _literal(formulas, term)
        if found.setdefault(subject, value) != value:
            return None
    return found


def _literal(formulas: Formulas, term: int) -> tuple[int, int]:
    """Return of which formula a part of a conjunction asks for which value."""
    if formulas.op[term] == "not":
        return formulas.args[term][0], 0
    if formulas.op[term] == "=":
        first, second = formulas.args[term]
        for subject, other in ((first, second), (second, first)):
            value = formulas.value(other)
            if value is not None:
                return subject, value
    return term, 1
