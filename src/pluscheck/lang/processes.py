"""Which procedures a process can reach, and which labels it then has."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

from pluscheck.lang import syntax as s
from pluscheck.lang.symbols import LocalSymbol, ProcedureSymbol, ProcessSymbol, SymbolTable
from pluscheck.lang.walk import descend

DONE = "Done"
"""Where a process is after its end."""


@dataclass(frozen=True, slots=True)
class Processes:
    """The processes of a specification, and for each the procedures that it can reach, callees after callers."""

    declarations: Mapping[str, s.ProcessDecl]
    reached: Mapping[str, tuple[s.ProcedureDecl, ...]]
    _labels: dict[str, tuple[str, ...]] = field(default_factory=dict, init=False, repr=False, compare=False)
    """What `labels` has found: each `pc` in a formula asks for it."""

    def identified(self) -> Iterator[s.ProcessDecl]:
        """Yield the processes that have identifiers."""
        return (process for process in self.declarations.values() if process.param is not None)

    def owners(self, what: LocalSymbol) -> tuple[s.ProcessDecl, ...]:
        """Return the processes that have the variable."""
        if isinstance(what.owner, s.ProcessDecl):
            return (what.owner,)
        return self.callers(what.owner)

    def callers(self, procedure: s.ProcedureDecl) -> tuple[s.ProcessDecl, ...]:
        """Return the processes that can reach the procedure."""
        return tuple(
            process
            for name, process in self.declarations.items()
            if any(reached is procedure for reached in self.reached[name])
        )

    def labels(self, process: str) -> tuple[str, ...]:
        """Return the labels at which the process can be."""
        if process not in self._labels:
            bodies = [self.declarations[process].body, *(p.body for p in self.reached[process])]
            found = [
                node.label.name
                for body in bodies
                for statement in body
                for node in descend(statement)
                if isinstance(node, s.Labelled) and node.label is not None
            ]
            self._labels[process] = (*dict.fromkeys(found), DONE)
        return self._labels[process]


def processes(table: SymbolTable) -> Processes:
    """Return the processes that the table has."""
    procedures = {n: s_.what.decl for n, s_ in table.symbols.items() if isinstance(s_.what, ProcedureSymbol)}
    called = {name: _called(decl.body, procedures) for name, decl in procedures.items()}
    declarations = {n: s_.what.decl for n, s_ in table.symbols.items() if isinstance(s_.what, ProcessSymbol)}
    reached = {
        name: tuple(procedures[p] for p in _callers_first(_called(decl.body, procedures), called))
        for name, decl in declarations.items()
    }
    return Processes(declarations, reached)


def _called(body: s.Block, procedures: Mapping[str, s.ProcedureDecl]) -> list[str]:
    """Return the procedures that the body calls itself."""
    found = [
        node.procedure.name
        for statement in body
        for node in descend(statement)
        if isinstance(node, s.Call) and node.procedure.name in procedures
    ]
    return list(dict.fromkeys(found))


def _callers_first(roots: list[str], called: Mapping[str, list[str]]) -> list[str]:
    """Return all that can be reached, callers before callees (a recursive procedure, which is an error, in any order)."""
    finished: list[str] = []
    seen: set[str] = set()
    work: list[tuple[str, Iterator[str]]] = [("", iter(roots))]
    while work:
        name, rest = work[-1]
        following = next(rest, None)
        if following is None:
            work.pop()
            finished.append(name)
        elif following not in seen:
            seen.add(following)
            work.append((following, iter(called[following])))
    return finished[-2::-1]
