"""A protection is said to have prevented a run only if the run's steps, each taken as soon as it is possible, end well with it."""

from __future__ import annotations

from pluscheck.report.because import because
from stories import LOCKS, told

PAGES = """module Pages
extends Mutex
enum Task == { p, q }
switch LockOnce : BOOLEAN == TRUE
switch Serial : BOOLEAN == TRUE
var page : Mutex(Task) = MutexFree
var file : Mutex(Task) = MutexFree
process Work(self \\in Task) {
  File:   if (Serial) { mutex_lock(file, self); };
  First:  mutex_lock(page, self); if (LockOnce) { goto Back; };
  Second: mutex_lock(page, self);
  Back:   mutex_unlock(page, self);
          if (Serial) { mutex_unlock(file, self); };
}
model m { LockOnce = FALSE; Serial = FALSE; expect deadlock violated; }
"""


def test_what_keeps_a_step_from_being_taken_but_not_the_end_from_coming_is_not_named() -> None:
    found = told(PAGES, "deadlock")
    once, serial = found.protections
    assert (serial.switch, serial.number) == ("Serial", None)
    assert (once.switch, once.action, once.diverts) == ("LockOnce", "Work.First", True)
    assert not any("Serial" in sentence for sentence in because(found))
    (said,) = [sentence for sentence in because(found) if "LockOnce" in sentence]
    assert "would have gone another way, since LockOnce = TRUE" in said


LOST = """module Lost
enum Task == { p, q }
switch Recheck : BOOLEAN == TRUE
var x : 0..2 = 0
process Work(self \\in Task)
  var seen : 0..2 = 0;
{
  Read:   seen := x;
  Commit: if (Recheck /\\ x # seen) { goto Read; } else { x := IF seen < 2 THEN seen + 1 ELSE 2; };
  Leave:  skip;
}
invariant NoneLost == (\\A t \\in Task : pc[t] = "Done") => x = 2
model m { Recheck = FALSE; expect NoneLost violated; }
"""


def test_a_step_that_would_have_gone_another_way_is_the_one_that_is_named() -> None:
    (recheck,) = told(LOST, "NoneLost").protections
    assert (recheck.action, recheck.diverts) == ("Work.Commit", True)
    assert recheck.number is not None
    values = {name for reason in recheck.reasons for name, _ in reason.values}
    assert {"Recheck", "x"} < values


LATER = """module Later
switch Hold : BOOLEAN == TRUE
var lock : BOOLEAN = FALSE
var x : 0..2 = 0
process One { Begin: lock := TRUE; Middle: x := 1; End: lock := FALSE; }
process Two { Spoil: await Hold => ~lock; x := 2; }
invariant Kept == x # 2
model m { Hold = FALSE; expect Kept violated; }
"""


def test_who_only_waits_until_later_does_not_help() -> None:
    """Spoiling comes later, and spoils: the protection is of no use."""
    (hold,) = told(LATER, "Kept").protections
    assert hold.number is None


def test_what_everybody_waits_for_in_a_deadlock_is_said_of_those_in_no_circle_too() -> None:
    text = """module Both
extends Mutex
enum Task == { p, q, r }
var m : Mutex(Task) = MutexFree
var ready : BOOLEAN = FALSE
process Work(self \\in Task) { One: mutex_lock(m, self); Two: await ready /\\ self # r; }
model m { expect deadlock violated; }
"""
    said = because(told(text, "deadlock"))
    assert "p, at Two, cannot go on: ready is FALSE." in said
    assert "q, at One, waits for m, which p holds." in said


def test_why_no_action_outside_of_processes_is_possible_is_said() -> None:
    text = """module Stop
enum P == { p, q }
var n : [P -> 0..2] = [x \\in P |-> 0]
action Up(x \\in P) { await n[x] < 1; n[x] := n[x] + 1; }
action Off { await n[p] = 2; n[p] := 0; }
model m { expect deadlock violated; }
"""
    assert because(told(text, "deadlock")) == (
        "Up(x = p) is not possible: n[x] < 1 is FALSE, with x = p, since n[p] = 1.",
        "Up(x = q) is not possible: n[x] < 1 is FALSE, with x = q, since n[q] = 1.",
        "Off is not possible: n[p] = 2 is FALSE, since n[p] = 1.",
    )


def test_what_holds_and_yet_makes_it_fail_is_said() -> None:
    text = """module Never
var x : 0..1 = 0
var y : 0..1 = 0
action Up { x := 1; y := 1; }
invariant Apart == ~(x = 1 /\\ y = 1)
invariant Zero == x # 1 \\/ y \\notin {0, 1}
model m { expect Apart violated; expect Zero violated; }
"""
    assert because(told(text, "Apart"))[:2] == ("x = 1 is TRUE.", "y = 1 is TRUE.")
    assert because(told(text, "Zero"))[:2] == (
        "x # 1 is FALSE, since x = 1.",
        "y \\notin {0, 1} is FALSE, since y = 1.",
    )


def test_a_deadlock_of_two_that_are_in_a_circle_is_not_told_twice() -> None:
    assert not any("cannot go on" in sentence or " at " in sentence for sentence in because(told(LOCKS, "deadlock")))
