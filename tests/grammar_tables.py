"""Makes the tables of the parser out of the grammar, by Lark. `python tests/grammar_tables.py` writes those that are shipped."""

from __future__ import annotations

import json
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from lark import Lark, Token
from lark.lexer import Lexer
from lark.parsers.lalr_analysis import Shift

import pluscheck.lang
from pluscheck.lang.automaton import END

STARTS = ("header", "declarations", "expr")

FOLDER = Path(pluscheck.lang.__file__).parent


class _NoLexer(Lexer):
    """Lark wants one; nothing is read here."""

    def __init__(self, lexer_conf: object) -> None:
        pass

    def lex(self, data: object) -> Iterable[Token]:  # type: ignore[override]
        raise NotImplementedError


def tables(grammar: str) -> str:
    """Return the tables for a grammar, as `pluscheck.lang.automaton` reads them.

    Numbers are given in the order in which states are met from the starts, so that the text does not depend on the order of sets in Lark.
    """
    made = Lark(grammar, parser="lalr", lexer=_NoLexer, start=list(STARTS), maybe_placeholders=False)
    table: Any = made.parser.parser._parse_table
    rules: dict[Any, int] = {}
    numbers: dict[int, int] = {}
    pending = [table.start_states[start] for start in STARTS]
    for state in pending:
        numbers[state] = len(numbers)
    rows: list[dict[str, int]] = []
    for state in pending:  # it grows meanwhile
        row = {}
        for symbol, (action, target) in sorted(table.states[state].items(), key=lambda entry: entry[0]):
            if action is Shift:
                if target not in numbers:
                    numbers[target] = len(numbers)
                    pending.append(target)
                row[symbol] = numbers[target]
            else:
                row[symbol] = ~rules.setdefault(target, len(rules))
        rows.append(row)
    for start in STARTS:
        end = numbers[table.end_states[start]]
        rows[end][END] = end
    return _written([_rule(rule) for rule in rules], rows)


def _rule(rule: Any) -> list[Any]:
    """Return a rule as `Rule` has it."""
    for symbol in rule.expansion:
        assert not (symbol.is_term and symbol.filter_out), symbol
    spread = [place for place, symbol in enumerate(rule.expansion) if not symbol.is_term and symbol.name[0] == "_"]
    is_list = rule.origin.name[0] == "_"
    method = None if is_list else rule.alias or rule.origin.name
    return [rule.origin.name, len(rule.expansion), method, rule.options.expand1 and not rule.alias, spread]


def _written(rules: list[list[Any]], rows: list[dict[str, int]]) -> str:
    def lines(parts: Iterable[object]) -> str:
        return ",\n".join(json.dumps(part, separators=(",", ":")) for part in parts)

    return f'{{"starts":{json.dumps(STARTS)},\n"rules":[\n{lines(rules)}\n],\n"states":[\n{lines(rows)}\n]}}\n'


if __name__ == "__main__":
    text = tables((FOLDER / "grammar.lark").read_text(encoding="utf-8"))
    (FOLDER / "tables.json").write_text(text, encoding="utf-8")
