"""Types and names in the words of a message."""

from __future__ import annotations

from collections.abc import Iterable
from difflib import get_close_matches
from typing import assert_never

from pluscheck.lang.types import (
    BoolType,
    EnumType,
    FunctionType,
    IntType,
    LabelType,
    OptionType,
    RecordType,
    SeqType,
    SetType,
    SortType,
    TupleType,
    Type,
    UnionType,
    Unknown,
)

_LONGEST_NOTATION = 90

_MOST_COMPARED = 300


def phrase(of: Type) -> str:
    """Return the type with its article: `a set of Page`, `an integer`."""
    match of:
        case BoolType():
            return "a BOOLEAN"
        case IntType():
            return "an integer"
        case EnumType(name) | SortType(name) | UnionType(name, _):
            return with_article(name)
        case RecordType():
            return f"a record {notation(of)}"
        case TupleType():
            return f"a tuple of {notation(of)}"
        case FunctionType():
            return f"a function {notation(of)}"
        case SetType(Unknown()):
            return "a set"
        case SetType(element):
            return f"a set of {plural(element)}"
        case SeqType(Unknown()):
            return "a sequence"
        case SeqType(element):
            return f"a sequence of {plural(element)}"
        case OptionType(Unknown()):
            return "an option"
        case OptionType(element):
            return f"an option of {plural(element)}"
        case LabelType(process):
            return f"a label of {process}" if process else "a label"
        case Unknown():
            return "something"
        case _:
            assert_never(of)


def plural(of: Type) -> str:
    """Return the type as many of them are called: `sets of Page`, `integers`. Names stay as they are."""
    match of:
        case BoolType():
            return "BOOLEAN"
        case IntType():
            return "integers"
        case EnumType(name) | SortType(name) | UnionType(name, _):
            return name
        case RecordType():
            return f"records {notation(of)}"
        case TupleType():
            return f"tuples of {notation(of)}"
        case FunctionType():
            return f"functions {notation(of)}"
        case SetType(element):
            return f"sets of {plural(element)}"
        case SeqType(element):
            return f"sequences of {plural(element)}"
        case OptionType(element):
            return f"options of {plural(element)}"
        case LabelType(process):
            return f"labels of {process}" if process else "labels"
        case Unknown():
            return "anything"
        case _:
            assert_never(of)


def notation(of: Type) -> str:
    """Return the type in the language's own notation, cut off where it gets long. Ranges and bounds are not known."""
    text = _notation(of, 6)
    return text if len(text) <= _LONGEST_NOTATION else text[: _LONGEST_NOTATION - 1] + "…"


def _notation(of: Type, depth: int) -> str:
    if depth == 0:
        return "…"
    match of:
        case BoolType():
            return "BOOLEAN"
        case IntType():
            return "integer"
        case EnumType(name) | SortType(name) | UnionType(name, _):
            return name
        case RecordType(fields):
            return "[" + ", ".join(f"{name} : {_notation(t, depth - 1)}" for name, t in fields) + "]"
        case TupleType(items):
            return " \\X ".join(_notation(t, depth - 1) for t in items)
        case FunctionType(TupleType(items), target):
            arguments = ", ".join(_notation(t, depth - 1) for t in items)
            return f"[{arguments} -> {_notation(target, depth - 1)}]"
        case FunctionType(domain, target):
            return f"[{_notation(domain, depth - 1)} -> {_notation(target, depth - 1)}]"
        case SetType(element):
            return f"SUBSET {_notation(element, depth - 1)}"
        case SeqType(element):
            return f"Seq({_notation(element, depth - 1)})"
        case OptionType(element):
            return f"Option({_notation(element, depth - 1)})"
        case LabelType(process):
            return f"label of {process}" if process else "label"
        case Unknown():
            return "_"
        case _:
            assert_never(of)


def with_article(noun: str) -> str:
    """Return the noun with `a` or `an`."""
    return f"{'an' if noun[:1] in 'AEIOUaeiou' else 'a'} {noun}"


def counted(number: int, noun: str) -> str:
    """Return `1 argument`, `2 arguments`, `no arguments`."""
    if number == 0:
        return f"no {noun}s"
    return f"{number} {noun}" if number == 1 else f"{number} {noun}s"


def did_you_mean(name: str, candidates: Iterable[str]) -> str | None:
    """Return `did you mean ...?` for the candidate closest to `name`, if one is close."""
    # Comparing is slow: in a specification of thousands of names, only the likeliest are looked at.
    near = [c for c in dict.fromkeys(candidates) if abs(len(c) - len(name)) <= 3 and len(c) <= 80]
    near.sort(key=lambda c: (c[:2].lower() != name[:2].lower(), abs(len(c) - len(name))))
    folded = {c.lower(): c for c in reversed(near[:_MOST_COMPARED])}
    close = get_close_matches(name.lower(), list(folded), n=1, cutoff=0.6)
    return f"did you mean `{folded[close[0]]}`?" if close else None
