"""The parser's tables are those of the grammar, and what they are said to accept is what can be parsed."""

from __future__ import annotations

import pytest

from grammar_tables import FOLDER, tables
from pluscheck.base.source import Source
from pluscheck.lang.automaton import END, Automaton, UnexpectedWordError
from pluscheck.lang.automaton import tables as shipped
from pluscheck.lang.builder import Builder
from pluscheck.lang.layout import laid_out
from pluscheck.lang.lexer import Word, tokens, word

GRAMMAR = (FOLDER / "grammar.lark").read_text(encoding="utf-8")
KINDS = {kind for row in shipped().states for kind in row if kind.isupper()} - {END}


def laid(text: str) -> list[Word]:
    words, wrong = tokens(Source("Text.plus", text))
    assert not wrong
    return laid_out(words, wrong)


def unexpected(automaton: Automaton, words: list[Word]) -> int | None:
    """Return the position of the first word that cannot stand there, if there is one."""
    try:
        automaton.parsed(words, "declarations")
    except UnexpectedWordError as error:
        return error.position
    return None


class _Counts:
    """Makes of everything how many children it has."""

    def __getattr__(self, name: str) -> object:
        return len


def test_tables_are_those_of_the_grammar() -> None:
    assert tables(GRAMMAR) == (FOLDER / "tables.json").read_text(encoding="utf-8"), "python tests/grammar_tables.py"


def test_another_grammar_has_other_tables() -> None:
    assert tables(GRAMMAR.replace("arm: (OTHER | expr)", "arm: expr")) != tables(GRAMMAR)


def test_each_rule_has_a_method() -> None:
    Automaton(Builder())
    with pytest.raises(AttributeError):
        Automaton(object())


@pytest.mark.parametrize(
    "text",
    [
        "var x : 0..3 = 1 invariant P == x \\in {1, 2} /\\ [y \\in S |-> y][x] = 2",
        "process P (p \\in Q) var l : BOOLEAN = TRUE; { A: await ~l; if (l) { l := FALSE; } else { goto A; } }",
        "model m extends n { scope Task = 3; check P; expect P violated 4; x = 4; }",
    ],
)
def test_what_can_stand_after_some_words_is_what_can_be_read(text: str) -> None:
    automaton, words = Automaton(_Counts()), laid(text)
    for position in range(len(words) + 1):
        acceptable = automaton.acceptable(words[:position], "declarations")
        for kind in KINDS:
            other = word(kind, "", Source("Text.plus", ""), 0, 0)
            assert (unexpected(automaton, [*words[:position], other]) != position) == (kind in acceptable)
        if position < len(words):
            assert words[position].type in acceptable


def test_where_nothing_is_read_the_end_is_what_is_unexpected() -> None:
    with pytest.raises(UnexpectedWordError) as raised:
        Automaton(Builder()).parsed([], "expr")
    assert (raised.value.word.type, raised.value.position) == (END, 0)


def test_the_end_stands_where_the_last_word_does() -> None:
    with pytest.raises(UnexpectedWordError) as raised:
        Automaton(Builder()).parsed(laid("a + "), "expr")
    assert (raised.value.word.type, raised.value.word.span.text) == (END, "+")
