"""Which process is meant, by the type of its identifier: in `pc[p]`, and where a local variable is seen from outside."""

from __future__ import annotations

from pluscheck.base.codes import Code
from pluscheck.base.diagnostics import Label
from pluscheck.lang import syntax as s
from pluscheck.lang.declared import DeclaredTypes
from pluscheck.lang.dependencies import Dependencies
from pluscheck.lang.elaborated import (
    Annotations,
    ForeignMeaning,
    PcMeaning,
    ReturnMeaning,
    SingleMeaning,
)
from pluscheck.lang.findings import Findings
from pluscheck.lang.processes import Processes
from pluscheck.lang.scopes import Bound, Scope
from pluscheck.lang.symbols import (
    PC,
    LocalSymbol,
    ProcedureSymbol,
    ProcessSymbol,
    Symbol,
    SymbolTable,
)
from pluscheck.lang.types import (
    FunctionType,
    LabelType,
    Type,
    Unknown,
)
from pluscheck.lang.unify import ERROR
from pluscheck.lang.wording import did_you_mean


class Whose(DeclaredTypes):
    """Program counters, labels and the local variables of processes."""

    def __init__(
        self, table: SymbolTable, known: Dependencies, processes: Processes, findings: Findings, root: str
    ) -> None:
        super().__init__(table, known, findings, root)
        self.processes = processes

    def identifier_type(self, process: s.ProcessDecl) -> Type:
        """Return the type of a process's identifiers; of a single process, ERROR."""
        if process.param is None:
            return ERROR
        symbol = self.table.symbols[process.name.name]
        return self.declared_type(process.param.type, symbol.module)

    def local_type(self, what: LocalSymbol, home: str) -> Type:
        """Return the type of a process's or procedure's variable, as it is seen in its body."""
        return self.declared_type(what.decl.type, home)

    def _foreign(self, expr: s.Name, symbol: Symbol, what: LocalSymbol) -> Type:
        """Return the type of a local variable seen from outside: a function of the process's identifier."""
        value = self.local_type(what, symbol.module)
        owners = self.processes.owners(what)
        if len(owners) != 1:
            told = "no process calls" if not owners else "several processes call"
            self.report(
                Code.AMBIGUOUS_PC,
                f"`{symbol.name}` is {symbol.noun}, which {told}",
                expr.span,
                "whose is not known",
                secondary=[Label(symbol.span, "declared here")],
                help_line=f"write `{symbol.name}[p]` with the process `p` that is meant" if owners else None,
            )
            return ERROR
        owner = owners[0]
        self.mean(expr, ForeignMeaning(symbol.name, owner.name.name))
        return value if owner.param is None else FunctionType(self.identifier_type(owner), value)

    def _program_counter(self, expr: s.Index, scope: Scope) -> Type:
        """Return the type of `pc[p]`, or of `pc[P, p]`: the labels of the process that `p` identifies.

        `P` is that process, where the type of `p` does not tell, or a procedure that it calls, or one after the other.
        """
        candidates = list(self.processes.declarations.values())
        procedure: s.ProcedureDecl | None = None
        for number, arg in enumerate(expr.args[:-1], 1):
            symbol = self._named_by(arg, scope)
            match None if symbol is None else symbol.what:
                case ProcessSymbol(decl) if number == 1:
                    candidates = [decl]
                case ProcedureSymbol(decl) if number == len(expr.args) - 1:
                    callers = [each.name.name for each in self.processes.callers(decl)]
                    candidates = [each for each in candidates if each.name.name in callers]
                    procedure = decl
                case _:
                    return self._no_part(expr, arg)
        arg = expr.args[-1]
        single = self._named_by(arg, scope)
        if single is not None and isinstance(single.what, ProcessSymbol):
            return self._program_counter_of_name(expr, single.what.decl, procedure, candidates)
        return self._program_counter_of(expr, procedure, candidates, scope)

    def _named_by(self, arg: s.Expr, scope: Scope) -> Symbol | None:
        """Return what a name that nothing around it binds is declared as; None for any other expression."""
        if isinstance(arg, s.Name) and scope.look_up(arg.name) is None:
            return self.table.look_up(arg.name, self.at.home)
        return None

    def _no_part(self, expr: s.Index, arg: s.Expr) -> Type:
        """Report what stands before the last argument of `pc[...]` and should not."""
        self.report(
            Code.TYPE_MISMATCH,
            f"before the last argument of `{PC}[...]`, only a process and a procedure can be named, in this order",
            arg.span,
            "neither",
            secondary=[Label(expr.span, "here")],
            help_line=f"`{PC}[p]` is where `p` is; `{PC}[P, p]`, for a procedure `P`, where `p` goes on after `P`",
        )
        return ERROR

    def _counter(
        self, expr: s.Index, process: s.ProcessDecl, procedure: s.ProcedureDecl | None, at: Annotations
    ) -> Type:
        """Annotate whose place is meant; return its type."""
        name = process.name.name
        at.meanings[id(expr)] = PcMeaning(name) if procedure is None else ReturnMeaning(name, procedure.name.name)
        return LabelType(name)

    def _program_counter_of(
        self, expr: s.Index, procedure: s.ProcedureDecl | None, among: list[s.ProcessDecl], scope: Scope
    ) -> Type:
        """Return the type of `pc[p]` for a value `p`."""
        arg = expr.args[-1]
        found = self.type_of(arg, scope)
        candidates = [process for process in among if process.param is not None]
        bound = scope.look_up(arg.name) if isinstance(arg, s.Name) else None
        if isinstance(bound, Bound) and bound.process is not None:
            own = self.processes.declarations[bound.process]
            candidates = [own] if own in candidates else candidates
        owner = self._owner(found, candidates, arg, f"{PC}[...]", expr)
        if owner is None:
            return ERROR
        annotations = self.at.annotations
        if isinstance(owner, s.ProcessDecl):
            return self._counter(expr, owner, procedure, annotations)
        later = self.unifier.fresh_label()

        def answer(known: Type) -> Type:
            process = self._owner(known, candidates, arg, f"{PC}[...]", expr)
            if isinstance(process, s.ProcessDecl):
                return self._counter(expr, process, procedure, annotations)
            return ERROR

        self.unifier.fits(self.when_known(found, expr, answer), later)
        return later

    def _program_counter_of_name(
        self, expr: s.Index, process: s.ProcessDecl, procedure: s.ProcedureDecl | None, among: list[s.ProcessDecl]
    ) -> Type:
        """Return the type of `pc[Name]` for a single process."""
        name, arg = process.name.name, expr.args[-1]
        if process.param is not None:
            self.report(
                Code.TYPE_MISMATCH,
                f"`{name}` has many processes: say which",
                arg.span,
                "this is all of them",
                help_line=f"write `{PC}[{process.param.name.name}]` with an element of the set of its identifiers",
            )
            return ERROR
        if process not in among:
            called = "" if procedure is None else f" that calls `{procedure.name.name}`"
            self.report(
                Code.TYPE_MISMATCH,
                f"`{name}` is not the process{called} that is named before it",
                arg.span,
                "another process",
                secondary=[Label(expr.span, "here")],
            )
            return ERROR
        return self._counter(expr, process, procedure, self.at.annotations)

    def _owner(
        self, of: Type, candidates: list[s.ProcessDecl], arg: s.Expr, what: str, whole: s.Node
    ) -> s.ProcessDecl | Unknown | None:
        """Return the candidate whose processes are identified by values of the type.

        An Unknown if that cannot be told yet; None if there is none or there are several, which is reported.
        """
        if self.resolve(of) == ERROR:
            return None
        typed = [(process, self.identifier_type(process)) for process in candidates]
        fitting = [(p, t) for p, t in typed if t != ERROR and self.unifier.could_fit(of, t)]
        if not fitting:
            fitting = [(p, t) for p, t in typed if t != ERROR and self.unifier.could_join(of, t)]
        if len(fitting) == 1:
            process, identifiers = fitting[0]
            self.unifier.join(of, identifiers)
            return process
        if fitting and self.is_open(of):
            return self.unifier.fresh()
        if not fitting:
            if candidates and any(t == ERROR for _, t in typed):
                return None
            self.report(
                Code.TYPE_MISMATCH,
                f"this is {self.phrase(of)}, which identifies no process",
                arg.span,
                f"this is {self.phrase(of)}",
                secondary=[Label(p.name.span, f"is identified by {self.phrase(t)}") for p, t in typed],
                help_line=None if candidates else "there are no processes with identifiers",
            )
            return None
        self.report(
            Code.AMBIGUOUS_PC,
            f"`{what}` could be of several processes",
            whole.span,
            f"this is {self.phrase(of)}",
            secondary=[Label(p.name.span, f"this process is identified by {self.phrase(t)}") for p, t in fitting],
            help_line="give the processes different types of identifiers",
        )
        return None

    def _shared_local(
        self, expr: s.Index, symbol: Symbol, what: LocalSymbol, owners: tuple[s.ProcessDecl, ...], scope: Scope
    ) -> Type:
        """Return the type of `x[p]` for a procedure's variable that several processes have, each its own."""
        target = expr.target
        single = self._named_by(expr.args[0], scope)
        match None if single is None else single.what:
            case ProcessSymbol(decl) if decl in owners and decl.param is None and len(expr.args) == 1:
                self.mean(expr, SingleMeaning(symbol.name, decl.name.name))
                return self.local_type(what, symbol.module)
            case _:
                pass
        found = self.type_of(expr.args[0], scope)
        candidates = [process for process in owners if process.param is not None]
        owner = self._owner(found, candidates, expr.args[0], f"{symbol.name}[...]", expr)
        at = self.at
        value = self.local_type(what, symbol.module)

        def annotate(process: s.ProcessDecl) -> Type:
            at.annotations.meanings[id(target)] = ForeignMeaning(symbol.name, process.name.name)
            at.annotations.types[id(target)] = FunctionType(self.identifier_type(process), value)
            return self.element_of(at.annotations.types[id(target)], expr.args, [found], target, expr)

        if owner is None or isinstance(owner, s.ProcessDecl):
            return ERROR if owner is None else annotate(owner)

        def answer(known: Type) -> Type:
            process = self._owner(known, candidates, expr.args[0], f"{symbol.name}[...]", expr)
            return annotate(process) if isinstance(process, s.ProcessDecl) else ERROR

        return self.when_known(found, expr, answer)

    def check_labels(self, start: int = 0) -> None:
        """Check the string literals from number `start` on, and forget them: each is a label of the process it is used for."""
        for use in self.label_uses[start:]:
            process = self.resolve(use.type)
            if isinstance(process, LabelType):
                labels = self.processes.labels(process.process)
                if use.name not in labels:
                    saved, self.at = self.at, use.at
                    self.report(
                        Code.UNKNOWN_LABEL,
                        f"process {process.process} has no label `{use.name}`",
                        use.span,
                        "no such label",
                        help_line=did_you_mean(use.name, labels) or "its labels are " + ", ".join(labels),
                    )
                    self.at = saved
            elif process != ERROR and not self.guessing:
                self.untyped(use.span, "it cannot be told of which process this is a label", use.at)
        del self.label_uses[start:]
