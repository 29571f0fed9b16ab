"""Whose identifier is it? No two processes may share one, since `pc[p]` must be one process's place."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import combinations

from pluscheck.base.codes import Code
from pluscheck.base.diagnostics import Label
from pluscheck.lang import syntax as s
from pluscheck.lang.findings import Findings
from pluscheck.lang.processes import Processes
from pluscheck.lang.symbols import EnumSymbol, LiteralSymbol, SortSymbol, SymbolTable, TypeSymbol


@dataclass(frozen=True, slots=True)
class _Range:
    """The integers from `low` to `high`; a bound that depends on constants is not known here, and may be anything."""

    low: int | None
    high: int | None

    def overlaps(self, other: _Range) -> bool:
        """Tell whether an integer may be in both."""
        return not (_is_below(self.high, other.low) or _is_below(other.high, self.low))


def _is_below(high: int | None, low: int | None) -> bool:
    return high is not None and low is not None and high < low


@dataclass(frozen=True, slots=True)
class _Identifiers:
    """What a process's identifiers are: elements of these sorts, these literals, integers of these ranges."""

    names: frozenset[str] = frozenset()
    ranges: tuple[_Range, ...] = ()

    def joined(self, other: _Identifiers) -> _Identifiers:
        """Return the identifiers of either."""
        return _Identifiers(self.names | other.names, self.ranges + other.ranges)

    def shared_with(self, other: _Identifiers) -> str | None:
        """Return in words what may be in both, or None."""
        names = sorted(self.names & other.names)
        if names:
            return "`" + "`, `".join(names) + "`"
        if any(mine.overlaps(theirs) for mine in self.ranges for theirs in other.ranges):
            return "integers"
        return None


def check_identifiers(found: Processes, table: SymbolTable, findings: Findings) -> None:
    """Report processes that may have an identifier in common."""
    identified = [(process.name, process.param) for process in found.declarations.values() if process.param is not None]
    known = {name.name: _identifiers(param.type, table, set()) for name, param in identified}
    for (first, first_param), (second, second_param) in combinations(identified, 2):
        shared = known[first.name].shared_with(known[second.name])
        if shared is not None:
            findings.report(
                Code.OVERLAPPING_PROCESSES,
                f"the processes {first.name} and {second.name} may have the same identifiers",
                second_param.type.span,
                f"{shared} here …",
                secondary=[Label(first_param.type.span, "… and here")],
                help_line="give each process a sort of its own; `type Both == A | B` joins them where either may stand",
            )


def _identifiers(of: s.Expr, table: SymbolTable, seen: set[str]) -> _Identifiers:
    match of:
        case s.Name(name):
            return _of_name(name, table, seen)
        case s.BinaryOp(s.Binary.RANGE, low, high):
            return _Identifiers(ranges=(_Range(_number(low), _number(high)),))
        case s.SetLiteral(items):
            together = _Identifiers()
            for item in items:
                together = together.joined(_of_element(item))
            return together
        case _:
            return _Identifiers()  # what else there may be the checker judges


def _of_element(item: s.Expr) -> _Identifiers:
    if isinstance(item, s.Name):
        return _Identifiers(names=frozenset((item.name,)))
    number = _number(item)
    return _Identifiers() if number is None else _Identifiers(ranges=(_Range(number, number),))


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
