"""The formula of "this is one of these states", in which what states have in common at their ends is written once."""

from __future__ import annotations

from collections.abc import Collection

from pluscheck.base.errors import InternalError
from pluscheck.certify.encoding import SymbolicState
from pluscheck.certify.formulas import FALSE, TRUE
from pluscheck.certify.symbols import (
    NOWHERE,
    Fields,
    Graph,
    Maybe,
    Members,
    Number,
    Row,
    Symbol,
    Symbolic,
    Symbols,
    Truth,
)
from pluscheck.core.system import State
from pluscheck.core.values import Function, Record, Some, Value


def membership(symbols: Symbols, state: SymbolicState, states: Collection[State]) -> int:
    """Return the formula: a decision for each scalar of the state, in order; equal rests are one.

    The levels are those of a trie whose equal subtrees are one (Daciuk, Mihov, Watson, Watson, Computational Linguistics 2000).
    """
    formulas = symbols.formulas
    rows = _rows(symbols, state, states)
    # Prefixes of rows, numbered level by level: (number of the prefix before, condition here) → number.
    levels: list[dict[tuple[int, int], int]] = []
    prefix_of = [0] * len(rows)
    for position in range(len(rows[0]) if rows else 0):
        level: dict[tuple[int, int], int] = {}
        prefix_of = [
            level.setdefault((prefix, row[position]), len(level)) for prefix, row in zip(prefix_of, rows, strict=True)
        ]
        levels.append(level)
    rests = [TRUE] * (max(prefix_of, default=-1) + 1)
    for level in reversed(levels):
        choices: dict[int, dict[int, list[int]]] = {}
        for (prefix, here), number in level.items():
            choices.setdefault(prefix, {}).setdefault(rests[number], []).append(here)
        rests = [
            formulas.any_([formulas.and_(formulas.any_(here), rest) for rest, here in choices[prefix].items()])
            for prefix in range(len(choices))
        ]
    return rests[0] if rests else FALSE


def _rows(symbols: Symbols, state: SymbolicState, states: Collection[State]) -> list[tuple[int, ...]]:
    """Return for each of the states the conditions that `state` is it, one a scalar; all rows have one length."""
    columns: list[dict[Value, tuple[int, ...]]] = []
    for position, value in enumerate(state):
        found = {known: tuple(conditions(symbols, value, known)) for known in {other[position] for other in states}}
        width = max(map(len, found.values()), default=0)
        columns.append({known: (*row, *[TRUE] * (width - len(row))) for known, row in found.items()})
    return [
        tuple([here for column, known in zip(columns, other, strict=True) for here in column[known]])
        for other in states
    ]


def conditions(symbols: Symbols, value: Symbolic, known: Value) -> list[int]:
    """Return conditions that together say that the symbolic value is this value."""
    match value:
        case Truth() | Number() | Symbol():
            return [symbols.equal(value, symbols.lifted(known))]
        case Maybe(present, payload):
            if not isinstance(known, Some):
                return [symbols.formulas.not_(present)]
            return [present, *conditions(symbols, payload, known.value)]
        case Row(length, slots):
            assert isinstance(known, tuple)
            found = [symbols.equal(length, symbols.number(len(known)))]
            for position, item in enumerate(known):
                found += conditions(symbols, slots[position] if position < len(slots) else NOWHERE, item)
            return found
        case Fields(items):
            assert isinstance(known, Record)
            return [here for name, item in known.fields for here in conditions(symbols, items[name], item)]
        case Graph(entries):
            assert isinstance(known, Function)
            found = []
            for argument in (*entries, *(a for a, _ in known.pairs if a not in entries)):
                defined, item = entries.get(argument, (FALSE, NOWHERE))
                if argument in known.mapping:
                    found += [defined, *conditions(symbols, item, known.mapping[argument])]
                else:
                    found.append(symbols.formulas.not_(defined))
            return found
        case Members(members):
            assert isinstance(known, frozenset)
            inside = [members.get(v, FALSE) if v in known else symbols.formulas.not_(members[v]) for v in members]
            return [*inside, *[FALSE for v in known if v not in members]]
        case _:
            return [FALSE] if value is NOWHERE else _is_no_state()


def _is_no_state() -> list[int]:
    raise InternalError("a value that no state has")
