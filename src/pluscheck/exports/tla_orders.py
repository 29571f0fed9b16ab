"""The fixed order of values (`order_key`) in TLA+: `CHOOSE` is its least element, where TLC has an order of its own."""

from __future__ import annotations

from collections.abc import Callable
from typing import assert_never

from pluscheck.core.types import (
    AmongType,
    BoolType,
    EnumType,
    FunctionType,
    OptionType,
    RangeType,
    RecordType,
    SeqType,
    SetType,
    SortType,
    TupleType,
    Type,
    UnionType,
    values_of,
)
from pluscheck.core.values import ordered
from pluscheck.exports.static_types import Types, parts_of
from pluscheck.exports.tla_names import Global
from pluscheck.exports.tla_terms import TlaTerms

Order = Callable[[str, str], str]
"""Says of two words whether the first is not after the second."""


class TlaOrders:
    """Orders of types; `definitions` are the operators that they take, each after those that it uses."""

    def __init__(self, terms: TlaTerms, types: Types) -> None:
        self._terms = terms
        self._types = types
        self._known: dict[Type, Order] = {}
        self.definitions: list[str] = []

    def of(self, of: Type) -> Order:
        """Return the order of a type's values."""
        of = self._types.structure(of)
        if of not in self._known:
            self._known[of] = self._made(of)
        return self._known[of]

    def _defined(self, parameters: str, body: str, hint: str = "NotAfter") -> str:
        name = self._terms.names.late(hint)
        self.definitions.append(f"{name}{parameters} == {body}")
        return name

    def _operator(self, body: str) -> Order:
        name = self._defined("(a_, b_)", body)
        return lambda a, b: f"{name}({a}, {b})"

    def _made(self, of: Type) -> Order:
        names = self._terms.names
        match of:
            case BoolType():
                return lambda a, b: f"({a} => {b})"
            case RangeType():
                return lambda a, b: f"{a} <= {b}"
            case EnumType() | SortType() | UnionType():
                atoms = ordered(atom for part in parts_of(of) for atom in values_of(part, self._types.scope))
                places = " @@ ".join(f"{self._terms.value(atom)} :> {place}" for place, atom in enumerate(atoms))
                ranks = self._defined("", places, "PlaceOf")
                return lambda a, b: f"{ranks}[{a}] <= {ranks}[{b}]"
            case AmongType():  # of no values
                return lambda _a, _b: "TRUE"
            case RecordType(fields):
                return self._in_turn([(f".{names.field(name)}", item) for name, item in fields])
            case TupleType(items):
                return self._in_turn([(f"[{index}]", item) for index, item in enumerate(items, 1)])
            case SeqType(element):
                inner = self.of(element)("a_[i_]", "b_[i_]")
                first = "\\E i_ \\in 1..Len(a_) : a_[i_] # b_[i_] /\\ (\\A j_ \\in 1..(i_ - 1) : a_[j_] = b_[j_])"
                return self._operator(
                    f"Len(a_) < Len(b_) \\/ (Len(a_) = Len(b_) /\\ (a_ = b_ \\/ ({first} /\\ {inner})))"
                )
            case OptionType(element):
                none, get = names.helper(Global.NONE), names.helper(Global.GET)
                inner = self.of(element)(f"{get}(a_)", f"{get}(b_)")
                return self._operator(f"a_ = {none} \\/ (b_ # {none} /\\ {inner})")
            case SetType(element):
                # Of two sets of one size the one with the least element that they do not share comes first.
                inner = self.of(element)("x_", "y_")
                least = f"\\E x_ \\in a_ \\ b_ : \\A y_ \\in b_ \\ a_ : {inner}"
                sizes = "Cardinality(a_) < Cardinality(b_)"
                same = "Cardinality(a_) = Cardinality(b_)"
                return self._operator(f"{sizes} \\/ ({same} /\\ (a_ = b_ \\/ {least}))")
            case FunctionType(domain, target):
                # As sets of pairs.
                pairs = self.of(SetType(TupleType((domain, target))))
                first, second = (f"{{<<i_, {f}[i_]>>  : i_ \\in DOMAIN {f}}}" for f in ("a_", "b_"))
                return self._operator(pairs(first, second))
            case _:
                assert_never(of)

    def _in_turn(self, parts: list[tuple[str, Type]]) -> Order:
        body = "TRUE"
        for place, of in reversed(parts):
            a, b = f"a_{place}", f"b_{place}"
            rest = "" if body == "TRUE" else f" /\\ ({body})"
            body = f"({a} # {b} /\\ {self.of(of)(a, b)}) \\/ ({a} = {b}{rest})"
        return self._operator(body)
