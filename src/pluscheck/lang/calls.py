"""Operators and their instances: the body is checked once for each combination of argument types."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from pluscheck.base.codes import Code
from pluscheck.base.diagnostics import Label
from pluscheck.base.source import Span
from pluscheck.lang import syntax as s
from pluscheck.lang.dependencies import Dependencies
from pluscheck.lang.elaborated import Annotations, Instance, OperatorArgumentMeaning, OperatorMeaning
from pluscheck.lang.findings import Findings
from pluscheck.lang.scopes import Bound, LocalOperator, OperatorParameter, Scope, Template
from pluscheck.lang.session import At, Session, Use
from pluscheck.lang.symbols import BUILTIN_ARITY, OperatorSymbol, Symbol, SymbolTable
from pluscheck.lang.types import Type, Unknown
from pluscheck.lang.unify import ERROR
from pluscheck.lang.wording import counted

_Key = tuple[int, tuple[Type | None, ...], tuple[tuple[str, int], ...]]


@dataclass(frozen=True, slots=True)
class _Arguments:
    """The arguments of one use: types of values (None where the parameter is an operator), and operators by parameter.

    An operator is None where it is not known, in an operator that nobody uses.
    """

    types: tuple[Type | None, ...]
    operators: dict[str, Template | None]


class Calls(Session):
    """Uses of operators."""

    def __init__(self, table: SymbolTable, known: Dependencies, findings: Findings, root: str) -> None:
        super().__init__(table, known, findings, root)
        self.instances: list[Instance] = []
        self._cache: dict[_Key, Instance] = {}
        self._unsettled: set[int] = set()
        self._in_progress: dict[int, list[tuple[Instance, _Arguments]]] = {}
        self._templates: dict[str, Template] = {}
        # Templates are compared by identity: keep them all, so that no two ever have the same.
        self._kept: list[Template] = []

    @abstractmethod
    def type_of(self, expr: s.Expr, scope: Scope) -> Type:
        """Return the type of an expression, and annotate it."""

    @contextmanager
    def discarding_instances(self) -> Iterator[None]:
        """Forget the instances made inside: what is found with unknown argument types is no use elsewhere."""
        kept = self.instances, self._cache, self._unsettled
        self.instances, self._cache, self._unsettled = [], {}, set()
        try:
            yield
        finally:
            self.instances, self._cache, self._unsettled = kept

    # --------------------------------------------------------------------------------------- templates

    def template(self, symbol: Symbol, what: OperatorSymbol) -> Template:
        """Return the template of an operator declared at top level."""
        found = self._templates.get(symbol.name)
        if found is None:
            found = Template(symbol.name, what.decl, Scope(), symbol.module, is_local=False)
            self._templates[symbol.name] = found
        return found

    def keep(self, template: Template) -> Template:
        """Return the template, which stays alive as long as the session."""
        self._kept.append(template)
        return template

    def _builtin_template(self, name: str) -> Template:
        """Return a built-in operator as what it is short for: `LAMBDA x : Len(x)`."""
        found = self._templates.get(name)
        if found is None:
            params = tuple(s.Ident(f"x{i}") for i in range(1, BUILTIN_ARITY[name] + 1))
            body = s.Apply(s.Ident(name), tuple(s.Name(p.name) for p in params))
            found = Template(name, s.Lambda(params, body), Scope(), self.at.home, is_local=False)
            self._templates[name] = found
        return found

    def _operator_argument(self, arg: s.Expr, param: s.OperatorParam, scope: Scope) -> Template | None:
        """Return the operator that is passed; None, with nothing reported, where it is not known. Raises _BadArgument."""
        if isinstance(arg, s.Lambda):
            template: Template | None = self.keep(Template("LAMBDA", arg, scope, self.at.home, is_local=True))
        elif isinstance(arg, s.Name):
            entry = scope.look_up(arg.name)
            symbol = self.table.look_up(arg.name, self.at.home)
            if isinstance(entry, LocalOperator):
                template = entry.template
            elif isinstance(entry, OperatorParameter):
                template = entry.template
                if template is None:
                    return None
            elif entry is None and symbol is not None and isinstance(symbol.what, OperatorSymbol):
                if symbol.name in self.known.broken:
                    raise _BadArgumentError
                template = self.template(symbol, symbol.what)
            elif entry is None and symbol is None and arg.name in BUILTIN_ARITY:
                template = self._builtin_template(arg.name)
            elif entry is None and symbol is None:
                self.unknown_name(arg.name, arg.span, scope)
                raise _BadArgumentError
            else:
                template = None
        else:
            template = None
        if template is None:
            self.report(
                Code.NOT_AN_OPERATOR,
                f"an operator with {counted(param.arity, 'argument')} is expected here",
                arg.span,
                "this is no operator",
                secondary=[Label(param.span, f"`{param.name.name}` is an operator")],
                help_line="pass the name of an operator, or a `LAMBDA`",
            )
            raise _BadArgumentError
        if len(template.params) != param.arity or any(p.arity for p in template.params):
            self.report(
                Code.WRONG_ARGUMENT_COUNT,
                f"an operator with {counted(param.arity, 'argument')} is expected here, "
                f"but `{template.name}` has {counted(len(template.params), 'argument')}",
                arg.span,
                f"takes {counted(len(template.params), 'argument')}",
                secondary=[Label(param.span, "declared here")],
            )
            raise _BadArgumentError
        return template

    # -------------------------------------------------------------------------------------------- uses

    def apply_template(self, template: Template, node: s.Name | s.Apply, scope: Scope) -> Type:
        """Return the type of an operator applied at `node`, and record its instance there."""
        args = node.args if isinstance(node, s.Apply) else ()
        params = template.params
        if len(args) != len(params):
            for arg in args:
                if not isinstance(arg, s.Lambda):
                    self.type_of(arg, scope)
            self.wrong_count(node.span, template.name, len(params), len(args), template.span)
            return ERROR
        types: list[Type | None] = []
        operators: dict[str, Template | None] = {}
        bad = False
        for arg, param in zip(args, params, strict=True):
            if param.arity == 0:
                found = self.type_of(arg, scope)
                types.append(found)
                bad = bad or self.resolve(found) == ERROR
            else:
                types.append(None)
                try:
                    operators[param.name.name] = self._operator_argument(arg, param, scope)
                except _BadArgumentError:
                    bad = True
        if bad or (not template.is_local and template.name in self.known.broken):
            return ERROR
        instance = self._instance(template, _Arguments(tuple(types), operators), node, args)
        if instance is None:
            return self.unifier.fresh()
        self.at.annotations.meanings[id(node)] = OperatorMeaning(instance)
        for arg, param in zip(args, params, strict=True):
            if param.arity and isinstance(arg, s.Name) and param.name.name in instance.arguments:
                bound_to = instance.arguments[param.name.name]
                passed_on = isinstance(scope.look_up(arg.name), OperatorParameter)
                self.at.annotations.meanings[id(arg)] = (
                    OperatorArgumentMeaning(bound_to) if passed_on else OperatorMeaning(bound_to)
                )
        return instance.result

    def apply_parameter(self, parameter: OperatorParameter, node: s.Apply, scope: Scope) -> Type:
        """Return the type of an operator parameter applied at `node`."""
        name = node.operator.name
        types = [self.type_of(arg, scope) for arg in node.args]
        if len(types) != parameter.arity:
            self.wrong_count(node.span, name, parameter.arity, len(types), parameter.span)
            return ERROR
        if parameter.template is None:
            return self.unifier.fresh()
        if any(self.resolve(t) == ERROR for t in types):
            return ERROR
        instance = self._instance(parameter.template, _Arguments(tuple(types), {}), node, node.args)
        if instance is None:
            return self.unifier.fresh()
        parameter.instances.setdefault(name, instance)
        self.at.annotations.meanings[id(node)] = OperatorArgumentMeaning(instance)
        return instance.result

    def wrong_count(self, span: Span, name: str, expected: int, given: int, declared: Span | None) -> None:
        """Report a use with the wrong number of arguments."""
        self.report(
            Code.WRONG_ARGUMENT_COUNT,
            f"`{name}` takes {counted(expected, 'argument')}, but is given {counted(given, 'argument')}",
            span,
            f"given {counted(given, 'argument')}",
            secondary=[Label(declared, "declared here")] if declared is not None else [],
        )

    # --------------------------------------------------------------------------------------- instances

    def _instance(
        self, template: Template, given: _Arguments, node: s.Node, args: tuple[s.Expr, ...]
    ) -> Instance | None:
        """Return the operator's instance for these arguments; None where they are not known well enough to look."""
        running = self._in_progress.get(id(template.decl))
        if running:
            return self._recursive_use(template, given, node, args, *running[-1])
        settled = not any(t is not None and bool(self.unifier.unknowns(t)) for t in given.types)
        if self.guessing and (not settled or None in given.operators.values()):
            return None
        key: _Key = (
            id(template) if template.is_local else id(template.decl),
            tuple([t if t is None else self.unifier.zonk(t) for t in given.types]) if settled else (),
            tuple([(name, id(operator)) for name, operator in given.operators.items()]),
        )
        if settled and key in self._cache:
            return self._cache[key]
        if self.guessing and key[0] in self._unsettled:
            return None
        instance = self.instantiate(template, given.types, given.operators, node.span)
        if settled and not self.unifier.unknowns(instance.result):
            self._cache[key] = instance
        else:
            self._unsettled.add(key[0])
        return instance

    def instantiate(
        self,
        template: Template,
        types: tuple[Type | None, ...],
        operators: dict[str, Template | None],
        use: Span | None,
    ) -> Instance:
        """Return a new instance: the body checked for these arguments. `use` is None where nobody uses it."""
        result = self.unifier.fresh()
        bound: dict[str, Instance] = {}
        instance = Instance(
            name=template.name,
            decl=template.decl,
            param_types=types,
            result=result,
            annotations=Annotations(),
            arguments=bound,
            is_local=template.is_local or any(o is not None and o.is_local for o in operators.values()),
            is_recursive=not template.is_local and template.name in self.known.groups,
        )
        self.instances.append(instance)
        saved = self.at
        shown = template.name if isinstance(template.decl, s.OperatorDecl) else "this LAMBDA"
        uses = saved.uses if use is None else (*saved.uses, Use(shown, use))
        self.at = At(instance.annotations, template.home, uses)
        scope = Scope(template.scope)
        for param, param_type in zip(template.params, types, strict=True):
            if param_type is not None:
                self.bind(scope, param.name, Bound(param_type, param.name.span))
            else:
                operator = operators[param.name.name]
                self.bind(scope, param.name, OperatorParameter(operator, param.arity, param.name.span, bound))
        first_question = len(self.put_off)
        running = self._in_progress.setdefault(id(template.decl), []) if instance.is_recursive else []
        running.append((instance, _Arguments(types, operators)))
        try:
            found = self.type_of(template.decl.body, scope)
            if instance.is_recursive:
                self._close_recursion(template, result, found)
            else:
                instance.result = found
            self.answer_put_off(first_question)
        finally:
            running.pop()
            self.at = saved
        return instance

    def _close_recursion(self, template: Template, assumed: Unknown, found: Type) -> None:
        """Make the result of the recursive uses that of the body."""
        if not self.unifier.fits(found, assumed):
            self.mismatch(
                template.decl.body.span,
                found,
                assumed,
                because=Label(template.span, "its recursive uses need another type"),
            )

    def _recursive_use(
        self,
        template: Template,
        given: _Arguments,
        node: s.Node,
        args: tuple[s.Expr, ...],
        instance: Instance,
        outer: _Arguments,
    ) -> Instance:
        """Return the instance that is being checked: a recursive use has the same argument types, and passes operators on."""
        for param, passed in given.operators.items():
            if passed is not outer.operators[param]:
                self.report(
                    Code.TYPE_MISMATCH,
                    f"a recursive use of `{template.name}` passes `{param}` on as it is",
                    node.span,
                    "passes another operator",
                )
        for arg, actual, expected in zip(args, given.types, outer.types, strict=True):
            if actual is not None and expected is not None:
                self.expect(
                    arg,
                    actual,
                    expected,
                    because=Label(template.span, "a recursive use has the same types of arguments"),
                )
        return instance


class _BadArgumentError(Exception):
    """An operator argument is not one; that has been reported."""
