"""Whose identifier is it? No two processes may share one, since `pc[p]` must be one process's place."""

from __future__ import annotations

from dataclasses import dataclass
from math import inf

from pluscheck.base.codes import Code
from pluscheck.base.diagnostics import Label
from pluscheck.lang import syntax as s
from pluscheck.lang.findings import Findings
from pluscheck.lang.processes import Processes
from pluscheck.lang.symbols import EnumSymbol, LiteralSymbol, SortSymbol, SymbolTable, TypeSymbol


@dataclass(frozen=True, slots=True)
class _Range:
    """The integers from `low` to `high`: infinite where a bound depends on constants, and may be anything."""

    low: float
    high: float


@dataclass(frozen=True, slots=True)
class _Identifiers:
    """What a process's identifiers are: elements of these sorts, these literals, integers of these ranges."""

    names: frozenset[str] = frozenset()
    ranges: tuple[_Range, ...] = ()

    def joined(self, other: _Identifiers) -> _Identifiers:
        """Return the identifiers of either."""
        return _Identifiers(self.names | other.names, self.ranges + other.ranges)


def check_identifiers(found: Processes, table: SymbolTable, findings: Findings) -> None:
    """Report processes that may have an identifier in common."""
    owners: dict[str, s.ProcessDecl] = {}
    ranges: list[tuple[_Range, int, s.ProcessDecl]] = []
    for position, process in enumerate(found.identified()):
        if process.param is not None:
            known = _identifiers(process.param.type, table, set())
            for name in sorted(known.names):
                if owners.setdefault(name, process) is not process:
                    _report(owners[name], process, f"`{name}`", findings)
            ranges.extend((one, position, process) for one in known.ranges)
    ranges.sort(key=lambda item: (item[0].low, item[1]))
    # Whoever overlaps any of the ranges before it overlaps the one of those that goes furthest.
    furthest: tuple[_Range, int, s.ProcessDecl] | None = None
    for item in ranges:
        if furthest is not None and item[0].low <= furthest[0].high and item[2] is not furthest[2]:
            first, second = sorted((furthest, item), key=lambda each: each[1])
            _report(first[2], second[2], "integers", findings)
        if furthest is None or item[0].high > furthest[0].high:
            furthest = item


def _report(first: s.ProcessDecl, second: s.ProcessDecl, shared: str, findings: Findings) -> None:
    if first.param is not None and second.param is not None:
        findings.report(
            Code.OVERLAPPING_PROCESSES,
            f"the processes {first.name.name} and {second.name.name} may have the same identifiers",
            second.param.type.span,
            f"{shared} here …",
            secondary=[Label(first.param.type.span, "… and here")],
            help_line="give each process a sort of its own; `type Both == A | B` joins them where either may stand",
        )


def _identifiers(of: s.Expr, table: SymbolTable, seen: set[str]) -> _Identifiers:
    match of:
        case s.Name(name):
            return _of_name(name, table, seen)
        case s.BinaryOp(s.Binary.RANGE, low, high):
            return _Identifiers(ranges=(_range(low, high),))
        case s.SetLiteral(items):
            together = _Identifiers()
            for item in items:
                together = together.joined(_of_element(item))
            return together
        case _:
            return _Identifiers()  # what else there may be the checker judges


def _range(low: s.Expr, high: s.Expr) -> _Range:
    least, most = _number(low), _number(high)
    return _Range(-inf if least is None else least, inf if most is None else most)


def _of_element(item: s.Expr) -> _Identifiers:
    if isinstance(item, s.Name):
        return _Identifiers(names=frozenset((item.name,)))
    number = _number(item)
    return _Identifiers() if number is None else _Identifiers(ranges=(_range(item, item),))


def _of_name(name: str, table: SymbolTable, seen: set[str]) -> _Identifiers:
    if name in seen or name not in table.symbols:
        return _Identifiers()
    seen.add(name)
    match table.symbols[name].what:
        case SortSymbol() | LiteralSymbol():
            return _Identifiers(names=frozenset((name,)))
        case EnumSymbol(decl):
            return _Identifiers(names=frozenset(literal.name for literal in decl.literals))
        case TypeSymbol(s.TypeDecl(_, (), value, parts)):
            together = _Identifiers() if value is None else _identifiers(value, table, seen)
            for part in parts:
                together = together.joined(_of_name(part.name, table, seen))
            return together
        case _:
            return _Identifiers()


def _number(expr: s.Expr) -> int | None:
    match expr:
        case s.Number(value):
            return value
        case s.UnaryOp(s.Unary.NEG, s.Number(value)):
            return -value
        case _:
            return None
