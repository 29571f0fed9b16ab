"""What is decided by questions is what the conditions say, one by one."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping
from itertools import product

from hypothesis import given
from hypothesis import strategies as st

from pluscheck.certify.decisions import Decisions, decisions
from pluscheck.certify.formulas import FALSE, TRUE, Formulas

VALUES = {"p": range(2), "q": range(2), "at": range(4), "other": range(4)}

Literal = tuple[str, int, bool]
literals = st.sampled_from(
    [(name, value, positive) for name in VALUES for value in range(4) for positive in (True, False)]
)
conditions = st.lists(st.lists(st.lists(literals, max_size=2), max_size=4), max_size=12)
"""Of each thing a conjunction of disjunctions."""


def decided(steps: Decisions[int], values: Mapping[int, int]) -> Iterator[int]:
    """Yield the things that the answers lead to."""
    yield from steps.certain
    for question in steps.questions:
        for value, then in question.answers:
            if values[question.subject] == value:
                yield from decided(then, values)


@given(conditions)
def test_questions_lead_to_what_is_the_case_each_once(things: list[list[list[Literal]]]) -> None:
    formulas = Formulas()
    unknowns = {name: formulas.unknown(name, 0 if len(values) == 2 else 2) for name, values in VALUES.items()}

    def literal(name: str, value: int, positive: bool) -> int:
        term = unknowns[name]
        if formulas.width[term]:
            found = formulas.equal(term, formulas.constant(value, 2))
        else:
            found = term if value % 2 else formulas.not_(term)
        return found if positive else formulas.not_(found)

    terms = [formulas.all_([formulas.any_([literal(*each) for each in some]) for some in thing]) for thing in things]
    found = decisions(formulas, [(term, number) for number, term in enumerate(terms)])
    assert found.size <= len(terms)
    for chosen in product(*VALUES.values()):
        values = formulas.values(range(len(formulas.op)), dict(zip(VALUES, chosen, strict=True)))
        assert Counter(decided(found, values)) == Counter(n for n, term in enumerate(terms) if values[term])


def test_what_many_depend_on_is_asked_once() -> None:
    formulas = Formulas()
    at, free = formulas.unknown("at", 3), formulas.unknown("free")
    places = [formulas.equal(at, formulas.constant(place, 3)) for place in range(6)]
    things = [(formulas.and_(place, free), number) for number, place in enumerate(places)]
    found = decisions(formulas, [*things, (free, 6)])
    assert [question.subject for question in found.questions] == [free]
    ((value, inside),) = found.questions[0].answers
    assert value == 1
    assert inside.certain == (6,)
    assert [question.subject for question in inside.questions] == [at]
    assert [answer for answer, _ in inside.questions[0].answers] == list(range(6))


def test_what_is_always_the_case_needs_no_question_and_what_never_is_has_none() -> None:
    formulas = Formulas()
    at = formulas.unknown("at", 3)
    here, there = (formulas.equal(at, formulas.constant(place, 3)) for place in range(2))
    found = decisions(formulas, [(TRUE, "always"), (FALSE, "never"), (formulas.and_(here, there), "nowhere")])
    assert found == Decisions(("always",), ())
