"""What declarations mention, without types: cycles, recursion that need not end, and who reads state or the next state.

Names are unambiguous, because nothing may be shadowed; so all this is a matter of which names occur in which bodies.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from itertools import product
from typing import TypeVar, assert_never

from pluscheck.base.codes import Code
from pluscheck.base.diagnostics import Label
from pluscheck.base.source import Span
from pluscheck.lang import syntax as s
from pluscheck.lang.findings import Findings
from pluscheck.lang.symbols import (
    PC,
    ActionSymbol,
    ConstSymbol,
    EnumSymbol,
    LiteralSymbol,
    LocalSymbol,
    OperatorSymbol,
    ProcedureSymbol,
    ProcessSymbol,
    SortSymbol,
    Symbol,
    SymbolTable,
    TypeSymbol,
    VarSymbol,
)
from pluscheck.lang.walk import descend

_T = TypeVar("_T")


@dataclass(frozen=True, slots=True)
class Mention:
    """A name in an expression."""

    name: str
    span: Span


def mentions(tree: s.Node, params: Iterable[s.Ident] = ()) -> list[Mention]:
    """Return each name and each applied operator in an expression, but for those that it, or `params`, bind."""
    found: list[Mention] = []
    bound = {param.name for param in params}
    for node in descend(tree):
        match node:
            case s.Name(name):
                found.append(Mention(name, node.span))
            case s.Apply(operator):
                found.append(Mention(operator.name, operator.span))
            case s.Binder(names) | s.Lambda(names):
                bound.update(name.name for name in names)
            case s.Choose(ident) | s.SetFilter(ident):
                bound.add(ident.name)
            case s.OperatorDecl(ident, own_params):
                bound.add(ident.name)
                bound.update(param.name.name for param in own_params)
    # As nothing may be shadowed, a name that is bound anywhere in it means nothing else in the rest of it.
    return [mention for mention in found if mention.name not in bound]


@dataclass(slots=True)
class Dependencies:
    """Who mentions whom among the declared names.

    `broken` are those that are defined by themselves; `groups` has, for each recursive operator, all operators that it is
    recursive together with. `state` and `primes` say for each operator that mentions state (or the next state), perhaps by way of
    others, where it does. `order` has all names, what is mentioned before who mentions it.
    """

    table: SymbolTable
    mentioned: dict[str, tuple[Mention, ...]] = field(default_factory=dict)
    broken: set[str] = field(default_factory=set)
    groups: dict[str, frozenset[str]] = field(default_factory=dict)
    state: dict[str, Mention] = field(default_factory=dict)
    primes: dict[str, Span] = field(default_factory=dict)
    order: list[str] = field(default_factory=list)

    def is_state(self, name: str) -> bool:
        """Tell whether the name is a variable of any kind, or `pc`."""
        if name == PC:
            return True
        symbol = self.table.symbols.get(name)
        return symbol is not None and isinstance(symbol.what, VarSymbol | LocalSymbol)

    def state_in(self, tree: s.Node, params: Iterable[s.Ident] = ()) -> tuple[Mention, Mention] | None:
        """Return where the expression first depends on the state: the name in it, and the variable in the end.

        The names of `params` are bound around it.
        """
        for mention in mentions(tree, params):
            if self.is_state(mention.name):
                return mention, mention
            if mention.name in self.state:
                return mention, self.state[mention.name]
        return None

    def variables_in(self, tree: s.Node) -> Iterator[tuple[Mention, Mention]]:
        """Yield each variable on which the expression depends: the name in the expression, and the variable's own mention."""
        seen: set[str] = set()
        pending = deque((mention, mention) for mention in mentions(tree))
        while pending:
            here, there = pending.popleft()
            if self.is_state(there.name):
                yield here, there
            elif there.name in self.state and there.name not in seen:
                seen.add(there.name)
                pending.extend((here, mention) for mention in self.mentioned.get(there.name, ()))

    def primes_in(self, tree: s.Node) -> Iterator[tuple[Span, Span | None]]:
        """Yield each place where the expression depends on the next state, and for an operator the prime in it."""
        for node in descend(tree):
            if isinstance(node, s.UnaryOp) and node.op in (s.Unary.PRIME, s.Unary.UNCHANGED):
                yield node.span, None
        if self.primes:
            for mention in mentions(tree):
                if mention.name in self.primes:
                    yield mention.span, self.primes[mention.name]


def _mentioned(symbol: Symbol) -> list[Mention]:
    """Return what must be known before the name can be used: by bodies of operators, by types of variables."""
    match symbol.what:
        case TypeSymbol(decl):
            value = [] if decl.value is None else mentions(decl.value, decl.params)
            return value + [Mention(part.name, part.span) for part in decl.parts]
        case ConstSymbol(decl):
            return mentions(decl.type) + ([] if decl.default is None else mentions(decl.default))
        case VarSymbol(decl, _):
            return mentions(decl.type)
        case LocalSymbol(decl, _):
            return mentions(decl.type)
        case OperatorSymbol(decl, _):
            return mentions(decl.body, [param.name for param in decl.params])
        case SortSymbol() | EnumSymbol() | LiteralSymbol() | ProcedureSymbol() | ProcessSymbol() | ActionSymbol():
            return []
        case what:
            assert_never(what)


def dependencies(table: SymbolTable, findings: Findings) -> Dependencies:
    """Return who mentions whom; cycles (PC211) and recursion that need not end (PC208) are reported."""
    found = Dependencies(table)
    own_primes: dict[str, Span] = {}
    for name, symbol in table.symbols.items():
        declared = [m for m in _mentioned(symbol) if m.name == PC or table.look_up(m.name, symbol.module) is not None]
        found.mentioned[name] = tuple({m.name: m for m in reversed(declared)}.values())
        if isinstance(symbol.what, OperatorSymbol):
            for node in descend(symbol.what.decl.body):
                if isinstance(node, s.UnaryOp) and node.op in (s.Unary.PRIME, s.Unary.UNCHANGED):
                    own_primes.setdefault(name, node.span)
    _propagate(found, own_primes)
    for component in _components(found.mentioned):
        found.order.extend(component)
        if len(component) > 1 or any(m.name == component[0] for m in found.mentioned[component[0]]):
            _judge_cycle(found, component, findings)
    return found


def _propagate(found: Dependencies, own_primes: Mapping[str, Span]) -> None:
    """Fill in `state` and `primes`: from the operators that mention them directly to all their users."""
    users: dict[str, list[str]] = {}
    operators = {n for n, symbol in found.table.symbols.items() if isinstance(symbol.what, OperatorSymbol)}
    for name in operators:
        for mention in found.mentioned[name]:
            if mention.name in operators:
                users.setdefault(mention.name, []).append(name)
            elif found.is_state(mention.name):
                found.state.setdefault(name, mention)
    found.primes.update(own_primes)
    _spread(found.state, users)
    _spread(found.primes, users)


def _spread(known: dict[str, _T], users: Mapping[str, list[str]]) -> None:
    pending = deque(known)
    while pending:
        name = pending.popleft()
        for user in users.get(name, ()):
            if user not in known:
                known[user] = known[name]
                pending.append(user)


def _components(graph: Mapping[str, tuple[Mention, ...]]) -> Iterator[list[str]]:
    """Yield the strongly connected components (Tarjan 1972), with an explicit stack: chains of operators can be long."""
    index: dict[str, int] = {}
    low: dict[str, int] = {}
    stack: list[str] = []
    on_stack: set[str] = set()
    for root in graph:
        if root in index:
            continue
        work: list[tuple[str, Iterator[Mention]]] = [(root, iter(graph[root]))]
        index[root] = low[root] = len(index)
        stack.append(root)
        on_stack.add(root)
        while work:
            name, rest = work[-1]
            following = next(rest, None)
            if following is None:
                work.pop()
                if work:
                    low[work[-1][0]] = min(low[work[-1][0]], low[name])
                if low[name] == index[name]:
                    component = stack[stack.index(name) :] if stack[-1] != name else [name]
                    del stack[-len(component) :]
                    on_stack.difference_update(component)
                    yield component
            elif following.name in graph:
                if following.name not in index:
                    index[following.name] = low[following.name] = len(index)
                    stack.append(following.name)
                    on_stack.add(following.name)
                    work.append((following.name, iter(graph[following.name])))
                elif following.name in on_stack:
                    low[name] = min(low[name], index[following.name])


def _judge_cycle(found: Dependencies, component: list[str], findings: Findings) -> None:
    members = sorted(component, key=list(found.table.symbols).index)
    table = found.table
    operators = [n for n in members if isinstance(table.symbols[n].what, OperatorSymbol)]
    if len(operators) == len(members) and all(n in table.recursive for n in members):
        group = frozenset(members)
        found.groups.update(dict.fromkeys(members, group))
        _judge_recursion(found, members, findings)
        return
    found.broken.update(members)
    if any(isinstance(table.symbols[n].what, VarSymbol | LocalSymbol) for n in members):
        return  # the type of a variable depends on the state: that will be reported
    undeclared = [n for n in members if n not in table.recursive] or members
    first = table.symbols[undeclared[0]]
    path = _path_back(found.mentioned, first.name, set(members))
    told = " mentions ".join(f"`{name}`" for name in (first.name, *(m.name for m in path)))
    secondary = [Label(m.span, f"`{m.name}` is mentioned here") for m in path]
    is_operator = isinstance(first.what, OperatorSymbol) and len(operators) == len(members)
    help_line = None
    if is_operator:
        blanks = "(" + ", ".join("_" for _ in _operator(first).params) + ")" if _operator(first).params else ""
        help_line = f"if it is meant to be recursive, write `RECURSIVE {first.name}{blanks}` before it"
    findings.report(
        Code.CYCLIC_DEFINITION,
        f"`{first.name}` is defined by itself: {told}",
        first.span,
        "this definition needs itself",
        secondary=secondary,
        help_line=help_line,
    )


def _path_back(graph: Mapping[str, tuple[Mention, ...]], start: str, members: set[str]) -> list[Mention]:
    """Return a shortest chain of mentions inside `members` that leads from `start` back to it."""
    came: dict[str, tuple[str, Mention]] = {}
    pending = deque([start])
    while pending:
        name = pending.popleft()
        for mention in graph[name]:
            if mention.name in members and mention.name not in came:
                came[mention.name] = (name, mention)
                pending.append(mention.name)
    path: list[Mention] = []
    at = start
    while not path or at != start:
        at, mention = came[at]
        path.append(mention)
    return path[::-1]


# -------------------------------------------------------------------------------- does recursion end?

_MOST_CHOICES = 10_000


@dataclass(frozen=True, slots=True)
class _Call:
    """A call of one operator of a group in the body of another: the parameters (of the caller) that are smaller, at each argument."""

    caller: str
    callee: str
    smaller: tuple[frozenset[str], ...]
    span: Span


def _operator(symbol: Symbol) -> s.OperatorDecl:
    assert isinstance(symbol.what, OperatorSymbol)
    return symbol.what.decl


def _judge_recursion(found: Dependencies, group: list[str], findings: Findings) -> None:
    """Report the group unless each operator has a parameter that gets visibly smaller in every call within the group."""
    declarations = {name: _operator(found.table.symbols[name]) for name in group}
    calls = [call for decl in declarations.values() for call in _calls(decl, declarations)]
    choices = [range(len(declarations[name].params)) for name in group]
    for number, chosen in enumerate(product(*choices)):
        if number >= _MOST_CHOICES:
            break
        position = dict(zip(group, chosen, strict=True))
        if all(_gets_smaller(call, position, declarations) for call in calls):
            return
    # Of an operator alone, name the call that spoils the best parameter; of several, any call will do.
    spoiling = _spoiling_call(calls, declarations)
    findings.report(
        Code.UNBOUNDED_RECURSION,
        f"it cannot be seen that the recursion of `{spoiling.caller}` ends",
        spoiling.span,
        "no argument of this call is visibly smaller",
        secondary=[Label(declarations[spoiling.caller].name.span, f"`{spoiling.caller}` is declared here")],
        help_line="at one parameter `p`, each recursive call has to pass `p - 1`, `Tail(p)`, `SubSeq(p, 2, ...)` or `p \\ {...}`",
    )


def _gets_smaller(call: _Call, position: Mapping[str, int], declarations: Mapping[str, s.OperatorDecl]) -> bool:
    at = position[call.callee]
    parameter = declarations[call.caller].params[position[call.caller]].name.name
    return at < len(call.smaller) and parameter in call.smaller[at]


def _spoiling_call(calls: list[_Call], declarations: Mapping[str, s.OperatorDecl]) -> _Call:
    def descents(call: _Call) -> int:
        return sum(1 for smaller in call.smaller if smaller & {p.name.name for p in declarations[call.caller].params})

    return min(calls, key=descents)


def _calls(decl: s.OperatorDecl, group: Mapping[str, s.OperatorDecl]) -> Iterator[_Call]:
    """Yield the calls of the group's operators in a body. One that is passed on by its name may be called with anything."""
    definitions: dict[str, s.Expr | None] = {}
    for node in descend(decl.body):
        if isinstance(node, s.OperatorDecl) and not node.params:
            definitions[node.name.name] = None if node.name.name in definitions else node.body
    params = frozenset(p.name.name for p in decl.params if p.arity == 0)
    for node in descend(decl.body):
        match node:
            case s.Apply(operator, args) if operator.name in group:
                smaller = tuple(_smaller_than(arg, params, definitions) for arg in args)
                yield _Call(decl.name.name, operator.name, smaller, node.span)
            case s.Name(name) if name in group:
                yield _Call(decl.name.name, name, (), node.span)


def _smaller_than(
    expr: s.Expr, params: frozenset[str], definitions: Mapping[str, s.Expr | None], *, fuel: int = 20
) -> frozenset[str]:
    """Return the parameters of which the expression is a visibly smaller part."""
    if fuel == 0:
        return frozenset()
    match expr:
        case s.Name(name):
            defined = definitions.get(name)
            return frozenset() if defined is None else _smaller_than(defined, params, definitions, fuel=fuel - 1)
        case s.BinaryOp(s.Binary.SUB, whole, s.Number(value)) if value > 0:
            pass
        case s.BinaryOp(s.Binary.MINUS_SET, whole, _):
            pass
        case s.Apply(s.Ident("Tail"), (whole,)) | s.Apply(s.Ident("SubSeq"), (whole, _, _)):
            pass
        case _:
            return frozenset()
    if isinstance(whole, s.Name) and whole.name in params:
        return frozenset({whole.name})
    return _smaller_than(whole, params, definitions, fuel=fuel - 1)
