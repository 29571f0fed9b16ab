"""Macros are substituted away before anything else looks at a statement.

As in PlusCal, arguments replace parameters as they stand (so that a parameter may be assigned to), and what a body mentions
beside its parameters is looked up where the macro is used. What a body *binds* (`with`, quantifiers, `LET`) is renamed
where it would capture a name of an argument, or hide one of the place where the macro is used.

Every use gets nodes of its own, since later passes annotate nodes by identity.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from typing import TypeVar, cast

from pluscheck.base.codes import Code
from pluscheck.base.diagnostics import Diagnostic, Label
from pluscheck.base.source import Span
from pluscheck.lang import syntax as s
from pluscheck.lang.cycles import by_way_of, cycles
from pluscheck.lang.findings import Findings
from pluscheck.lang.symbols import BUILTIN_ARITY, PC, SymbolTable, symbol_table
from pluscheck.lang.walk import children, descend, map_children
from pluscheck.lang.wording import counted, did_you_mean

MOST_NODES = 200_000
"""How many nodes of the tree all uses of macros together may become."""

DEEPEST = 256
"""How many blocks, and how many expressions of an argument, may be inside each other after macros are expanded."""

_N = TypeVar("_N", bound=s.Node)


@dataclass(frozen=True, slots=True)
class MacroUse:
    """A place where a macro is used; `inside` is the use whose body it stands in, if it stands in a macro's body."""

    macro: str
    span: Span
    inside: MacroUse | None


@dataclass(slots=True)
class Expansion:
    """A specification without macros, and where each part of it was used that comes from a macro's body."""

    modules: tuple[s.Module, ...]
    uses: dict[int, MacroUse]
    """By the identity of a node's span: each node that comes from a macro's body has a span of its own."""

    def explained(self, diagnostic: Diagnostic) -> Diagnostic:
        """Return the diagnostic; if it is about a macro's body, it also says by which use of the macro."""
        places = [diagnostic.primary.span, *(label.span for label in diagnostic.secondary)]
        use = next((self.uses[id(span)] for span in places if id(span) in self.uses), None)
        if use is None:
            return diagnostic
        labels = [Label(use.span, f"in this use of the macro `{use.macro}`")]
        outermost = use
        while outermost.inside is not None:
            outermost = outermost.inside
        if outermost is not use:
            labels.append(Label(outermost.span, f"by way of this use of the macro `{outermost.macro}`"))
        return replace(diagnostic, secondary=(*diagnostic.secondary, *labels))


class TooMuchError(Exception):
    """Expanding would never end, or nearly so; why has been reported."""


def expand_macros(modules: tuple[s.Module, ...], findings: Findings) -> Expansion:
    """Return the modules (extended ones first) with every use of a macro replaced by its body, and the macros gone.

    What is wrong is reported; a use that makes no sense is left out. Raises TooMuchError, after reporting it, if the
    result would be huge.
    """
    macros = _Macros(modules, findings)
    macros.check_declarations()
    return macros.expansion()


@dataclass(frozen=True, slots=True)
class _Macro:
    """A macro and the module whose macros its body may use."""

    decl: s.MacroDecl
    home: str


@dataclass(frozen=True, slots=True)
class _Place:
    """Where a statement stands: in which module, below which binders, in how many blocks, and by which use of a macro."""

    home: str
    bound: frozenset[str]
    depth: int = 0
    use: MacroUse | None = None

    def inside(self, names: Iterable[s.Ident] = ()) -> _Place:
        """Return the place in a block of a statement that binds the names."""
        return replace(self, bound=self.bound.union(n.name for n in names), depth=self.depth + 1)


class _Macros:
    """The macros of a specification and what is known of its names."""

    def __init__(self, modules: tuple[s.Module, ...], findings: Findings) -> None:
        self._modules = modules
        self._findings = findings
        self._names: SymbolTable = symbol_table(modules, Findings())  # what is wrong with it the checker reports
        self._macros: dict[str, _Macro] = {}
        self._recursive: frozenset[str] = frozenset()
        self._taken: set[str] | None = None
        self._hidden: dict[str, frozenset[str]] = {}
        self._identifiers = frozenset(  # a procedure may mention the identifier of whoever called it
            declaration.param.name.name
            for module in modules
            for declaration in module.declarations
            if isinstance(declaration, s.ProcessDecl) and declaration.param is not None
        )
        self._nodes = 0
        self._uses: dict[int, MacroUse] = {}

    # ----------------------------------------------------------------------------------- declarations

    def check_declarations(self) -> None:
        """Collect the macros, and report what is wrong with them and with their uses."""
        for module in self._modules:
            for declaration in module.declarations:
                if isinstance(declaration, s.MacroDecl):
                    self._declare(declaration, module.name.name)
        for module in self._modules:
            for declaration in module.declarations:
                for node in descend(declaration):
                    if isinstance(node, s.MacroCall):
                        self._check_use(node, module.name.name)
        for macro in self._macros.values():
            self._check_body(macro.decl)
        self._recursive = self._recursive_macros()

    def _declare(self, decl: s.MacroDecl, home: str) -> None:
        name = decl.name.name
        twin = self._macros.get(name)
        symbol = self._names.symbols.get(name)
        if twin is not None:
            self._report_duplicate(decl.name, Label(twin.decl.name.span, f"`{name}` is a macro declared here"))
        elif symbol is not None:
            self._report_duplicate(decl.name, Label(symbol.span, f"`{name}` is {symbol.noun} declared here"))
        elif name in BUILTIN_ARITY or name == PC:
            self._findings.report(
                Code.DUPLICATE_NAME,
                f"`{name}` is built in",
                decl.name.span,
                "declared again here",
                help_line="choose another name",
            )
        if twin is None:
            self._macros[name] = _Macro(decl, home)
        first: dict[str, s.Ident] = {}
        for param in decl.params:
            if param.name in first:
                self._report_duplicate(param, Label(first[param.name].span, "the first of that name"))
            first.setdefault(param.name, param)

    def _report_duplicate(self, name: s.Ident, first: Label) -> None:
        self._findings.report(
            Code.DUPLICATE_NAME,
            f"`{name.name}` is declared twice",
            name.span,
            "declared again here",
            secondary=[first],
            help_line="choose another name for one of them",
        )

    def _check_body(self, decl: s.MacroDecl) -> None:
        """Report labels, which a macro has none of, and bound names that hide a parameter."""
        params = {p.name: p for p in decl.params}
        for node in descend(decl):
            match node:
                case s.Labelled(s.Ident(name) as label):
                    self._findings.report(
                        Code.LABEL_NOT_ALLOWED,
                        f"the label `{name}` stands in a macro",
                        label.span,
                        "no label can stand here",
                        secondary=[Label(decl.name.span, "in this macro")],
                        help_line="a macro is part of one atomic step; what takes several is a `procedure`",
                    )
                case s.While():
                    self._findings.report(
                        Code.LABEL_NOT_ALLOWED,
                        "a `while` needs a label, and no label can stand in a macro",
                        node.span,
                        "this `while`",
                        secondary=[Label(decl.name.span, "in this macro")],
                        help_line="what takes several steps is a `procedure`; what takes one can often be said with a set or a function",
                    )
                case _:
                    for bound in _bound_by(node):
                        if bound.name in params:
                            self._findings.report(
                                Code.SHADOWED_NAME,
                                f"`{bound.name}` is a parameter of the macro already",
                                bound.span,
                                "bound again here",
                                secondary=[Label(params[bound.name].span, "the parameter")],
                                help_line="choose another name",
                            )

    def _macro(self, call: s.MacroCall, home: str) -> _Macro | None:
        """Return the macro that a module calls so, if it sees it and it has as many parameters."""
        macro = self._macros.get(call.macro.name)
        if macro is None or macro.home not in self._names.visible[home] or len(macro.decl.params) != len(call.args):
            return None
        return macro

    def _check_use(self, call: s.MacroCall, home: str) -> None:
        if self._macro(call, home) is not None:
            return
        name = call.macro.name
        macro = self._macros.get(name)
        symbol = self._names.look_up(name, home)
        if macro is not None and macro.home in self._names.visible[home]:
            expected = len(macro.decl.params)
            self._findings.report(
                Code.WRONG_ARGUMENT_COUNT,
                f"the macro `{name}` takes {counted(expected, 'argument')}, not {len(call.args)}",
                call.span,
                f"{counted(len(call.args), 'argument')} given",
                secondary=[Label(macro.decl.name.span, "declared here")],
            )
            return
        if macro is not None:
            told = f"it is declared in module {macro.home}, which {home} does not extend"
        elif symbol is not None:
            told = f"`{name}` is {symbol.noun}; "
            told += (
                "write `call` in front of it"
                if symbol.noun == "a procedure"
                else "only a macro is a statement by itself"
            )
        else:
            seen = [n for n, m in self._macros.items() if m.home in self._names.visible[home]]
            told = did_you_mean(name, seen) or "declare it: " + f"`macro {name}(…) {{ … }}`"
        self._findings.report(
            Code.UNKNOWN_NAME,
            f"there is no macro `{name}` here",
            call.macro.span,
            "unknown macro",
            help_line=told,
        )

    def _recursive_macros(self) -> frozenset[str]:
        """Return the macros that use themselves, directly or not, after reporting each circle."""
        calls = {
            name: {
                node.macro.name: node
                for node in descend(macro.decl)
                if isinstance(node, s.MacroCall) and self._macro(node, macro.home) is not None
            }
            for name, macro in self._macros.items()
        }
        recursive: set[str] = set()
        for cycle in cycles({name: list(used) for name, used in calls.items()}):
            recursive |= set(cycle)
            links = [calls[one][other] for one, other in zip(cycle, [*cycle[1:], cycle[0]], strict=True)]
            labels = [
                Label(link.span, f"`{one}` uses `{link.macro.name}` here")
                for one, link in zip(cycle, links, strict=True)
            ]
            self._findings.report(
                Code.RECURSIVE_MACRO,
                f"the macro `{cycle[0]}` uses itself" + by_way_of(cycle[1:]),
                labels[0].span,
                labels[0].text,
                secondary=labels[1:],
                help_line="macros are substituted, which would never end: use a recursive operator, or a `while`",
            )
        return frozenset(recursive)

    # -------------------------------------------------------------------------------------- expansion

    def expansion(self) -> Expansion:
        """Return the modules without macros."""
        modules = tuple([self._expanded_module(module) for module in self._modules])
        return Expansion(modules, self._uses)

    def _expanded_module(self, module: s.Module) -> s.Module:
        declarations = [
            self._expanded_declaration(declaration, module.name.name)
            for declaration in module.declarations
            if not isinstance(declaration, s.MacroDecl)
        ]
        return replace(module, declarations=tuple(declarations))

    def _expanded_declaration(self, declaration: s.Declaration, home: str) -> s.Declaration:
        match declaration:
            case s.ProcedureDecl():
                return replace(declaration, body=self._block(declaration.body, _Place(home, self._identifiers)))
            case s.ActionDecl(_, params):
                bound = frozenset(p.name.name for p in params)
                return replace(declaration, body=self._block(declaration.body, _Place(home, bound)))
            case s.ProcessDecl(_, param):
                bound = frozenset() if param is None else frozenset((param.name.name,))
                return replace(declaration, body=self._block(declaration.body, _Place(home, bound)))
            case _:
                return declaration

    def _block(self, block: s.Block, at: _Place) -> s.Block:
        expanded: list[s.Labelled] = []
        for labelled in block:
            if isinstance(labelled.statement, s.MacroCall):
                expanded.extend(self._expanded_call(labelled, labelled.statement, at))
            else:
                expanded.append(replace(labelled, statement=self._statement(labelled.statement, at)))
        return tuple(expanded)

    def _statement(self, statement: s.Statement, at: _Place) -> s.Statement:
        match statement:
            case s.IfStatement(_, yes, no):
                return replace(statement, yes=self._block(yes, at.inside()), no=self._block(no, at.inside()))
            case s.Either(branches):
                return replace(statement, branches=tuple([self._block(b, at.inside()) for b in branches]))
            case s.Order(_, parts):
                return replace(statement, parts=tuple([self._block(part, at.inside()) for part in parts]))
            case s.While(_, body):
                return replace(statement, body=self._block(body, at.inside()))
            case s.With(bindings, body):
                return replace(statement, body=self._block(body, at.inside(b.name for b in bindings)))
            case _:
                return statement

    def _expanded_call(self, labelled: s.Labelled, call: s.MacroCall, at: _Place) -> s.Block:
        macro = self._macro(call, at.home)
        if macro is None or macro.decl.name.name in self._recursive or not macro.decl.body:
            return (replace(labelled, statement=s.Skip(span=call.span)),)
        if at.use is not None:
            self._check_depth(call, at)
        use = MacroUse(macro.decl.name.name, call.span, at.use)
        body = self._instance(macro, call, at, use)
        first, *others = self._block(body, _Place(macro.home, at.bound, at.depth + 1, use))
        # Where the call stands is where a step may begin, or should: there is the label, and the place that lacks one.
        return (replace(first, label=labelled.label, span=labelled.span), *others)

    def _check_depth(self, call: s.MacroCall, at: _Place) -> None:
        if at.depth <= DEEPEST and all(not _deeper_than(arg, DEEPEST) for arg in call.args):
            return
        self._give_up(
            Code.NESTED_TOO_DEEPLY, f"macros inside macros nest more than {DEEPEST} levels deep", call, at.use
        )

    def _give_up(self, code: Code, message: str, call: s.MacroCall, use: MacroUse | None) -> None:
        """Report at the use that the user wrote in a process, procedure or action."""
        label = Label(call.span, f"on the way to this use of the macro `{call.macro.name}`")
        outermost = use
        while outermost is not None and outermost.inside is not None:
            outermost = outermost.inside
        if outermost is None:
            self._findings.report(code, message, call.span, "by this use of a macro")
        else:
            self._findings.report(code, message, outermost.span, "by this use of a macro", secondary=[label])
        raise TooMuchError

    # ----------------------------------------------------------------------------------- substitution

    def _instance(self, macro: _Macro, call: s.MacroCall, at: _Place, use: MacroUse) -> s.Block:
        """Return a new copy of the macro's body with the arguments in place of the parameters."""
        params = [p.name for p in macro.decl.params]
        substitution = _Substitution(
            arguments=dict(zip(params, call.args, strict=True)),
            captured=at.bound.union(
                self._hidden_from(macro.home), (name for arg in call.args for name in _mentioned(arg))
            ),
            use=use,
            macros=self,
        )
        return tuple([substitution.copy(labelled, {}) for labelled in macro.decl.body])

    def _hidden_from(self, home: str) -> frozenset[str]:
        """Return the declared names that a module does not see, so that a macro's author need not know of them."""
        if home not in self._hidden:
            visible = self._names.visible[home]
            names = [name for name, symbol in self._names.symbols.items() if symbol.module not in visible]
            self._hidden[home] = frozenset(names)
        return self._hidden[home]

    def count_node(self, use: MacroUse) -> None:
        """Count one more node that a use of a macro has become."""
        self._nodes += 1
        if self._nodes > MOST_NODES:
            call = s.MacroCall(s.Ident(use.macro), (), span=use.span)
            self._give_up(
                Code.SYSTEM_TOO_LARGE, f"the macros' bodies come to more than {MOST_NODES:,} expressions", call, use
            )

    def own_span(self, span: Span, use: MacroUse) -> Span:
        """Return an equal span that is known to come from this use."""
        own = Span(span.source, span.start, span.end)
        self._uses[id(own)] = use
        return own

    def new_name(self, name: str, captured: frozenset[str]) -> str:
        """Return a name like this one that stands nowhere in the specification and is not captured either."""
        if self._taken is None:
            self._taken = {found for module in self._modules for found in _mentioned(module)}
        number = 2
        while f"{name}_{number}" in self._taken or f"{name}_{number}" in captured:
            number += 1
        return f"{name}_{number}"

    def report_no_operator(self, operator: s.Ident, argument: s.Expr) -> None:
        """Report a parameter that is applied, for which something was passed that has no name."""
        self._findings.report(
            Code.NOT_AN_OPERATOR,
            "the macro applies this argument, so that it must be the name of an operator",
            argument.span,
            "not the name of an operator",
            secondary=[Label(operator.span, "applied here")],
        )


_Renamings = Mapping[str, str]
"""New names of what is bound around a node; a bound name that keeps its name is there too, as it hides a parameter."""


@dataclass(frozen=True, slots=True)
class _Substitution:
    """How one use of a macro changes its body. Names that the body binds and that are `captured` are renamed."""

    arguments: Mapping[str, s.Expr]
    captured: frozenset[str]
    use: MacroUse
    macros: _Macros

    def copy(self, node: _N, bound: _Renamings) -> _N:
        """Return a new node with the arguments in place of the parameters."""
        return cast("_N", self._copied(node, bound))  # a node's kind stays, but for an expression in place of a Name

    def _copied(self, node: s.Node, bound: _Renamings) -> s.Node:
        self.macros.count_node(self.use)
        match node:
            case s.Name(name) if name in bound:
                return self._own(replace(node, name=bound[name]))
            case s.Name(name) if name in self.arguments:
                return self._argument(self.arguments[name])
            case s.Apply(operator, args):
                return self._own(
                    replace(
                        node,
                        operator=self._operator(operator, bound),
                        args=tuple([self.copy(arg, bound) for arg in args]),
                    )
                )
            case s.Quantified(_, binders, body):
                inner = self._bind(bound, (n for b in binders for n in b.names))
                return self._own(
                    replace(node, binders=self._binders(binders, bound, inner), body=self.copy(body, inner))
                )
            case s.SetMap(value, binders) | s.FunctionLiteral(binders, value):
                inner = self._bind(bound, (n for b in binders for n in b.names))
                return self._own(
                    replace(node, binders=self._binders(binders, bound, inner), value=self.copy(value, inner))
                )
            case s.Choose(name, domain, body):
                inner = self._bind(bound, [name])
                return self._own(
                    replace(
                        node,
                        name=self._ident(name, inner),
                        domain=self.copy(domain, bound),
                        body=self.copy(body, inner),
                    )
                )
            case s.SetFilter(name, domain, condition):
                inner = self._bind(bound, [name])
                return self._own(
                    replace(
                        node,
                        name=self._ident(name, inner),
                        domain=self.copy(domain, bound),
                        condition=self.copy(condition, inner),
                    )
                )
            case s.Lambda(params, body):
                inner = self._bind(bound, params)
                return self._own(
                    replace(node, params=tuple([self._ident(p, inner) for p in params]), body=self.copy(body, inner))
                )
            case s.Let(definitions, body):
                renamed = []
                for definition in definitions:
                    inner = self._bind(bound, [definition.name])
                    renamed.append(self._definition(definition, bound, inner))
                    bound = inner
                return self._own(replace(node, definitions=tuple(renamed), body=self.copy(body, bound)))
            case s.With(bindings, body):
                changed = []
                for binding in bindings:
                    inner = self._bind(bound, [binding.name])
                    copied = replace(
                        binding, name=self._ident(binding.name, inner), value=self.copy(binding.value, bound)
                    )
                    changed.append(self._own(copied))
                    bound = inner
                return self._own(
                    replace(node, bindings=tuple(changed), body=tuple([self.copy(item, bound) for item in body]))
                )
            case _:
                span = self.macros.own_span(node.span, self.use)
                return map_children(node, lambda child: self._copied(child, bound), span=span)

    def _own(self, node: _N) -> _N:
        return replace(node, span=self.macros.own_span(node.span, self.use))

    def _argument(self, argument: s.Expr) -> s.Expr:
        """Return a new copy of the argument, which keeps its place."""

        def copied(node: s.Node) -> s.Node:
            self.macros.count_node(self.use)
            return map_children(node, copied)

        return cast("s.Expr", copied(argument))

    def _operator(self, operator: s.Ident, bound: _Renamings) -> s.Ident:
        """Return the name that is applied: a parameter stands for another name."""
        argument = None if operator.name in bound else self.arguments.get(operator.name)
        match argument:
            case None:
                return self._own(replace(operator, name=bound.get(operator.name, operator.name)))
            case s.Name(name):
                return replace(operator, name=name)
            case _:
                self.macros.report_no_operator(operator, argument)
                return operator

    def _bind(self, bound: _Renamings, names: Iterable[s.Ident]) -> _Renamings:
        """Return the renamings below a binder of these names."""
        inner = dict(bound)
        for name in names:
            inner[name.name] = (
                self.macros.new_name(name.name, self.captured) if name.name in self.captured else name.name
            )
        return inner

    def _ident(self, name: s.Ident, inner: _Renamings) -> s.Ident:
        return self._own(replace(name, name=inner[name.name]))

    def _binders(self, binders: tuple[s.Binder, ...], bound: _Renamings, inner: _Renamings) -> tuple[s.Binder, ...]:
        return tuple(
            [
                self._own(
                    replace(
                        binder,
                        names=tuple([self._ident(n, inner) for n in binder.names]),
                        domain=self.copy(binder.domain, bound),
                    )
                )
                for binder in binders
            ]
        )

    def _definition(self, definition: s.OperatorDecl, bound: _Renamings, inner: _Renamings) -> s.OperatorDecl:
        """Return a `LET` definition whose name is renamed as in `inner`; its body does not see itself."""
        body = self._bind(bound, (p.name for p in definition.params))
        params = [self._own(replace(p, name=self._ident(p.name, body))) for p in definition.params]
        return self._own(
            replace(
                definition,
                name=self._ident(definition.name, inner),
                params=tuple(params),
                body=self.copy(definition.body, body),
            )
        )


def _bound_by(node: s.Node) -> Iterator[s.Ident]:
    """Yield the names that a node binds itself."""
    match node:
        case s.Binder(names):
            yield from names
        case s.Choose(name) | s.SetFilter(name) | s.WithBinding(name) | s.OperatorDecl(name) | s.OperatorParam(name):
            yield name
        case s.Lambda(params):
            yield from params
        case _:
            return


def _mentioned(node: s.Node) -> Iterator[str]:
    """Yield every identifier in a tree, whatever it is there."""
    return (n.name for n in descend(node) if isinstance(n, s.Name | s.Ident))


def _deeper_than(node: s.Node, limit: int) -> bool:
    """Tell whether more than `limit` nodes are inside each other."""
    pending = [(node, 1)]
    while pending:
        top, depth = pending.pop()
        if depth > limit:
            return True
        pending.extend((child, depth + 1) for child in children(top))
    return False
