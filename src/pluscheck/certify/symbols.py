"""Symbolic values: values some of whose parts are formulas. They keep the structure of what they stand for.

What is not there is never looked at: the payload of an absent option, items beyond a sequence's length and a function's value where it is not
defined may be anything.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from itertools import product
from typing import Any, assert_never

from pluscheck.base.errors import InternalError
from pluscheck.certify.formulas import FALSE, TRUE, Formulas, OutgrownError, signed, width_of
from pluscheck.core.exprs import SetOp
from pluscheck.core.types import (
    AmongType,
    BoolType,
    EnumType,
    FunctionType,
    OptionType,
    RangeType,
    RecordType,
    Scope,
    SeqType,
    SetType,
    SortType,
    TupleType,
    Type,
    UnionType,
    cardinality,
    is_member,
    values_of,
)
from pluscheck.core.values import NOTHING, Atom, Function, Nothing, Record, Some, Value, order_key, ordered

MAX_CASES = 20_000
"""How many values a symbolic value is told apart into, or elements a set has, at most."""


@dataclass(frozen=True, slots=True, eq=False)
class Truth:
    """A Boolean."""

    term: int


@dataclass(frozen=True, slots=True, eq=False)
class Number:
    """An integer between `low` and `high`, both included: a bit-vector with a sign, wide enough for both."""

    term: int
    low: int
    high: int


@dataclass(frozen=True, slots=True, eq=False)
class Symbol:
    """One of these atoms: the bit-vector, without a sign, is its position."""

    term: int
    atoms: tuple[Atom, ...]


@dataclass(frozen=True, slots=True, eq=False)
class Maybe:
    """An option."""

    present: int
    payload: Symbolic


@dataclass(frozen=True, slots=True, eq=False)
class Row:
    """A tuple or a sequence: its first `length` slots."""

    length: Number
    slots: tuple[Symbolic, ...]


@dataclass(frozen=True, slots=True, eq=False)
class Fields:
    """A record."""

    items: Mapping[str, Symbolic]


@dataclass(frozen=True, slots=True, eq=False)
class Graph:
    """A function: for each possible argument whether it is defined there, and what it then is."""

    entries: Mapping[Value, tuple[int, Symbolic]]


@dataclass(frozen=True, slots=True, eq=False)
class Members:
    """A set: for each possible element whether it is in it."""

    members: Mapping[Value, int]


@dataclass(frozen=True, slots=True, eq=False)
class Listed:
    """The set of these values, as far as their conditions are true."""

    items: tuple[tuple[int, Symbolic], ...]


@dataclass(frozen=True, slots=True, eq=False)
class Between:
    """`low..high`."""

    low: Number
    high: Number


@dataclass(frozen=True, slots=True, eq=False)
class SubsetsOf:
    """`SUBSET base`."""

    base: SymbolicSet


@dataclass(frozen=True, slots=True, eq=False)
class FunctionsOf:
    """`[domain -> target]`; the domain as `Members` has it."""

    domain: Mapping[Value, int]
    target: SymbolicSet


@dataclass(frozen=True, slots=True, eq=False)
class RecordsOf:
    """`[a : S, b : T]`."""

    items: Mapping[str, SymbolicSet]


@dataclass(frozen=True, slots=True, eq=False)
class ProductOf:
    """`A \\X B`."""

    items: tuple[SymbolicSet, ...]


@dataclass(frozen=True, slots=True, eq=False)
class SequencesOf:
    """All sequences of at most `bound` elements."""

    element: SymbolicSet
    bound: int


@dataclass(frozen=True, slots=True, eq=False)
class OptionsOf:
    """`None`, and `Some` of each element."""

    element: SymbolicSet


@dataclass(frozen=True, slots=True, eq=False)
class Combined:
    """`left op right`."""

    op: SetOp
    left: SymbolicSet
    right: SymbolicSet


@dataclass(frozen=True, slots=True, eq=False)
class Chosen:
    """One of two sets."""

    condition: int
    yes: SymbolicSet
    no: SymbolicSet


@dataclass(frozen=True, slots=True, eq=False)
class Nowhere:
    """What stands where evaluating always faults, or is never reached: any value."""


NOWHERE = Nowhere()

Described = Between | SubsetsOf | FunctionsOf | RecordsOf | ProductOf | SequencesOf | OptionsOf | Combined | Chosen
SymbolicSet = Members | Listed | Described | Nowhere
Symbolic = Truth | Number | Symbol | Maybe | Row | Fields | Graph | SymbolicSet

_SETS = (
    Members, Listed, Between, SubsetsOf, FunctionsOf, RecordsOf, ProductOf, SequencesOf, OptionsOf, Combined, Chosen,
)  # fmt: skip
_PLAIN = (Members, Listed, Between)


class Symbols:
    """Operations on symbolic values over one table of formulas. Raise OutgrownError where too many cases would have to be told apart."""

    def __init__(self, formulas: Formulas, scope: Scope) -> None:
        self.formulas = formulas
        self.scope = scope
        self._lifted: dict[Any, Symbolic] = {}

    # ---------------------------------------------------------------------------- making constants

    def lifted(self, value: Value) -> Symbolic:
        """Return a value as a symbolic one; of one value always the same."""
        key = _tagged(value)
        found = self._lifted.get(key)
        if found is None:
            found = self._lifted[key] = self._lift(value)
        return found

    def _lift(self, value: Value) -> Symbolic:
        match value:
            case bool():
                return Truth(TRUE if value else FALSE)
            case int():
                return self.number(value)
            case Atom():
                return Symbol(self.formulas.constant(0, 1), (value,))
            case Nothing():
                return Maybe(FALSE, NOWHERE)
            case Some(inner):
                return Maybe(TRUE, self.lifted(inner))
            case Record(fields):
                return Fields({name: self.lifted(item) for name, item in fields})
            case Function(pairs):
                return Graph({argument: (TRUE, self.lifted(item)) for argument, item in pairs})
            case tuple():
                return self.row([self.lifted(item) for item in value])
            case frozenset():
                return Members(dict.fromkeys(ordered(value), TRUE))

    def number(self, value: int) -> Number:
        """Return an integer."""
        return Number(self.formulas.constant(value, width_of(value, value)), value, value)

    def row(self, items: Iterable[Symbolic]) -> Row:
        """Return a tuple or sequence of these items."""
        slots = tuple(items)
        return Row(self.number(len(slots)), slots)

    # ------------------------------------------------------------------------------------ unknowns

    def unknown(self, of: Type, name: str) -> tuple[Symbolic, int]:
        """Return a symbolic value of which nothing is known, and the condition that it is of the type."""
        formulas = self.formulas
        match of:
            case BoolType():
                return Truth(formulas.unknown(name)), TRUE
            case RangeType(low, high):
                return self._unknown_number(name, low, high)
            case EnumType() | SortType() | UnionType():
                return self._unknown_case(list(values_of(of, self.scope)), name)
            case AmongType(values):
                return self._unknown_case(list(values), name)
            case RecordType(fields):
                made = {part: self.unknown(item, f"{name}.{part}") for part, item in fields}
                return Fields({part: item for part, (item, _) in made.items()}), _typed(formulas, made.values())
            case TupleType(items):
                parts = [self.unknown(item, f"{name}[{i}]") for i, item in enumerate(items, 1)]
                return self.row(item for item, _ in parts), _typed(formulas, parts)
            case FunctionType(domain, target):
                self._limit(cardinality(domain, self.scope))
                cases = {v: self.unknown(target, f"{name}[{_label(v)}]") for v in values_of(domain, self.scope)}
                graph = Graph({argument: (TRUE, item) for argument, (item, _) in cases.items()})
                return graph, _typed(formulas, cases.values())
            case SetType(element):
                self._limit(cardinality(element, self.scope))
                elements = values_of(element, self.scope)
                return Members({v: formulas.unknown(f"{_label(v)} in {name}") for v in elements}), TRUE
            case SeqType(element, bound):
                self._limit(bound)
                slots = [self.unknown(element, f"{name}[{i}]") for i in range(1, bound + 1)]
                length, typed = self._unknown_number(f"Len({name})", 0, bound)
                return Row(length, tuple(item for item, _ in slots)), formulas.and_(typed, _typed(formulas, slots))
            case OptionType(element):
                payload, typed = self.unknown(element, f"Get({name})")
                return Maybe(formulas.unknown(f"{name} # None"), payload), typed
            case _:
                assert_never(of)

    def _unknown_number(self, name: str, low: int, high: int) -> tuple[Number, int]:
        formulas = self.formulas
        if low == high:
            return self.number(low), TRUE
        term = formulas.unknown(name, width_of(low, high))
        number = Number(term, low, high)
        bound = [formulas.constant(value, width_of(low, high)) for value in (low, high)]
        inside = formulas.and_(formulas.compared("bvsle", bound[0], term), formulas.compared("bvsle", term, bound[1]))
        return number, inside

    def _unknown_case(self, values: list[Value], name: str) -> tuple[Symbolic, int]:
        """Return one of these values, whichever."""
        formulas = self.formulas
        self._limit(len(values))
        if len(values) == 1:
            return self.lifted(values[0]), TRUE
        width = (len(values) - 1).bit_length()
        code = formulas.unknown(name, width)
        inside = formulas.compared("bvule", code, formulas.constant(len(values) - 1, width))
        if len(values) == 1 << width:
            inside = TRUE
        if all(isinstance(value, Atom) for value in values):
            return Symbol(code, tuple(value for value in values if isinstance(value, Atom))), inside
        return self.selected(code, [self.lifted(value) for value in values]), inside

    def selected(self, code: int, values: list[Symbolic]) -> Symbolic:
        """Return the value at this position; the last one beyond it."""
        result = values[-1]
        for position in range(len(values) - 2, -1, -1):
            here = self.formulas.equal(code, self.formulas.constant(position, self.formulas.width[code]))
            result = self.merged(here, values[position], result)
        return result

    def any_element(self, of: SymbolicSet, name: str) -> tuple[Symbolic, int]:
        """Return a symbolic value of which nothing is known, and the condition that it is in the set."""
        formulas = self.formulas
        match of:
            case Between(low, high):
                if low.low > high.high:
                    return NOWHERE, FALSE
                number, inside = self._unknown_number(name, low.low, high.high)
                return number, formulas.and_(inside, self.contains(of, number))
            case SubsetsOf(base):
                members = {value: (formulas.unknown(f"{_label(value)} in {name}"), there)
                           for value, there in self.elements(base).items()}  # fmt: skip
                return (
                    Members({value: here for value, (here, _) in members.items()}),
                    formulas.all_(formulas.implies(here, there) for here, there in members.values()),
                )
            case FunctionsOf(domain, target):
                made = {v: self.any_element(target, f"{name}[{_label(v)}]") for v in domain}
                return (
                    Graph({v: (domain[v], item) for v, (item, _) in made.items()}),
                    formulas.all_(formulas.implies(domain[v], inside) for v, (_, inside) in made.items()),
                )
            case RecordsOf(fields):
                parts = {part: self.any_element(item, f"{name}.{part}") for part, item in fields.items()}
                return Fields({part: item for part, (item, _) in parts.items()}), _typed(formulas, parts.values())
            case ProductOf(items):
                slots = [self.any_element(item, f"{name}[{i}]") for i, item in enumerate(items, 1)]
                return self.row(item for item, _ in slots), _typed(formulas, slots)
            case _:
                candidates = self.elements(of)
                if not candidates:
                    return NOWHERE, FALSE
                value, inside = self._unknown_case(list(candidates), name)
                which = [formulas.implies(self.equal(value, self.lifted(v)), c) for v, c in candidates.items()]
                return value, formulas.all_((inside, *which))

    def _limit(self, count: int) -> None:
        if count > MAX_CASES:
            raise OutgrownError(f"its obligations tell more than {MAX_CASES:,} cases apart")

    # ------------------------------------------------------------------------------------- numbers

    def widened(self, number: Number, width: int) -> int:
        """Return the number's bit-vector in so many bits."""
        return self.formulas.extended(number.term, width)

    def within(self, term: int, low: int, high: int) -> Number:
        """Return a number of which is known that it lies in the interval; the bit-vector may be wider."""
        return Number(self.formulas.lowest(term, width_of(low, high)), low, high)

    def less(self, left: Number, right: Number, *, or_equal: bool) -> int:
        """Return the formula of `left < right`, or of `left <= right`."""
        if left.high < right.low or (or_equal and left.high == right.low):
            return TRUE
        if left.low > right.high or (not or_equal and left.low == right.high):
            return FALSE
        width = max(self.formulas.width[left.term], self.formulas.width[right.term])
        op = "bvsle" if or_equal else "bvslt"
        return self.formulas.compared(op, self.widened(left, width), self.widened(right, width))

    def count(self, terms: Iterable[int]) -> Number:
        """Return how many of the formulas are true."""
        sums = [self._one_if(term) for term in terms if term != FALSE]
        while len(sums) > 1:
            pairs = [self.added(left, right) for left, right in zip(sums[::2], sums[1::2], strict=False)]
            sums = pairs + sums[len(pairs) * 2 :]
        return sums[0] if sums else self.number(0)

    def _one_if(self, term: int) -> Number:
        number = self.merged(term, self.number(1), self.number(0))
        assert isinstance(number, Number)
        return number

    def added(self, left: Number, right: Number) -> Number:
        """Return the sum."""
        return self._computed("bvadd", left, right, left.low + right.low, left.high + right.high)

    def subtracted(self, left: Number, right: Number) -> Number:
        """Return the difference."""
        return self._computed("bvsub", left, right, left.low - right.high, left.high - right.low)

    def multiplied(self, left: Number, right: Number) -> Number:
        """Return the product."""
        ends = [a * b for a in (left.low, left.high) for b in (right.low, right.high)]
        return self._computed("bvmul", left, right, min(ends), max(ends))

    def _computed(self, op: str, left: Number, right: Number, low: int, high: int) -> Number:
        width = width_of(low, high)
        # Both operands may need more bits than the result: `10 - 9`.
        wide = max(width, self.formulas.width[left.term], self.formulas.width[right.term])
        term = self.formulas.arithmetic(op, self.widened(left, wide), self.widened(right, wide))
        return self.within(term, low, high)

    def divided(self, left: Number, right: Number) -> Number:
        """Return the floor of the quotient; anything where the divisor is 0."""
        largest = max(abs(left.low), abs(left.high))
        remainder = self._remainder(left, right, -max(abs(right.low), abs(right.high)), max(0, right.high))
        exact = self.subtracted(left, remainder)
        return self._computed("bvsdiv", exact, right, -largest - 1, largest + 1)

    def modulo(self, left: Number, right: Number) -> Number:
        """Return the remainder by a positive number; anything where it is not positive."""
        return self._remainder(left, right, 0, max(0, right.high - 1))

    def _remainder(self, left: Number, right: Number, low: int, high: int) -> Number:
        return self._computed("bvsmod", left, right, low, high)

    def negated(self, number: Number) -> Number:
        """Return the number with the other sign."""
        return self.subtracted(self.number(0), number)

    # --------------------------------------------------------------------------- merging, equality

    def merged(self, condition: int, yes: Symbolic, no: Symbolic) -> Symbolic:
        """Return `yes` where the condition is true, else `no`."""
        if yes is no or condition == TRUE or isinstance(no, Nowhere):
            return yes
        if condition == FALSE or isinstance(yes, Nowhere):
            return no
        formulas = self.formulas
        match yes, no:
            case Truth(left), Truth(right):
                return Truth(formulas.ite(condition, left, right))
            case Number(left, low, high), Number(right, other_low, other_high):
                low, high = min(low, other_low), max(high, other_high)
                width = width_of(low, high)
                return Number(
                    formulas.ite(condition, formulas.extended(left, width), formulas.extended(right, width)), low, high
                )
            case Symbol(), Symbol():
                atoms = _joined(yes.atoms, no.atoms)
                return Symbol(formulas.ite(condition, self._recoded(yes, atoms), self._recoded(no, atoms)), atoms)
            case Maybe(here, payload), Maybe(there, other):
                return Maybe(formulas.ite(condition, here, there), self.merged(condition, payload, other))
            case Row(length, slots), Row(other_length, others):
                merged_length = self.merged(condition, length, other_length)
                assert isinstance(merged_length, Number)
                count = max(len(slots), len(others))
                return Row(
                    merged_length,
                    tuple(
                        self.merged(condition, a, b)
                        for a, b in zip(_padded(slots, count), _padded(others, count), strict=True)
                    ),
                )
            case Fields(items), Fields(others_by_name):
                return Fields(
                    {name: self.merged(condition, item, others_by_name[name]) for name, item in items.items()}
                )
            case Graph(entries), Graph(other_entries):
                merged = {}
                for argument in (*entries, *(a for a in other_entries if a not in entries)):
                    d1, v1 = entries.get(argument, (FALSE, NOWHERE))
                    d2, v2 = other_entries.get(argument, (FALSE, NOWHERE))
                    merged[argument] = (formulas.ite(condition, d1, d2), self.merged(condition, v1, v2))
                return Graph(merged)
            case Members(members), Members(other_members):
                values = (*members, *(v for v in other_members if v not in members))
                return Members(
                    {v: formulas.ite(condition, members.get(v, FALSE), other_members.get(v, FALSE)) for v in values}
                )
            case _ if isinstance(yes, _SETS) and isinstance(no, _SETS):
                return Chosen(condition, yes, no)
            case _:
                raise InternalError("values of different kinds are merged")

    def _recoded(self, symbol: Symbol, atoms: tuple[Atom, ...]) -> int:
        """Return the symbol's position among other atoms, of which all of its own are."""
        if symbol.atoms == atoms:
            return symbol.term
        formulas = self.formulas
        width = max(1, (len(atoms) - 1).bit_length())
        places = [atoms.index(atom) for atom in symbol.atoms]
        known = formulas.value(symbol.term)
        if known is not None:
            return formulas.constant(places[min(known, len(places) - 1)], width)
        if places == list(range(len(places))):
            more = width - formulas.width[symbol.term]
            return symbol.term if more == 0 else formulas.padded(symbol.term, width)
        result = formulas.constant(places[-1], width)
        for position, place in enumerate(places[:-1]):
            here = formulas.equal(symbol.term, formulas.constant(position, formulas.width[symbol.term]))
            result = formulas.ite(here, formulas.constant(place, width), result)
        return result

    def equal(self, left: Symbolic, right: Symbolic) -> int:
        """Return the formula of "these are equal"."""
        if left is right:
            return TRUE
        if isinstance(left, Nowhere) or isinstance(right, Nowhere):
            return TRUE
        formulas = self.formulas
        match left, right:
            case Truth(a), Truth(b):
                return formulas.equal(a, b)
            case Number(a, low, high), Number(b, other_low, other_high):
                if high < other_low or other_high < low:
                    return FALSE
                width = max(formulas.width[a], formulas.width[b])
                return formulas.equal(formulas.extended(a, width), formulas.extended(b, width))
            case Symbol(a, atoms), Symbol(b, others):
                if len(others) == 1:
                    return self._is_atom(left, others[0])
                if len(atoms) == 1:
                    return self._is_atom(right, atoms[0])
                joined = _joined(atoms, others)
                return formulas.equal(self._recoded(left, joined), self._recoded(right, joined))
            case Maybe(here, payload), Maybe(there, other):
                same = formulas.equal(here, there)
                if same == FALSE:
                    return FALSE
                both = formulas.and_(here, there)
                if both == FALSE:
                    return same
                return formulas.and_(same, formulas.implies(both, self.equal(payload, other)))
            case Row(length, slots), Row(other_length, others_in_row):
                same = self.equal(length, other_length)
                if same == FALSE:
                    return FALSE
                parts = [same]
                for position, (a_slot, b_slot) in enumerate(zip(slots, others_in_row, strict=False)):
                    there = self.less(self.number(position), length, or_equal=False)
                    if there != FALSE:
                        parts.append(formulas.implies(there, self.equal(a_slot, b_slot)))
                return formulas.all_(parts)
            case Fields(items), Fields(others_by_name):
                return formulas.all_([self.equal(item, others_by_name[name]) for name, item in items.items()])
            case Graph(entries), Graph(other_entries):
                parts = []
                for argument in (*entries, *(a for a in other_entries if a not in entries)):
                    d1, v1 = entries.get(argument, (FALSE, NOWHERE))
                    d2, v2 = other_entries.get(argument, (FALSE, NOWHERE))
                    parts.append(formulas.equal(d1, d2))
                    if formulas.and_(d1, d2) != FALSE:
                        parts.append(formulas.implies(d1, self.equal(v1, v2)))
                return formulas.all_(parts)
            case _ if isinstance(left, _SETS) and isinstance(right, _SETS):
                mine, theirs = self.elements(left), self.elements(right)
                return formulas.all_(
                    [formulas.equal(mine.get(v, FALSE), theirs.get(v, FALSE)) for v in (*mine, *theirs)]
                )
            case _:
                raise InternalError("values of different kinds are compared")

    def _is_atom(self, symbol: Symbol, atom: Atom) -> int:
        """Return the formula of "the symbol is this atom"."""
        if atom not in symbol.atoms:
            return FALSE
        if len(symbol.atoms) == 1:
            return TRUE
        formulas = self.formulas
        code = formulas.constant(symbol.atoms.index(atom), formulas.width[symbol.term])
        return formulas.equal(symbol.term, code)

    # --------------------------------------------------------------------------------------- cases

    def cases(self, value: Symbolic) -> dict[Value, int]:
        """Return every value that this may be, each with the condition that it is that; no two of them are true together."""
        formulas = self.formulas
        match value:
            case Truth(term):
                return _possible({True: term, False: formulas.not_(term)})
            case Number(_, low, high):
                self._limit(high - low + 1)
                return _possible({n: self.equal(value, self.number(n)) for n in range(low, high + 1)})
            case Symbol(_, atoms):
                return _possible({atom: self._is_atom(value, atom) for atom in atoms})
            case Maybe(present, payload):
                found: dict[Value, int] = {NOTHING: formulas.not_(present)}
                if present != FALSE:
                    for inner, here in self.cases(payload).items():
                        found[Some(inner)] = formulas.and_(present, here)
                return _possible(found)
            case Fields(items):
                names = tuple(items)
                return self._product(
                    [self.cases(item) for item in items.values()],
                    lambda chosen: Record(tuple(zip(names, chosen, strict=True))),
                )
            case Row(length, slots):
                rows: dict[Value, int] = {}
                for count in range(max(0, length.low), min(length.high, len(slots)) + 1):
                    exact = self.equal(length, self.number(count))
                    if exact != FALSE:
                        for items_, here in self._product([self.cases(s) for s in slots[:count]], tuple).items():
                            rows[items_] = formulas.and_(exact, here)
                return _possible(rows)
            case Graph(entries):
                options = []
                for argument, (defined, item) in sorted(entries.items(), key=lambda entry: order_key(entry[0])):
                    option: dict[Any, int] = {(): formulas.not_(defined)}
                    if defined != FALSE:
                        option.update(
                            {((argument, v),): formulas.and_(defined, c) for v, c in self.cases(item).items()}
                        )
                    options.append(_possible(option))
                return self._product(
                    options, lambda chosen: Function(tuple(pair for pairs in chosen for pair in pairs))
                )
            case Nowhere():
                return {}
            case _:
                return self.elements(SubsetsOf(value), exactly=value)

    def _product(self, options: list[dict[Any, int]], made: Callable[[tuple[Any, ...]], Value]) -> dict[Value, int]:
        count = 1
        for option in options:
            count *= len(option)
            self._limit(count)
        found: dict[Value, int] = {}
        for chosen in product(*[option.items() for option in options]):
            here = self.formulas.all_([condition for _, condition in chosen])
            if here != FALSE:
                value = made(tuple([part for part, _ in chosen]))
                found[value] = self.formulas.or_(found.get(value, FALSE), here)
        return found

    # ---------------------------------------------------------------------------------------- sets

    def elements(self, of: Symbolic, exactly: SymbolicSet | None = None) -> dict[Value, int]:
        """Return every possible element of a set, each with the condition that it is in it.

        With `exactly`, of which `of` is the powerset: the condition that it *is* that set.
        """
        formulas = self.formulas
        match of:
            case Members(members):
                return {value: here for value, here in members.items() if here != FALSE}
            case Listed(items):
                found: dict[Value, list[int]] = {}
                for condition, item in items:
                    for value, here in self.cases(item).items():
                        found.setdefault(value, []).append(formulas.and_(condition, here))
                self._limit(len(found))
                return _possible({value: formulas.any_(conditions) for value, conditions in found.items()})
            case Between(low, high):
                self._limit(high.high - low.low + 1)
                numbers = range(low.low, high.high + 1)
                return _possible({n: self.contains(of, self.number(n)) for n in numbers})
            case SubsetsOf(base):
                members = self.elements(base)
                choices: list[dict[Any, int]] = [
                    _possible({(): formulas.not_(here) if exactly is not None else TRUE, (value,): here})
                    for value, here in members.items()
                ]
                return self._product(choices, lambda chosen: frozenset(v for values in chosen for v in values))
            case FunctionsOf(domain, target):
                targets = self.elements(target)
                options: list[dict[Any, int]] = []
                for argument in ordered(domain):
                    option: dict[Any, int] = {(): formulas.not_(domain[argument])}
                    for value, here in targets.items():
                        option[((argument, value),)] = formulas.and_(domain[argument], here)
                    options.append(_possible(option))
                return self._product(
                    options, lambda chosen: Function(tuple(pair for pairs in chosen for pair in pairs))
                )
            case RecordsOf(fields):
                names = tuple(fields)
                return self._product(
                    [self.elements(item) for item in fields.values()],
                    lambda chosen: Record(tuple(zip(names, chosen, strict=True))),
                )
            case ProductOf(parts):
                return self._product([self.elements(part) for part in parts], tuple)
            case SequencesOf(element, bound):
                members = self.elements(element)
                rows: dict[Value, int] = {}
                for count in range(bound + 1 if members else 1):
                    rows.update(self._product([members] * count, tuple))
                    self._limit(len(rows))
                return rows
            case OptionsOf(element):
                return {NOTHING: TRUE, **{Some(value): here for value, here in self.elements(element).items()}}
            case Combined(op, left, right):
                return self._combined(op, left, right)
            case Chosen(condition, yes, no):
                mine, theirs = self.elements(yes), self.elements(no)
                return _possible(
                    {v: formulas.ite(condition, mine.get(v, FALSE), theirs.get(v, FALSE)) for v in (*mine, *theirs)}
                )
            case Nowhere():
                return {}
            case _:
                raise InternalError("the elements of what is no set")

    def _combined(self, op: SetOp, left: SymbolicSet, right: SymbolicSet) -> dict[Value, int]:
        formulas = self.formulas
        match op:
            case SetOp.UNION:
                mine, theirs = self.elements(left), self.elements(right)
                return {v: formulas.or_(mine.get(v, FALSE), theirs.get(v, FALSE)) for v in (*mine, *theirs)}
            case SetOp.INTERSECT:
                try:
                    mine, other = self.elements(left), right
                except OutgrownError:  # one side may be too large to enumerate: the other then decides
                    mine, other = self.elements(right), left
                return _possible({v: formulas.and_(c, self.contains(other, self.lifted(v))) for v, c in mine.items()})
            case SetOp.MINUS:
                return _possible(
                    {
                        v: formulas.and_(c, formulas.not_(self.contains(right, self.lifted(v))))
                        for v, c in self.elements(left).items()
                    }
                )
            case _:
                assert_never(op)

    def combined(self, op: SetOp, left: Symbolic, right: Symbolic) -> SymbolicSet:
        """Return `left op right`, element by element where both sides tell theirs."""
        whole = Combined(op, as_set(left), as_set(right))
        return Members(self.elements(whole)) if isinstance(left, _PLAIN) and isinstance(right, _PLAIN) else whole

    def contains(self, of: Symbolic, value: Symbolic) -> int:
        """Return the formula of "the value is in the set"; enumerates as little as the set allows."""
        formulas = self.formulas
        if isinstance(value, Nowhere):
            return FALSE
        match of:
            case Members(members):
                return formulas.any_(
                    [formulas.and_(c, self.equal(value, self.lifted(v))) for v, c in members.items() if c != FALSE]
                )
            case Listed(items):
                return formulas.any_([formulas.and_(c, self.equal(value, item)) for c, item in items if c != FALSE])
            case Between(low, high):
                assert isinstance(value, Number)
                return formulas.and_(self.less(low, value, or_equal=True), self.less(value, high, or_equal=True))
            case SubsetsOf(base):
                return self.included(as_set(value), base)
            case FunctionsOf(domain, target):
                assert isinstance(value, Graph)
                parts = []
                for argument in (*domain, *(a for a in value.entries if a not in domain)):
                    wanted = domain.get(argument, FALSE)
                    defined, item = value.entries.get(argument, (FALSE, NOWHERE))
                    parts.append(formulas.equal(wanted, defined))
                    if wanted != FALSE and defined != FALSE:
                        parts.append(formulas.implies(wanted, self.contains(target, item)))
                return formulas.all_(parts)
            case RecordsOf(fields):
                assert isinstance(value, Fields)
                return formulas.all_([self.contains(item, value.items[name]) for name, item in fields.items()])
            case ProductOf(sets):
                assert isinstance(value, Row)
                exact = self.equal(value.length, self.number(len(sets)))
                slots = _padded(value.slots, len(sets))
                return formulas.all_([exact, *[self.contains(s, v) for s, v in zip(sets, slots, strict=False)]])
            case SequencesOf(element, bound):
                assert isinstance(value, Row)
                return formulas.and_(
                    self.less(value.length, self.number(bound), or_equal=True),
                    self.each_item(value, lambda item: self.contains(element, item)),
                )
            case OptionsOf(element):
                assert isinstance(value, Maybe)
                if value.present == FALSE:
                    return TRUE
                return formulas.implies(value.present, self.contains(element, value.payload))
            case Combined(op, left, right):
                in_left, in_right = self.contains(left, value), self.contains(right, value)
                match op:
                    case SetOp.UNION:
                        return formulas.or_(in_left, in_right)
                    case SetOp.INTERSECT:
                        return formulas.and_(in_left, in_right)
                    case SetOp.MINUS:
                        return formulas.and_(in_left, formulas.not_(in_right))
                    case _:
                        assert_never(op)
            case Chosen(condition, yes, no):
                return formulas.ite(condition, self.contains(yes, value), self.contains(no, value))
            case Nowhere():
                return FALSE
            case _:
                raise InternalError("membership in what is no set")

    def each_item(self, row: Row, condition: Callable[[Symbolic], int]) -> int:
        """Return the formula of "the condition holds of every item of the sequence"."""
        formulas = self.formulas
        parts = []
        for position, slot in enumerate(row.slots):
            there = self.less(self.number(position), row.length, or_equal=False)
            if there != FALSE:
                parts.append(formulas.implies(there, condition(slot)))
        return formulas.all_(parts)

    def included(self, left: SymbolicSet, right: SymbolicSet) -> int:
        """Return the formula of `left \\subseteq right`."""
        formulas = self.formulas
        match left, right:
            case Between(low, high), Between(other_low, other_high):
                nothing = self.less(high, low, or_equal=False)
                inside = formulas.and_(
                    self.less(other_low, low, or_equal=True), self.less(high, other_high, or_equal=True)
                )
                return formulas.or_(nothing, inside)
            case SubsetsOf(base), SubsetsOf(other_base):
                return self.included(base, other_base)
            case OptionsOf(element), OptionsOf(other_element):
                return self.included(element, other_element)
            case Combined(SetOp.UNION, first, second), _:
                return formulas.and_(self.included(first, right), self.included(second, right))
            case Listed(items), _:
                return formulas.all_(
                    [formulas.implies(c, self.contains(right, item)) for c, item in items if c != FALSE]
                )
            case _:
                return formulas.all_(
                    [formulas.implies(c, self.contains(right, self.lifted(v))) for v, c in self.elements(left).items()]
                )

    def size(self, of: SymbolicSet) -> Number:
        """Return how many elements the set has."""
        match of:
            case Between(low, high):
                length = self.added(self.subtracted(high, low), self.number(1))
                zero = self.number(0)
                result = self.merged(self.less(length, zero, or_equal=True), zero, length)
                assert isinstance(result, Number)
                return self.within(result.term, 0, max(0, length.high))
            case SubsetsOf(base):
                count = self.size(base)
                self._limit(1 << min(64, max(0, count.high)))
                return self.table(count, lambda n: self.number(1 << n))
            case _:
                return self.count(self.elements(of).values())

    def table(self, number: Number, result: Callable[[int], Number]) -> Number:
        """Return a function of a number, given value by value."""
        self._limit(number.high - number.low + 1)
        found: Symbolic = NOWHERE
        for n in range(number.high, number.low - 1, -1):
            found = self.merged(self.equal(number, self.number(n)), result(n), found)
        assert isinstance(found, Number)
        return found

    def all_values(self, of: Type) -> SymbolicSet:
        """Return the set of all values of a type."""
        match of:
            case RangeType(low, high):
                return Between(self.number(low), self.number(high))
            case BoolType() | EnumType() | SortType() | UnionType() | AmongType():
                return Members(dict.fromkeys(values_of(of, self.scope), TRUE))
            case RecordType(fields):
                return RecordsOf({name: self.all_values(item) for name, item in fields})
            case TupleType(items):
                return ProductOf(tuple(self.all_values(item) for item in items))
            case FunctionType(domain, target):
                self._limit(cardinality(domain, self.scope))
                return FunctionsOf(dict.fromkeys(values_of(domain, self.scope), TRUE), self.all_values(target))
            case SetType(element):
                return SubsetsOf(self.all_values(element))
            case SeqType(element, bound):
                return SequencesOf(self.all_values(element), bound)
            case OptionType(element):
                return OptionsOf(self.all_values(element))
            case _:
                assert_never(of)

    # --------------------------------------------------------------------------------------- types

    def typed(self, value: Symbolic, of: Type) -> int:
        """Return the formula of "the value is of the type"."""
        formulas = self.formulas
        if isinstance(value, Nowhere):
            return TRUE
        match of:
            case BoolType():
                return TRUE
            case RangeType(low, high):
                assert isinstance(value, Number)
                return formulas.and_(
                    self.less(self.number(low), value, or_equal=True),
                    self.less(value, self.number(high), or_equal=True),
                )
            case EnumType() | SortType() | UnionType():
                assert isinstance(value, Symbol)
                inside = [is_member(atom, of, self.scope) for atom in value.atoms]
                if all(inside):
                    return TRUE
                allowed = [self._is_atom(value, atom) for atom, ok in zip(value.atoms, inside, strict=True) if ok]
                return formulas.any_(allowed)
            case AmongType(values):
                return formulas.any_([self.equal(value, self.lifted(other)) for other in values])
            case RecordType(fields):
                assert isinstance(value, Fields)
                return formulas.all_([self.typed(value.items[name], item) for name, item in fields])
            case TupleType(items):
                assert isinstance(value, Row)
                exact = self.equal(value.length, self.number(len(items)))
                slots = _padded(value.slots, len(items))
                return formulas.all_([exact, *[self.typed(v, t) for v, t in zip(slots, items, strict=False)]])
            case FunctionType(domain, target):
                assert isinstance(value, Graph)
                self._limit(cardinality(domain, self.scope))
                parts = []
                arguments = dict.fromkeys(values_of(domain, self.scope))
                for argument in arguments:
                    defined, item = value.entries.get(argument, (FALSE, NOWHERE))
                    parts += [defined, self.typed(item, target)]
                parts += [formulas.not_(d) for argument, (d, _) in value.entries.items() if argument not in arguments]
                return formulas.all_(parts)
            case SetType(element):
                members = self.elements(value).items()
                return formulas.all_([formulas.not_(c) for v, c in members if not is_member(v, element, self.scope)])
            case SeqType(element, bound):
                assert isinstance(value, Row)
                return formulas.and_(
                    self.less(value.length, self.number(bound), or_equal=True),
                    self.each_item(value, lambda item: self.typed(item, element)),
                )
            case OptionType(element):
                assert isinstance(value, Maybe)
                return formulas.implies(value.present, self.typed(value.payload, element))
            case _:
                assert_never(of)

    def narrowed(self, value: Symbolic, of: Type) -> Symbolic:
        """Return the value, of which is known that it is of the type, in no more bits and cases than the type has."""
        match value, of:
            case Number(term, low, high), RangeType(least, most):
                low, high = max(low, least), min(high, most)
                return NOWHERE if low > high else self.within(term, low, high)
            case Maybe(present, payload), OptionType(element):
                return Maybe(present, self.narrowed(payload, element))
            case Fields(items), RecordType(fields):
                return Fields({name: self.narrowed(items[name], item) for name, item in fields})
            case Row(_, slots), TupleType(types):
                padded = _padded(slots, len(types))
                return self.row(self.narrowed(v, t) for v, t in zip(padded, types, strict=False))
            case Row(length, slots), SeqType(element, bound):
                if length.low > bound:
                    return NOWHERE
                kept = tuple(self.narrowed(slot, element) for slot in slots[:bound])
                return Row(self.within(length.term, length.low, min(length.high, bound)), kept)
            case Graph(entries), FunctionType(domain, target):
                arguments = values_of(domain, self.scope)
                cases = {a: entries.get(a, (FALSE, NOWHERE))[1] for a in arguments}
                return Graph({a: (TRUE, self.narrowed(item, target)) for a, item in cases.items()})
            case _, SetType(element):
                members = self.elements(value)
                return Members({v: c for v, c in members.items() if is_member(v, element, self.scope)})
            case _:
                return value

    # -------------------------------------------------------------------------------------- reading

    def concrete(self, value: Symbolic, found: Mapping[int, int]) -> Value:
        """Return the value that this is where the formulas have these values."""
        match value:
            case Truth(term):
                return bool(found[term])
            case Number(term):
                return signed(found[term], self.formulas.width[term])
            case Symbol(term, atoms):
                return atoms[min(found[term], len(atoms) - 1)]
            case Maybe(present, payload):
                return Some(self.concrete(payload, found)) if found[present] else NOTHING
            case Fields(items):
                return Record(tuple((name, self.concrete(item, found)) for name, item in items.items()))
            case Row(length, slots):
                count = self.concrete(length, found)
                assert isinstance(count, int)
                return tuple(self.concrete(slot, found) for slot in slots[:count])
            case Graph(entries):
                return Function.of(
                    {argument: self.concrete(item, found) for argument, (d, item) in entries.items() if found[d]}
                )
            case Members(members):
                return frozenset(v for v, c in members.items() if found[c])
            case _:
                raise InternalError("a value that no state has")

    def terms(self, value: Symbolic) -> list[int]:
        """Return the formulas that reading the value may ask for."""
        match value:
            case Truth(term) | Number(term) | Symbol(term):
                return [term]
            case Maybe(present, payload):
                return [present, *self.terms(payload)]
            case Fields(items):
                return [term for item in items.values() for term in self.terms(item)]
            case Row(length, slots):
                return [length.term, *[term for slot in slots for term in self.terms(slot)]]
            case Graph(entries):
                return [term for defined, item in entries.values() for term in (defined, *self.terms(item))]
            case Members(members):
                return list(members.values())
            case Nowhere():
                return []
            case _:
                raise InternalError("a value that no state has")

    def told(self, value: Symbolic) -> Symbolic:
        """Return the value, with the sets in it that are only described told element by element."""
        match value:
            case Truth() | Number() | Symbol() | Members() | Nowhere():
                return value
            case Maybe(present, payload):
                return Maybe(present, self.told(payload))
            case Row(length, slots):
                return Row(length, tuple([self.told(slot) for slot in slots]))
            case Fields(items):
                return Fields({name: self.told(item) for name, item in items.items()})
            case Graph(entries):
                return Graph({argument: (defined, self.told(item)) for argument, (defined, item) in entries.items()})
            case _:
                return Members(self.elements(value))


def as_set(value: Symbolic) -> SymbolicSet:
    """Return a value that is a set."""
    if isinstance(value, (*_SETS, Nowhere)):
        return value
    raise InternalError("a set was expected")


def _typed(formulas: Formulas, parts: Iterable[tuple[Symbolic, int]]) -> int:
    return formulas.all_([typed for _, typed in parts])


def _padded(slots: tuple[Symbolic, ...], count: int) -> tuple[Symbolic, ...]:
    return (*slots, *[NOWHERE] * (count - len(slots)))


def _possible(found: Mapping[Any, int]) -> dict[Any, int]:
    """Return the cases that are not impossible."""
    return {value: here for value, here in found.items() if here != FALSE}


def _joined(left: tuple[Atom, ...], right: tuple[Atom, ...]) -> tuple[Atom, ...]:
    """Return the atoms of both; one side's, if it has all of the other's."""
    if left == right:
        return left
    mine, theirs = set(left), set(right)
    if mine >= theirs:
        return left
    return right if theirs >= mine else (*left, *[atom for atom in right if atom not in mine])


def _label(value: Value) -> str:
    return repr(value)


def _tagged(value: Value) -> Any:
    """Return a key that tells values apart that are equal in Python: `True` and `1`."""
    match value:
        case bool():
            return (bool, value)
        case int() | Atom() | Nothing():
            return value
        case Some(inner):
            return (Some, _tagged(inner))
        case Record(fields):
            return (Record, tuple((name, _tagged(item)) for name, item in fields))
        case Function(pairs):
            return (Function, tuple((_tagged(a), _tagged(v)) for a, v in pairs))
        case tuple():
            return (tuple, tuple(_tagged(item) for item in value))
        case frozenset():
            return (frozenset, frozenset(_tagged(item) for item in value))
