"""Names and types: from the modules of a specification to what `pluscheck.lower` reads.

The order: names are declared; cycles are found; each operator is looked at once with unknown argument types; then everything
that has declared types is checked, and with it the operators that are used, for the types that they are used with.
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterable, Iterator
from typing import TypeVar, assert_never

from pluscheck.base.codes import Code
from pluscheck.base.diagnostics import Label
from pluscheck.base.source import Span
from pluscheck.lang import syntax as s
from pluscheck.lang.dependencies import dependencies
from pluscheck.lang.elaborated import BuiltinMeaning, Elaborated, ProcedureInfo, ProcessInfo, TypeMeaning
from pluscheck.lang.findings import Findings
from pluscheck.lang.infer import Inference
from pluscheck.lang.models import IMPLICIT, check_models
from pluscheck.lang.processes import processes
from pluscheck.lang.scopes import Bound, Own, Scope
from pluscheck.lang.session import MOST_NODES_IN_INSTANCES, At, ExhaustedError
from pluscheck.lang.settle import settle
from pluscheck.lang.statements import check_block
from pluscheck.lang.symbols import LocalSymbol, OperatorSymbol, TypeSymbol, VarSymbol, symbol_table
from pluscheck.lang.types import BoolType, FunctionType, Type, UnionType
from pluscheck.lang.unify import ERROR, TypeTooLargeError
from pluscheck.lang.walk import descend
from pluscheck.lang.wording import counted

_D = TypeVar("_D", bound=s.Node)

_FRAMES = 60_000
"""Python frames that the deepest expression needs (see `session.DEEPEST`); they cost no C stack."""


def check(root: s.Module, modules: tuple[s.Module, ...]) -> Elaborated:
    """Return the specification with all names and types found.

    `modules` are all that belong to it, extended ones first and `root` last, with macros expanded. Raises SpecError.
    """
    findings = Findings()
    limit = sys.getrecursionlimit()
    sys.setrecursionlimit(max(limit, _FRAMES))
    try:
        checker = _Checker(root, modules, findings)
        try:
            models = checker.check_all()
        except ExhaustedError:
            models = {}
        findings.raise_if_any()
        elaborated = checker.elaborated(models)
        findings.raise_if_any()
        return elaborated
    finally:
        sys.setrecursionlimit(limit)


class _Checker:
    """The passes over one specification."""

    def __init__(self, root: s.Module, modules: tuple[s.Module, ...], findings: Findings) -> None:
        self._root = root
        self._modules = modules
        self._findings = findings
        self._table = symbol_table(modules, findings)
        self._known = dependencies(self._table, findings)
        self._processes = processes(self._table)
        self._inference = Inference(self._table, self._known, self._processes, findings, root.name.name)
        self._inference.most_nodes_in_instances = MOST_NODES_IN_INSTANCES + sum(
            len(module.span.source.text) for module in modules
        )

    def check_all(self) -> dict[str, s.ModelDecl]:
        """Check everything; return the root module's models."""
        self._declare_types()
        self._check_recursive_declarations()
        self._guess()
        for module in self._modules:
            self._inference.at = At(self._inference.main, module.name.name)
            for declaration in module.declarations:
                try:
                    self._check_declaration(declaration)
                except TypeTooLargeError:
                    self._inference.too_large(declaration.span)
                self._inference.answer_put_off()
        try:
            models = check_models(self._inference, self._root)
        except TypeTooLargeError:
            models = {}
            self._inference.too_large(self._root.name.span)
        for model in models.values():
            self._check_primes(model)
            for entry in model.entries:
                if isinstance(entry, s.ValueEntry):
                    self._check_constant(entry, "the value of a constant")
                elif isinstance(entry, s.NeedsEntry):
                    self._check_constant(entry, "what a model needs")
        self._inference.check_put_off()
        self._inference.check_labels()
        return models

    # -------------------------------------------------------------------------------------- declarations

    def _declare_types(self) -> None:
        """Make unions known before anything is compared."""
        for symbol in self._table.symbols.values():
            if isinstance(symbol.what, TypeSymbol) and symbol.what.decl.parts and not symbol.what.decl.params:
                union = self._inference.named_type(symbol, symbol.what.decl)
                if isinstance(union, UnionType):
                    self._inference.unifier.declare_union(union)
        for symbol in self._table.symbols.values():
            if isinstance(symbol.what, TypeSymbol):
                decl = symbol.what.decl
                try:
                    if decl.params:
                        self._inference.declare_generic(symbol, decl)
                    else:
                        self._inference.named_type(symbol, decl)
                except TypeTooLargeError:
                    self._inference.too_large(symbol.span)
                if decl.value is not None:
                    self._check_constant(decl.value, "a type", decl.params)
                    if decl.is_lock and not self._says_who_holds(decl.value):
                        self._inference.report(
                            Code.BAD_TYPE_DECLARATION,
                            f"{symbol.name} does not say who holds something",
                            decl.value.span,
                            "not a set, an option, a count, or a record of such",
                            help_line="declare it with `type`",
                        )

    def _says_who_holds(self, value: s.Expr) -> bool:
        """Tell whether a type is that of holders: a set, at most one, how many, another lock's, or a record of such, one for each mode."""
        match value:
            case s.UnaryOp(s.Unary.POWERSET) | s.BinaryOp(s.Binary.RANGE):
                return True
            case s.RecordSet(fields):
                return all(self._says_who_holds(field.value) for field in fields)
            case s.Name() | s.Apply():
                match self._inference.main.meanings.get(id(value)):
                    case TypeMeaning(s.TypeDecl(is_lock=is_lock)):
                        return is_lock
                    case BuiltinMeaning(name):
                        return name == "Option"
        return False

    def _check_recursive_declarations(self) -> None:
        for name, declaration in self._table.recursive.items():
            symbol = self._table.symbols.get(name)
            if symbol is None or not isinstance(symbol.what, OperatorSymbol):
                self._findings.report(
                    Code.UNKNOWN_NAME,
                    f"there is no operator `{name}`",
                    declaration.name.span,
                    "declared as recursive, but never defined",
                )
            elif len(symbol.what.decl.params) != declaration.arity:
                self._findings.report(
                    Code.WRONG_ARGUMENT_COUNT,
                    f"`{name}` is declared with {counted(declaration.arity, 'argument')}, "
                    f"but defined with {counted(len(symbol.what.decl.params), 'argument')}",
                    declaration.span,
                    f"{counted(declaration.arity, 'argument')} here",
                    secondary=[Label(symbol.span, f"{counted(len(symbol.what.decl.params), 'argument')} here")],
                )

    def _guess(self) -> None:
        """Look at each operator for what is wrong with it however it is used: callees first, so that they are blamed."""
        with self._inference.only_guessing():
            for name in self._known.order:
                symbol = self._table.symbols[name]
                if isinstance(symbol.what, OperatorSymbol):
                    self._check_nested_primes(symbol.what.decl.body)
                    if symbol.what.property is None and name not in self._known.broken:
                        self._inference.at = At(self._inference.main, symbol.module)
                        self._inference.guess_at(self._inference.template(symbol, symbol.what))

    def _check_declaration(self, declaration: s.Declaration) -> None:
        inference = self._inference
        match declaration:
            case s.ConstDecl():
                self._check_primes(declaration)
                self._check_const(declaration)
            case s.VarDecl():
                self._check_primes(declaration)
                self._check_variable(declaration, Scope(), self._may_come_first(declaration, ()))
            case s.InitDecl(predicate) | s.TerminalDecl(predicate):
                self._check_primes(declaration)
                inference.boolean(predicate, Scope())
            case s.PropertyDecl(kind, name, body):
                if kind is not s.PropertyKind.TRANSITION:
                    self._check_primes(declaration)
                if name.name in IMPLICIT:
                    self._findings.report(
                        Code.DUPLICATE_NAME,
                        f"`{name.name}` is a property that every model has",
                        name.span,
                        "declared again",
                    )
                if name.name not in self._known.broken:
                    inference.boolean(body, Scope())
            case s.ActionDecl(_, params, body):
                self._check_primes(declaration)
                scope = Scope()
                for param in params:
                    self._bind_param(scope, param)
                check_block(inference, body, Scope(scope))
            case s.ProcessDecl():
                self._check_primes(declaration)
                self._check_process(declaration)
            case s.ProcedureDecl():
                self._check_primes(declaration)
                self._check_procedure(declaration)
            case (
                s.SortDecl()
                | s.EnumDecl()
                | s.TypeDecl()
                | s.OperatorDecl()
                | s.RecursiveDecl()
                | s.MacroDecl()
                | s.ModelDecl()
            ):
                pass
            case _:
                assert_never(declaration)

    def _declared_type(self, expr: s.Expr) -> Type:
        found = self._inference.declared_type(expr, self._inference.at.home)
        self._check_constant(expr, "a type")
        return found

    def _bind_param(self, scope: Scope, param: s.Param, *, process: str | None = None) -> None:
        found = self._declared_type(param.type)
        self._inference.bind(scope, param.name, Bound(found, param.name.span, process))

    def _check_const(self, decl: s.ConstDecl) -> None:
        inference = self._inference
        declared = self._declared_type(decl.type)
        if decl.is_switch and not _is_switch(declared):
            inference.report(
                Code.BAD_TYPE_DECLARATION,
                f"a switch is a BOOLEAN or a function to BOOLEAN, but this is {inference.phrase(declared)}",
                decl.type.span,
                "not BOOLEAN in the end",
                help_line="declare it with `const`",
            )
        if decl.default is not None and decl.name.name not in self._known.broken:
            self._check_constant(decl.default, "the value of a constant")
            found = inference.type_of(decl.default, Scope())
            inference.expect(decl.default, found, declared, because=Label(decl.type.span, "its declared type"))

    def _check_variable(self, decl: s.VarDecl, scope: Scope, allowed: Callable[[str], str | None]) -> None:
        """Check a variable's type and initial value; `allowed` says why a name cannot be mentioned in that, or None."""
        inference = self._inference
        declared = self._declared_type(decl.type)
        if decl.initial is None:
            return
        because = Label(decl.type.span, "its declared type")
        if decl.any_of:
            inference.expect(decl.initial, inference.set_of(decl.initial, scope), declared, because=because)
        else:
            inference.expect(decl.initial, inference.type_of(decl.initial, scope), declared, because=because)
        for here, variable in self._known.variables_in(decl.initial):
            why = allowed(variable.name)
            if why is not None:
                self._report_state(
                    here.span, variable.span, f"the initial value of `{decl.name.name}` {why}", variable.name
                )
                return

    def _may_come_first(self, decl: s.VarDecl, own: Iterable[s.VarDecl | s.Param]) -> Callable[[str], str | None]:
        """Return what tells why an initial value cannot mention a variable: variables before it, and `own`, are there."""
        mine = {variable.name.name for variable in own}
        symbol = self._table.symbols.get(decl.name.name)
        last = symbol.what.position if symbol is not None and isinstance(symbol.what, VarSymbol) else sys.maxsize

        def why_not(name: str) -> str | None:
            if name == decl.name.name:
                return "mentions itself"
            mentioned = self._table.symbols.get(name)
            if name in mine or mentioned is None:
                return None if name in mine else f"mentions `{name}`"
            match mentioned.what:
                case VarSymbol(_, position):
                    return None if position < last else f"mentions `{name}`, which is declared after it"
                case LocalSymbol():
                    return f"mentions `{name}`, {mentioned.noun}"
                case _:
                    return None

        return why_not

    def _check_process(self, decl: s.ProcessDecl) -> None:
        outer = Scope()
        if decl.param is not None:
            self._bind_param(outer, decl.param, process=decl.name.name)
        self._check_body(outer, (), decl.locals, decl.body)

    def _check_procedure(self, decl: s.ProcedureDecl) -> None:
        self._check_body(self._scope_of_callers(decl), decl.params, decl.locals, decl.body)

    def _scope_of_callers(self, decl: s.ProcedureDecl) -> Scope:
        """Return the scope outside a procedure: the callers' identifier, if all call it by the same name."""
        params = [process.param for process in self._processes.callers(decl)]
        scope = Scope()
        first = params[0] if params else None
        if first is None or any(param is None or param.name.name != first.name.name for param in params):
            return scope
        together: Type | None = None
        for process in self._processes.callers(decl):
            identifiers = self._inference.identifier_type(process)
            together = identifiers if together is None else self._inference.unifier.join(together, identifiers)
            if together is None:
                return scope
        if together is not None:
            scope.entries[first.name.name] = Bound(together, first.name.span)
        return scope

    def _check_body(
        self, outer: Scope, params: tuple[s.Param, ...], variables: tuple[s.VarDecl, ...], body: s.Block
    ) -> None:
        scope = Scope(outer)
        for param in params:
            scope.entries[param.name.name] = Own(self._declared_type(param.type), param.name.span)
        before: list[s.VarDecl | s.Param] = list(params)
        for variable in variables:
            self._check_variable(variable, scope, self._may_come_first(variable, before))
            before.append(variable)
            taken = outer.look_up(variable.name.name)
            own = Own(self._declared_type(variable.type), variable.name.span)
            if taken is not None:
                self._inference.bind(scope, variable.name, own)
            scope.entries[variable.name.name] = own
        check_block(self._inference, body, Scope(scope))

    # ------------------------------------------------------------------------------- state and next state

    def _check_constant(self, tree: s.Node, what: str, params: Iterable[s.Ident] = ()) -> None:
        found = self._known.state_in(tree, params)
        if found is not None:
            here, variable = found
            self._report_state(here.span, variable.span, f"{what} cannot depend on the state", variable.name)

    def _report_state(self, here: Span, variable: Span, message: str, name: str) -> None:
        self._findings.report(
            Code.STATE_IN_CONSTANT,
            message,
            here,
            "the state is mentioned here" if here == variable else f"this mentions `{name}`",
            secondary=[] if here == variable else [Label(variable, f"`{name}` is mentioned here")],
        )

    def _check_primes(self, tree: s.Node) -> None:
        for here, prime in self._known.primes_in(tree):
            self._findings.report(
                Code.PRIME_NOT_ALLOWED,
                "the next state can only be mentioned in a `transition`",
                here,
                "the next state is mentioned here",
                secondary=[] if prime is None else [Label(prime, "by way of this")],
                help_line="in an action or process, write `x := e`",
            )

    def _check_nested_primes(self, tree: s.Node) -> None:
        for node in descend(tree):
            if isinstance(node, s.UnaryOp) and node.op in (s.Unary.PRIME, s.Unary.UNCHANGED):
                for here, prime in self._known.primes_in(node.operand):
                    self._findings.report(
                        Code.PRIME_NOT_ALLOWED,
                        "primes cannot be nested: there is only one next state",
                        here,
                        "primed inside a prime",
                        secondary=[
                            Label(node.span, "the outer one"),
                            *([Label(prime, "by way of this")] if prime else []),
                        ],
                    )

    # -------------------------------------------------------------------------------------------- results

    def elaborated(self, models: dict[str, s.ModelDecl]) -> Elaborated:
        """Return all that was found, with all types filled in."""
        inference = self._inference
        try:
            settle(inference.main, inference.instances, inference.unifier)
        except TypeTooLargeError:
            inference.too_large(self._root.name.span)
        annotations = inference.main
        return Elaborated(
            root=self._root,
            modules=self._modules,
            annotations=annotations,
            sorts={d.name.name: d for d in self._all(s.SortDecl)},
            enums={d.name.name: d for d in self._all(s.EnumDecl)},
            types={d.name.name: d for d in self._all(s.TypeDecl)},
            constants={d.name.name: d for d in self._all(s.ConstDecl)},
            variables={d.name.name: d for d in self._all(s.VarDecl)},
            inits=tuple(self._all(s.InitDecl)),
            actions=tuple(self._all(s.ActionDecl)),
            processes={
                d.name.name: ProcessInfo(d, tuple(p.name.name for p in self._processes.reached[d.name.name]))
                for d in self._all(s.ProcessDecl)
            },
            procedures={d.name.name: ProcedureInfo(d) for d in self._all(s.ProcedureDecl)},
            properties={d.name.name: d for d in self._all(s.PropertyDecl)},
            terminals=tuple(self._all(s.TerminalDecl)),
            models=models,
        )

    def _all(self, kind: type[_D]) -> Iterator[_D]:
        return (d for module in self._modules for d in module.declarations if isinstance(d, kind))


def _is_switch(declared: Type) -> bool:
    """Tell whether a switch may have the type."""
    while isinstance(declared, FunctionType):
        declared = declared.range
    return declared == ERROR or isinstance(declared, BoolType)
