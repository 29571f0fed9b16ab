"""A transition system as nodes of one DAG: every variable flattened to scalars, every action instantiated for every choice."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import assert_never

from pluscheck.core.exprs import AllOf, Check, Expr, FaultKind, Site
from pluscheck.core.system import (
    Action,
    Assertion,
    Bind,
    Guard,
    Pick,
    Process,
    Property,
    TransitionSystem,
)
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
)
from pluscheck.core.values import Value
from pluscheck.core.walk import subterms
from pluscheck.ground.dag import FALSE, TRUE, Dag, DagLimitError
from pluscheck.ground.expressions import NO_FAULTS, NO_NAMES, Evaluator, Faults, Names, deep_recursion, too_large
from pluscheck.ground.leaves import Layout, Leaf
from pluscheck.ground.symbolic import Algebra, AtomV, FunctionV, SetTooLargeError, Symbolic

MAX_NODES = 2_000_000
"""The DAG may have at most so many nodes: something under a gigabyte."""

MAX_ACTIONS = 20_000
"""There may be at most so many actions, counting every choice of arguments."""

Arguments = tuple[tuple[str, Value], ...]
"""What was picked, by name, in the order of the action's picks."""


@dataclass(frozen=True, slots=True)
class GroundAction:
    """One action with one choice of arguments.

    `guard`: it is possible and nothing in it faults. `updates`: for each leaf (by position) that changes, the node of its next value,
    which means something only under the guard.
    """

    action: Action
    arguments: Arguments
    guard: int
    updates: Mapping[int, int]


@dataclass(frozen=True, slots=True)
class GroundFault:
    """A step, perhaps with not all its arguments picked yet, that faults at the site if the condition is true."""

    site: Site
    condition: int
    action: Action
    arguments: Arguments


@dataclass(frozen=True, slots=True)
class GroundProperty:
    """A property: `formula` means something where none of the conditions of `faults` is true."""

    property: Property
    formula: int
    faults: Faults


@dataclass(frozen=True, slots=True)
class GroundSystem:
    """A transition system over scalar leaves.

    Conditions of faults exclude each other as far as evaluation stops at the first fault. `stuck`: nothing is possible,
    not even a step that faults. `terminal` is evaluated where the state is stuck. `canonical` is true of the leaves of every state: what does not matter holds its least value.
    A next state that an action's updates describe is canonical and within the leaves' ranges.
    """

    system: TransitionSystem
    dag: Dag
    layout: Layout
    leaves: tuple[Leaf, ...]
    canonical: int
    init: int
    init_faults: Faults
    actions: tuple[GroundAction, ...]
    faults: tuple[GroundFault, ...]
    properties: tuple[GroundProperty, ...]
    stuck: int
    terminal: int
    terminal_faults: Faults
    labels: Mapping[tuple[str, str], int]
    """For each process and label, whether some process of the kind is there."""


def ground(system: TransitionSystem) -> GroundSystem:
    """Return the system as a DAG. Raises SpecError if a type, a set or the whole is too large."""
    with deep_recursion(system.span):
        try:
            return _Grounding(system).result()
        except (DagLimitError, SetTooLargeError):
            raise too_large(system.span, "the transition system grows too large") from None


class _Grounding:
    def __init__(self, system: TransitionSystem) -> None:
        self.system = system
        self.dag = Dag(MAX_NODES)
        roots = list(_roots(system))
        unions, enums = _families(system, roots)
        self.algebra = Algebra(self.dag, system.scope, unions, enums)
        self.layout = Layout(system, self.algebra)
        self.evaluator = Evaluator(
            self.algebra,
            {constant.name: constant.value for constant in system.constants},
            system.operators,
            self.layout.current,
            self.layout.following,
            roots,
        )

    def result(self) -> GroundSystem:
        """Return the ground system."""
        dag, system = self.dag, self.system
        canonical = self.layout.canonical()
        init, init_faults = self._init()
        actions: list[GroundAction] = []
        faults: list[GroundFault] = []
        for action in system.actions:
            self._instantiate(action, actions, faults)
            if len(actions) > MAX_ACTIONS:
                raise too_large(action.span, f"there are more than {MAX_ACTIONS:,} choices of actions and arguments")
        possible = [a.guard for a in actions] + [f.condition for f in faults]
        terminal = FALSE
        terminal_faults: Faults = NO_FAULTS
        if system.terminal is not None:
            terminal, terminal_faults = self.evaluator.truth(system.terminal, NO_NAMES)
        return GroundSystem(
            system=system,
            dag=dag,
            layout=self.layout,
            leaves=tuple(self.layout.leaves),
            canonical=canonical,
            init=dag.and_(canonical, init),
            init_faults=init_faults,
            actions=tuple(actions),
            faults=tuple(faults),
            properties=tuple([self._property(claim) for claim in system.properties]),
            stuck=dag.not_(dag.any_(possible)),
            terminal=terminal,
            terminal_faults=terminal_faults,
            labels={key: node for process in system.processes for key, node in self._labels(process)},
        )

    def _init(self) -> tuple[int, Faults]:
        """Return the formula of initial states, and the faults in evaluating what they are."""
        evaluator, dag = self.evaluator, self.dag
        holds = TRUE
        faults = NO_FAULTS
        for variable in self.system.variables:
            if variable.initial is None:
                continue
            value, more = evaluator.evaluate(variable.initial)
            faults = evaluator.then(faults, evaluator.under(holds, more))
            own = self.layout.current[variable.name]
            here = self.algebra.contains(value, own) if variable.any_of else self.algebra.equal(own, value)
            holds = dag.all_((holds, here, dag.not_(dag.any_(more.values()))))
        for condition in self.system.init:
            node, more = evaluator.truth(condition, NO_NAMES)
            faults = evaluator.then(faults, evaluator.under(holds, more))
            holds = dag.all_((holds, node, dag.not_(dag.any_(more.values()))))
        return holds, faults

    def _instantiate(self, action: Action, actions: list[GroundAction], faults: list[GroundFault]) -> None:
        """Add every choice of arguments of an action, and every way in which one of its steps faults."""
        evaluator, dag = self.evaluator, self.dag
        unfinished: list[tuple[int, Names, Arguments, int]] = [(0, NO_NAMES, (), TRUE)]

        def reached(path: int, more: Faults, arguments: Arguments) -> int:
            """Record faults of what is evaluated on a path; return the path on which nothing faulted."""
            if not more:
                return path
            for site, condition in evaluator.under(path, more).items():
                faults.append(GroundFault(site, condition, action, arguments))
            return dag.and_(path, dag.not_(dag.any_(more.values())))

        while unfinished:
            position, names, arguments, path = unfinished.pop()
            if position == len(action.clauses):
                updates: dict[int, int] = {}
                for update in action.updates:
                    value, more = evaluator.evaluate(update.value, names)
                    path = reached(path, more, arguments)
                    index = self.system.variable_index(update.variable)
                    of = self.system.variables[index].type
                    stored = zip(self.layout.spans[index], self.layout.stored(of, value), strict=True)
                    updates.update((leaf, node) for leaf, node in stored if node != self.layout.leaves[leaf].node)
                if path != FALSE:
                    actions.append(GroundAction(action, arguments, path, updates))
                continue
            clause = action.clauses[position]
            match clause:
                case Pick(name, domain):
                    of_set, more = evaluator.evaluate(domain, names)
                    path = reached(path, more, arguments)
                    try:
                        members = self.algebra.members(of_set)
                    except SetTooLargeError as error:
                        raise too_large(clause.span, f"{error} is too large to choose from") from None
                    if len(unfinished) + len(members) > MAX_ACTIONS:
                        raise too_large(clause.span, f"there are more than {MAX_ACTIONS:,} choices here")
                    for element, inside in reversed(list(members.items())):
                        chosen = dag.and_(path, inside)
                        if chosen != FALSE:
                            bound = names.binding({name: self.algebra.lift(element)})
                            unfinished.append((position + 1, bound, (*arguments, (name, element)), chosen))
                case Guard(condition):
                    node, more = evaluator.truth(condition, names)
                    path = dag.and_(reached(path, more, arguments), node)
                    if path != FALSE:
                        unfinished.append((position + 1, names, arguments, path))
                case Bind(name, value_expr):
                    value, more = evaluator.evaluate(value_expr, names)
                    path = reached(path, more, arguments)
                    if path != FALSE:
                        unfinished.append((position + 1, names.binding({name: value}), arguments, path))
                case Assertion(condition):
                    node, more = evaluator.truth(condition, names)
                    path = reached(path, more, arguments)
                    site = Site(FaultKind.ASSERTION_FAILED, clause.span)
                    path = reached(path, {site: dag.not_(node)} if node != TRUE else {}, arguments)
                    if path != FALSE:
                        unfinished.append((position + 1, names, arguments, path))
                case _:
                    assert_never(clause)

    def _property(self, claim: Property) -> GroundProperty:
        node, faults = self.evaluator.truth(claim.formula, NO_NAMES)
        return GroundProperty(claim, node, faults)

    def _labels(self, process: Process) -> Iterator[tuple[tuple[str, str], int]]:
        """Yield, for each label, whether some process of this kind is there."""
        own = self.layout.current[process.pc]
        counters: list[Symbolic] = [v for _, v in own.entries.values()] if isinstance(own, FunctionV) else [own]
        for label in process.labels:
            here = [self._is_label(counter, label) for counter in counters]
            yield (process.name, label), self.dag.any_(here)

    def _is_label(self, counter: Symbolic, label: str) -> int:
        if not isinstance(counter, AtomV):
            return FALSE
        return self.dag.any_(
            [
                self.dag.eq(counter.node, self.dag.integer(code))
                for code, atom in enumerate(counter.table.atoms)
                if atom.label == label
            ]
        )


def _roots(system: TransitionSystem) -> Iterator[Expr]:
    """Yield every expression of a system but the bodies of operators."""
    for variable in system.variables:
        if variable.initial is not None:
            yield variable.initial
    yield from system.init
    for action in system.actions:
        for clause in action.clauses:
            match clause:
                case Pick(_, domain):
                    yield domain
                case Guard(condition) | Assertion(condition):
                    yield condition
                case Bind(_, value):
                    yield value
                case _:
                    assert_never(clause)
        for update in action.updates:
            yield update.value
    for claim in system.properties:
        yield claim.formula
    if system.terminal is not None:
        yield system.terminal


def _families(system: TransitionSystem, roots: Iterable[Expr]) -> tuple[list[UnionType], list[EnumType]]:
    """Return the unions and enums that the system's types and expressions mention."""
    types: dict[Type, None] = {}
    pending: list[Type] = [variable.type for variable in system.variables]
    pending += [constant.type for constant in system.constants]
    for term in subterms([*roots, *(operator.body for operator in system.operators.values())]):
        match term:
            case AllOf(of) | Check(_, of):
                pending.append(of)
            case _:
                pass
    while pending:
        of = pending.pop()
        if of not in types:
            types[of] = None
            pending.extend(_inner_types(of))
    return [of for of in types if isinstance(of, UnionType)], [of for of in types if isinstance(of, EnumType)]


def _inner_types(of: Type) -> Iterable[Type]:
    match of:
        case BoolType() | RangeType() | EnumType() | SortType() | AmongType():
            return ()
        case UnionType(_, parts):
            return parts
        case RecordType(fields):
            return [item for _, item in fields]
        case TupleType(items):
            return items
        case FunctionType(domain, target):
            return (domain, target)
        case SetType(element) | SeqType(element, _) | OptionType(element):
            return (element,)
        case _:
            assert_never(of)
