"""Faults seeded in pluscheck itself, one at a time: no wrong verdict gets out, but where one part alone is trusted, and then it is named."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

import faulty_parts as parts
from faulty_parts import actions
from pluscheck.base.answers import Answer
from pluscheck.core import exprs as e
from pluscheck.engines.bmc import _Claim
from pluscheck.evidence.verdict import Proved
from pluscheck.ground.dag import FALSE, MOD, TRUE
from pluscheck.ground.runs import Run
from pluscheck.pipeline.engines import ENGINES
from pluscheck.pipeline.evidence import Judged
from pluscheck.report.model import Answer as Told
from seeded_faults import (
    CRASHED,
    METER,
    RELAY,
    UNDECIDED,
    Seeded,
    after,
    always,
    argument,
    around,
    other_args,
    ran,
)

# ---------------------------------------------------------------------------------- ground encoding

GUARDS_DROPPED = Seeded(
    "ground.ground:ground",
    "guards are dropped",
    actions(lambda _, of: [replace(action, guard=TRUE) for action in of]),
)
ACTION_FORGOTTEN = Seeded("ground.ground:ground", "the last action is forgotten", actions(lambda _, of: of[:-1]))
ANY_START = Seeded(
    "ground.ground:ground", "every state is initial", after(lambda system: replace(system, init=system.canonical))
)
LESS_OR_EQUAL = Seeded(
    "ground.dag:Dag.lt",
    "less is less or equal",
    around(lambda original, self, a, b: self.not_(original(self, b, a))),
)
NO_DEADLOCK = Seeded(
    "ground.ground:ground", "nothing is a deadlock", after(lambda s: replace(s, stuck=FALSE)), model="untidy"
)
GROUND = [
    GUARDS_DROPPED,
    ACTION_FORGOTTEN,
    ANY_START,
    LESS_OR_EQUAL,
    Seeded("ground.ground:ground", "an update is forgotten", actions(parts.without_update)),
    Seeded("ground.ground:ground", "what is not assigned is reset", actions(parts.lowest_if_not_assigned)),
    Seeded(
        "ground.ground:ground",
        "one initial state is dropped",
        after(parts.starting_at_three),
        spec=METER,
    ),
    Seeded(
        "ground.ground:ground",
        "deadlock ignores one action",
        after(parts.stuck_but_for_fall),
        spec=METER,
    ),
    NO_DEADLOCK,
    Seeded("ground.ground:ground", "faults of steps are lost", after(lambda s: replace(s, faults=())), model="hasty"),
    Seeded(
        "ground.expressions:_RULES",
        "an implication forgets its left side",
        lambda _: lambda self, expr, names: self.evaluate(expr.right, names),
        key=e.Implies,
    ),
    Seeded(
        "ground.expressions:_RULES",
        "the branches of an if are swapped",
        other_args(lambda self, expr, names: (self, replace(expr, yes=expr.no, no=expr.yes), names)),
        spec=RELAY,
        key=e.Ite,
    ),
    Seeded(
        "ground.expressions:_RULES",
        "a conjunction forgets its last part",
        other_args(lambda self, expr, names: (self, replace(expr, args=expr.args[:-1]), names)),
        key=e.And,
    ),
    Seeded(
        "ground.expressions:_RULES",
        "for all is read as for some",
        lambda _: lambda self, expr, names: self.evaluate(e.Exists(expr.binders, expr.body, span=expr.span), names),
        key=e.Forall,
    ),
    Seeded("ground.expressions:_RULES", "an update is of every argument", around(parts.every_argument), key=e.Update),
    Seeded(
        "ground.expressions:_RULES",
        "the range of what is assigned is not checked",
        lambda _: lambda self, expr, names: self.evaluate(expr.operand, names),
        model="hasty",
        key=e.Check,
    ),
    Seeded(
        "ground.symbolic:Algebra.equal", "options are equal that both have a value", around(parts.options_by_presence)
    ),
    Seeded(
        "ground.predicates:predicates",
        "the next state is the current one",
        after(lambda found: tuple([replace(p, next_node=p.node) for p in found])),
    ),
    Seeded("ground.predicates:symmetries", "an exchange that is no symmetry", around(parts.exchanging_two)),
    Seeded("ground.dag:Dag.ite", "the sides of a choice are swapped", other_args(parts.swapped), seen=CRASHED),
]

# ------------------------------------------------------------------------------- bits, and their clauses

BITS = [
    Seeded("bits.blast:Blaster._sum", "the carry is lost", around(parts.without_carry), CRASHED, spec=METER),
    Seeded("bits.blast:Blaster._less", "operands are swapped", other_args(lambda self, a, b: (self, b, a)), CRASHED),
    Seeded(
        "bits.blast:_result",
        "the remainder is the number",
        around(lambda original, op, a, b: a if op == MOD else original(op, a, b)),
    ),
    Seeded("bits.blast:Blaster.either", "the sides are swapped", other_args(parts.swapped), spec=METER),
    Seeded(
        "bits.circuit:Circuit.iff",
        "equal only where both are true",
        lambda _: lambda self, a, b: self.and_(a, b),
        CRASHED,
    ),
    Seeded("bits.circuit:Circuit.ite", "the sides are swapped", other_args(parts.swapped), CRASHED, spec=METER),
    Seeded(
        "bits.cnf:template",
        "some clauses are lost",
        after(lambda made: replace(made, clauses=made.clauses[: -len(made.clauses) // 4])),
        CRASHED,
    ),
    Seeded("bits.system:_at_most_one", "a scalar may have several values", always(1), CRASHED),
    Seeded(
        "bits.system:_selection",
        "the last action is never chosen",
        after(lambda made: (made[0], (*made[1][:-1], FALSE))),
    ),
    Seeded(
        "bits.unrolling:Unrolling._frame",
        "a step need not be possible",
        after(lambda frame: replace(frame, possible=[])),
        engine="bmc",
    ),
    Seeded(
        "bits.simplest:Simplifier.run",
        "the simplest run is one that ends too early",
        after(lambda run: Run(run.leaves[:-1], run.taken[:-1]) if len(run.taken) > 1 else run),
        engine="bmc",
    ),
    Seeded(
        "bits.unrolling:Unrolling.ask",
        "nothing is ever found",
        around(parts.nothing_found),
        engine="kinduction",
        spec=METER,
    ),
    Seeded("bits.solver:SatSolver.core", "a core misses a literal", after(lambda core: core[:-1])),
]

# ------------------------------------------------------------------------------------------ Z3's terms

SMT = [
    Seeded(
        "smt.unrolling:Unrolling.extend", "a step may lead anywhere", around(parts.without_relation), engine="bmc-z3"
    ),
    Seeded(
        "smt.steps:step_relation",
        "the last scalar of the next state may be anything",
        other_args(lambda system, selector: (replace(system, leaves=system.leaves[:-1]), selector)),
        engine="bmc-z3",
    ),
    Seeded(
        "smt.steps:step_relation",
        "guards are dropped",
        other_args(
            lambda system, selector: (
                replace(system, actions=tuple(replace(action, guard=TRUE) for action in system.actions)),
                selector,
            )
        ),
        engine="bmc-z3",
    ),
    Seeded("smt.terms:Terms._sized", "numbers are cut", around(parts.cut), CRASHED, engine="bmc-z3", spec=METER),
    Seeded(
        "smt.unrolling:Unrolling.run",
        "the run starts a step late",
        after(lambda run: Run(run.leaves[1:], run.taken[1:]) if len(run.taken) > 1 else run),
        engine="bmc-z3",
    ),
    Seeded(
        "smt.spacer:_Spacer._rule",
        "initial states are dropped",
        around(lambda original, *args: None if args[-1] == "initial" else original(*args)),
        CRASHED,
        engine="spacer",
        spec=METER,
    ),
]

# --------------------------------------------------------------------------------------------- engines

STATE_LOST = Seeded("engines.exhaustive:steps", "an action is never taken", around(parts.but_free), engine="exhaustive")
START_LOST = Seeded(
    "engines.exhaustive:initial_states",
    "only one initial state",
    around(parts.first_of),
    engine="exhaustive",
    spec=METER,
)
NEVER_LOOKED_AT = Seeded(
    "engines.exhaustive:holds",
    "properties are taken to hold",
    lambda _: parts.as_claimed,
    engine="exhaustive",
)
ALWAYS_TERMINAL = Seeded(
    "engines.exhaustive:is_terminal", "every state may be the last", always(True), engine="exhaustive", model="untidy"
)
NEGATED = Seeded(
    "engines.bmc:_questions",
    "a violation is asked for where there is none",
    after(lambda questions: [replace(q, node=TRUE) if isinstance(q.asked, _Claim) else q for q in questions]),
    engine="bmc",
)
ENGINES_FAULTS = [
    STATE_LOST,
    START_LOST,
    NEVER_LOOKED_AT,
    ALWAYS_TERMINAL,
    NEGATED,
    Seeded(
        "engines.traces:trace_of",
        "steps lose their arguments",
        after(lambda trace: replace(trace, steps=tuple([replace(step, arguments=()) for step in trace.steps]))),
        engine="bmc",
    ),
    Seeded(
        "engines.exhaustive:_Search._trace", "a run lacks its first step", after(parts.shortened), engine="exhaustive"
    ),
    Seeded(
        "engines.ic3.search:Search._pushed",
        "clauses move forward without relative induction",
        lambda _: lambda self, cube, _level: (cube, self.frame),
        seen=CRASHED,
    ),
    Seeded(
        "engines.ic3.queries:Queries.step_into",
        "no step is ever found into a cube",
        lambda _: lambda _self, cube, _level, **_without: cube,
        seen=CRASHED,
    ),
    Seeded(
        "engines.ic3.queries:_Starts.meets", "clauses are generalised without looking at initial states", always(False)
    ),
    Seeded(
        "engines.ic3.search:Search._next_frame",
        "the first frame is taken as closed",
        around(parts.equal_frames),
        seen=CRASHED,
    ),
    Seeded(
        "engines.ic3.queries:Queries.lifted", "a state is lifted to too much", after(lambda cube: cube[:-1]), UNDECIDED
    ),
    Seeded(
        "engines.ic3.engine:inductive_lemmas",
        "all lemmas are taken to be inductive",
        always(("Never", "Within")),
        spec=RELAY,
        seen=CRASHED,
    ),
    Seeded(
        "engines.kinduction:bounded",
        "induction without its base",
        around(parts.without_base),
        engine="kinduction",
        spec=METER,
    ),
    Seeded(
        "engines.kinduction:_Induction._least_k",
        "one step is always enough",
        always(1),
        engine="kinduction",
        spec=METER,
    ),
    Seeded("engines.invariants:Minimiser.orbits", "a clause is lost", after(lambda orbits: orbits[:-1]), spec=RELAY),
    Seeded("engines.invariants:_Reader._denied", "a clause is told as its opposite", after(e.Not), spec=RELAY),
    Seeded(
        "engines.bdd.search:relation",
        "an action has no image",
        after(lambda made: None if made and made.action.action.name == "Free" else made),
        engine="bdd",
        seen=CRASHED,
    ),
    Seeded(
        "engines.bdd.steps:relation",
        "values that do not depend on the state are not set",
        after(lambda made: made and replace(made, constant=made.guard | ~made.guard)),
        engine="bdd",
        seen=CRASHED,
    ),
    Seeded("engines.bdd.search:certificate", "a conjunct is lost", after(parts.shorter), engine="bdd", spec=RELAY),
]

# -------------------------------------------------------------------- what everybody else believes

LOWER = [
    Seeded(
        "lower.statements:Executor._merge",
        "the else branch is forgotten",
        other_args(lambda self, statement, path: (self, replace(statement, no=()), path)),
        None,
        spec=RELAY,
        trusted="lower",
    ),
    Seeded(
        "lower.statements:_negated",
        "a loop is left where it should go on",
        lambda _: lambda test, _span: test,
        None,
        spec=RELAY,
        trusted="lower",
    ),
    Seeded(
        "lower.statements:Executor._straight",
        "await is forgotten",
        around(parts.without_await),
        None,
        spec=RELAY,
        trusted="lower",
    ),
    Seeded(
        "lower.statements:Executor._updates",
        "the last assignment is lost",
        after(lambda of: of[:-1]),
        None,
        trusted="lower",
    ),
    Seeded("lower.statements:checked", "ranges are not checked", argument(0), model="hasty"),
    Seeded(
        "lower.predicates:PredicateWriter._junct",
        "an invariant is written with the other junction",
        other_args(lambda self, op, args, names: (self, next(j for j in type(op) if j is not op), args, names)),
        spec=RELAY,
    ),
    Seeded(
        "lang.precedence:INFIX",
        "an implication binds tighter than a conjunction",
        lambda _: (4, 4),
        None,
        key="=>",
        trusted="lang",
    ),
]

CORE = [
    Seeded(
        "core.semantics:_after_clause",
        "guards are ignored",
        around(parts.without_guards),
        None,
        engine="exhaustive",
        trusted="core",
    ),
    Seeded(
        "core.evaluator:_comparison",
        "less is never",
        around(lambda original, op, a, b: op is not e.Comparison.LT and original(op, a, b)),
        None,
        engine="exhaustive",
        spec=METER,
        trusted="core",
    ),
    Seeded(
        "core.evaluator:_comparison",
        "less is less or equal",
        around(lambda original, op, a, b: a <= b if op is e.Comparison.LT else original(op, a, b)),
        engine="exhaustive",
        trusted="core",
        seen=None,
    ),
    Seeded("core.semantics:steps", "an action is never taken", around(parts.but_free), UNDECIDED, engine="exhaustive"),
    Seeded(
        "core.semantics:initial_states",
        "only one initial state",
        around(parts.first_of),
        engine="exhaustive",
        spec=METER,
    ),
    Seeded(
        "core.semantics:is_terminal",
        "every state may be the last",
        always(True),
        UNDECIDED,
        engine="exhaustive",
        model="untidy",
    ),
    Seeded(
        "core.semantics:_target",
        "a step changes nothing",
        around(lambda _, _system, _action, setting: setting.state),
        engine="ic3",
    ),
]

PIPELINE = [
    Seeded(
        "pipeline.checking:_answer",
        "a bound is told as a proof",
        after(lambda told: (Told.PROVED, *told[1:]) if told[0] is Told.BOUNDED else told),
        None,
        engine="bmc",
        depth=1,
        trusted="pipeline",
    ),
    Seeded(
        "pipeline.certificates:readable", "an invariant loses a conjunct", around(parts.without_conjunct), spec=RELAY
    ),
]

# --------------------------------------------------------------------- the judge, with a wrong engine

JUDGE = [
    Seeded(
        "certify.obligations:Obligations.of_invariant",
        "consecution is skipped",
        after(lambda made: made[:1]),
        None,
        accomplice=STATE_LOST,
    ),
    Seeded(
        "certify.obligations:Obligations.of_invariant",
        "initiation is skipped",
        after(lambda made: made[1:]),
        None,
        accomplice=START_LOST,
    ),
    Seeded(
        "certify.obligations:Obligations.of_safety", "safety is skipped", always(()), None, accomplice=NEVER_LOOKED_AT
    ),
    Seeded(
        "certify.behaviour:Behaviour.__init__",
        "an action is forgotten",
        around(parts.without_free),
        None,
        accomplice=STATE_LOST,
    ),
    Seeded(
        "certify.behaviour:Behaviour.start",
        "an initial state is dropped",
        around(parts.start_at_three),
        None,
        accomplice=START_LOST,
    ),
    Seeded("certify.behaviour:Behaviour.stuck", "nothing is a deadlock", always(0), None, accomplice=ALWAYS_TERMINAL),
    Seeded(
        "certify.encoding:Encoding._compared",
        "less is less or equal",
        other_args(lambda self, _op, a, b: (self, e.Comparison.LE, a, b)),
        UNDECIDED,
        accomplice=NEVER_LOOKED_AT,
    ),
    Seeded(
        "certify.solvers:z3_reply",
        "Z3's answer is read as unsat",
        always((Answer.UNSAT, {})),
        None,
        accomplice=STATE_LOST,
    ),
    Seeded(
        "certify.reachable:discharged",
        "only the first obligation is discharged",
        other_args(lambda made, of, *rest: (made, of[:1], *rest)),
        None,
        accomplice=STATE_LOST,
    ),
    Seeded(
        "certify.enumeration:Enumeration.closed",
        "consecution is skipped",
        always(None),
        None,
        accomplice=ACTION_FORGOTTEN,
    ),
    Seeded("certify.enumeration:Enumeration.safe", "safety is skipped", always(None), None, accomplice=NO_DEADLOCK),
    Seeded("certify.replay:_replayed", "guards are ignored", around(parts.any_step), None, accomplice=GUARDS_DROPPED),
    Seeded(
        "certify.replay:is_initial", "any state is taken for an initial one", always(True), None, accomplice=ANY_START
    ),
    Seeded(
        "certify.replay:holds",
        "the property is not evaluated",
        lambda _: parts.not_as_claimed,
        None,
        accomplice=NEGATED,
    ),
    Seeded(
        "pipeline.evidence:Judge._by_states",
        "no set is judged",
        lambda _: lambda _self, _name, certificate: Judged(Proved(certificate)),
        None,
        accomplice=STATE_LOST,
    ),
]

FAULTS = [*GROUND, *BITS, *SMT, *ENGINES_FAULTS, *LOWER, *CORE, *PIPELINE]


def name_of(fault: Seeded) -> str:
    return str(fault)


def is_there(fault: Seeded) -> bool:
    return ENGINES[fault.engine].is_there


@pytest.mark.parametrize("fault", [fault for fault in FAULTS if fault.trusted is None], ids=name_of)
def test_no_wrong_verdict_gets_out(fault: Seeded) -> None:
    if not is_there(fault):
        pytest.skip(f"{fault.engine} is not installed")
    found = ran([fault], fault)
    assert found.out_wrong == frozenset()
    assert found.seen is fault.seen


@pytest.mark.parametrize("fault", [fault for fault in FAULTS if fault.trusted is not None], ids=name_of)
def test_a_wrong_verdict_does_get_out_where_a_part_is_trusted(fault: Seeded) -> None:
    assert fault.place.startswith(f"{fault.trusted}.")
    assert ran([fault], fault).out_wrong


@pytest.mark.parametrize("fault", JUDGE, ids=name_of)
def test_a_judge_with_a_fault_needs_a_wrong_engine_to_err(fault: Seeded) -> None:
    assert fault.accomplice is not None
    alone = ran([fault], fault.accomplice)
    assert (alone.out_wrong, alone.seen) == (frozenset(), fault.seen)
    assert ran([fault, fault.accomplice], fault.accomplice).out_wrong
    assert fault.accomplice in FAULTS, "which shows that it is nothing without the judge's fault"


def test_there_are_many_faults_in_every_part() -> None:
    places = [fault.place.split(":")[0] for fault in (*FAULTS, *JUDGE)]
    for part in ("ground", "bits", "smt", "engines", "lower", "core", "certify"):
        assert sum(place.startswith(f"{part}.") for place in places) >= 5, part
    for engine in ("bmc", "ic3", "kinduction", "bdd", "exhaustive"):
        assert any(place.startswith(f"engines.{engine}") for place in places), engine


def test_the_document_names_what_is_trusted() -> None:
    text = (Path(__file__).parents[2] / "docs" / "trust.md").read_text(encoding="utf-8")
    for part in {fault.trusted for fault in FAULTS} - {None}:
        assert f"`{part}`" in text
