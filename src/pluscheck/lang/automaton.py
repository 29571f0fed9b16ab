"""The parser's automaton: LALR(1) tables (DeRemer, 1969), and the stack that runs by them.

The tables are made out of `grammar.lark` by Lark, which takes a tenth of a second and is needed by those alone who change the grammar:
`tests/grammar_tables.py` writes them, and a test makes them anew. They are JSON, which can be wrong but never does anything.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from functools import cache
from importlib import resources
from operator import itemgetter
from typing import Any, NamedTuple

from pluscheck.base.source import NOWHERE
from pluscheck.lang.lexer import Word, word

END = "$END"
"""The kind of the token after the last one."""


class Rule(NamedTuple):
    """A rule of the grammar: what it makes, out of how many, and by which method.

    Without a method it makes its one child if it `is_child`, else a list, as repetitions do, which is `spread` where it is a child itself.
    """

    origin: str
    size: int
    method: str | None
    is_child: bool
    spread: list[int]


@dataclass(frozen=True, slots=True)
class Tables:
    """What to do in each state: by kind of token or rule's origin, the number of the next state, or `~` that of the rule that ends here.

    The first states are those where each of the `starts` begins. Where it ends, there is a way on by `END`.
    """

    starts: list[str]
    rules: list[Rule]
    states: list[dict[str, int]]


@cache
def tables() -> Tables:
    """Return the tables of the language."""
    text = resources.files("pluscheck.lang").joinpath("tables.json").read_text(encoding="utf-8")
    made = json.loads(text)
    return Tables(made["starts"], [Rule(*rule) for rule in made["rules"]], made["states"])


class UnexpectedWordError(Exception):
    """The word at this `position` cannot stand there, or (`END`) no text ends there."""

    def __init__(self, found: Word, position: int) -> None:
        super().__init__(found, position)
        self.word = found
        self.position = position


class Automaton:
    """Reads words by the tables. `builder` has a method for each rule that has one, called with the children in order."""

    def __init__(self, builder: object) -> None:
        made = tables()
        self._starts, self._rules, self._states = made.starts, made.rules, made.states
        self._makers = [_maker(rule, builder) for rule in made.rules]

    def parsed(self, words: Sequence[Word], start: str) -> Any:
        """Return what the words make. Raises UnexpectedWordError."""
        states, values = self._begun(start), list[Any]()
        for position, each in enumerate(words):
            if not self._reduced(states, values, each.type):
                raise UnexpectedWordError(each, position)
            states.append(self._states[states[-1]][each.type])
            values.append(each)
        if not self._reduced(states, values, END):
            raise UnexpectedWordError(_end(words), len(words))
        return values[-1]

    def acceptable(self, words: Iterable[Word], start: str) -> frozenset[str]:
        """Return the kinds of token that can stand after these words, all of which can stand where they do."""
        states = self._begun(start)
        for each in words:
            self._reduced(states, None, each.type)
            states.append(self._states[states[-1]][each.type])
        kinds = [kind for kind in self._states[states[-1]] if kind.isupper() and kind != END]
        return frozenset([kind for kind in kinds if self._reduced(list(states), None, kind)])

    def _begun(self, start: str) -> list[int]:
        return [self._starts.index(start)]

    def _reduced(self, states: list[int], values: list[Any] | None, kind: str) -> bool:
        """Carry out what rules end before a token of this kind; return whether it can then be read. Nothing is made without `values`."""
        table = self._states
        while True:
            action = table[states[-1]].get(kind)
            if action is None or action >= 0:
                return action is not None
            rule = self._rules[~action]
            children: list[Any] = []
            if rule.size:
                del states[-rule.size :]
            if values is not None:
                if rule.size:
                    children = values[-rule.size :]
                    del values[-rule.size :]
                values.append(self._makers[~action](children))
            states.append(table[states[-1]][rule.origin])


def _maker(rule: Rule, builder: object) -> Callable[[list[Any]], Any]:
    """Return what makes a rule's value out of its children."""
    if rule.is_child:
        return itemgetter(0)
    method = list if rule.method is None else getattr(builder, rule.method)
    return (lambda children: method(_spread(children, rule.spread))) if rule.spread else method


def _spread(children: list[Any], places: Sequence[int]) -> list[Any]:
    """Return the children with those at these places, which are lists, spread. The first one's list goes on, so that long ones take linear time."""
    found: list[Any] = children[0] if 0 in places else children[:1]
    for place, child in enumerate(children[1:], 1):
        if place in places:
            found += child
        else:
            found.append(child)
    return found


def _end(words: Sequence[Word]) -> Word:
    """Return the token after the last one: it begins where that does."""
    if not words:
        return word(END, "", NOWHERE.source, 0, 0)
    return word(END, "", words[-1].source, words[-1].start_pos, words[-1].end_pos)
