"""The portfolio: what engines find together, whoever was first, and that nothing of a race outlives it."""

from __future__ import annotations

import multiprocessing
import os
import signal
import subprocess
import sys
import time
from dataclasses import replace
from pathlib import Path

import pytest

from pluscheck.base.errors import InternalError, SpecError
from pluscheck.core.exprs import Lit
from pluscheck.core.system import TransitionSystem
from pluscheck.engines.bmc import bmc
from pluscheck.engines.exhaustive import exhaustive
from pluscheck.engines.interface import Budget, Engine, Findings, Listener, Progress, ignore
from pluscheck.engines.portfolio import Accepts, Aims, Racer, any_proof, portfolio
from pluscheck.engines.workers import Job, Worker, spoken
from pluscheck.evidence.verdict import Bounded, InductiveInvariant, Proved, Reached, Reason, Unknown, Violated
from pluscheck.pipeline.engines import _bmc
from systems import CASES, Broken, Case, Kept

GUARDED = CASES["guarded counter"]
SYSTEM = GUARDED.system
KEPT = frozenset({"InRange"})
DEEP = Budget(depth=8, seconds=60)
BRIEF = Aims(seconds=0.3)


@pytest.fixture
def races(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let no system be too small for a race."""
    monkeypatch.setattr("pluscheck.engines.portfolio.SMALL_STATES", 0)


@pytest.fixture(autouse=True)
def _nothing_is_left() -> object:
    yield
    assert multiprocessing.active_children() == []


# -------------------------------------------------------------------------------------- who takes part


def forever(_: object, wanted: frozenset[str], __: object, listener: Listener) -> Findings:
    """Find nothing, and never end."""
    while True:
        listener(Progress("forever", 3, 0.0, tuple(wanted)))
        time.sleep(0.01)


def deaf(*_: object) -> Findings:
    """Find nothing, never end, and listen to nobody."""
    while True:
        time.sleep(10)


def believer(_: object, wanted: frozenset[str], *__: object) -> Findings:
    """Take everything for proved, after a while."""
    time.sleep(0.2)
    proved = Proved(InductiveInvariant((Lit(True),)))
    return Findings("believer", dict.fromkeys(wanted, proved), {}, -1, complete=False)


def gossip(system: TransitionSystem, wanted: frozenset[str], budget: Budget, listener: Listener) -> Findings:
    """Tell at once that everything is proved, and never end."""
    proved = Proved(InductiveInvariant((Lit(True),)))
    listener(Progress("gossip", 0, 0.0, found=tuple((name, proved) for name in wanted)))
    return forever(system, wanted, budget, listener)


def hoarder(*_: object) -> Findings:
    """Take ever more memory, and listen to nobody."""
    held = []
    while True:
        held.append(bytearray(os.urandom(1_000_000)))


def suicidal(system: TransitionSystem, wanted: frozenset[str], budget: Budget, listener: Listener) -> Findings:
    """Be killed, as by a system that is out of memory."""
    os.kill(os.getpid(), signal.SIGKILL)
    return forever(system, wanted, budget, listener)


def broken(*_: object) -> Findings:
    raise ZeroDivisionError("an engine with a bug")


def racer(engine: Engine, *, shortest: bool = False, sees_all: bool = False, seconds: float | None = None) -> Racer:
    return Racer(engine.__name__, lambda: engine, seconds=seconds, shortest=shortest, sees_all=sees_all)


def race(
    *provers: Racer,
    searcher: Engine = bmc,
    system: TransitionSystem = SYSTEM,
    wanted: frozenset[str] = GUARDED.wanted,
    budget: Budget = DEEP,
    listener: Listener = ignore,
    aims: Aims = BRIEF,
    accepts: Accepts = any_proof,
    slots: int = 2,
) -> Findings:
    return portfolio(
        system,
        wanted,
        budget,
        listener,
        searcher=racer(searcher, shortest=True),
        provers=provers,
        aims=aims,
        accepts=accepts,
        slots=slots,
    )


# ------------------------------------------------------------------------------------------- verdicts


@pytest.mark.usefixtures("races")
@pytest.mark.parametrize("case", CASES.values(), ids=CASES)
def test_together_they_decide_everything_with_shortest_traces(case: Case) -> None:
    findings = race(racer(exhaustive, shortest=True, sees_all=True), system=case.system, wanted=case.wanted)
    for name, verdict in findings.verdicts.items():
        match case.expected[name]:
            case Broken(length):
                assert isinstance(verdict, Violated | Reached)
                assert verdict.trace.length == length
            case Kept():
                assert isinstance(verdict, Proved)
                assert findings.by[name] == "exhaustive"
    assert {site.kind for site in findings.faults} == {kind for kind, _ in case.faults}


def test_a_small_system_gets_no_processes(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("pluscheck.engines.portfolio.Worker", broken)
    findings = race(racer(broken))
    assert findings.complete
    assert findings.states == GUARDED.states


@pytest.mark.usefixtures("races")
def test_the_first_decisive_verdict_ends_the_race() -> None:
    started = time.monotonic()
    findings = race(racer(deaf), racer(believer), searcher=bmc, wanted=KEPT, slots=3)
    assert isinstance(findings.verdicts["InRange"], Proved)
    assert findings.by == {"InRange": "believer"}
    assert findings.tried == ("deaf", "believer")
    assert time.monotonic() - started < 5


@pytest.mark.usefixtures("races")
def test_what_is_told_on_the_way_counts() -> None:
    findings = race(racer(gossip), wanted=KEPT, aims=Aims(proofs=KEPT))
    assert findings.by == {"InRange": "gossip"}


@pytest.mark.usefixtures("races")
def test_without_a_proof_there_is_a_bound_and_no_wait_for_provers() -> None:
    findings = race(racer(forever), wanted=KEPT)
    assert findings.verdicts == {"InRange": Bounded(8)}
    assert findings.covered
    assert set(findings.first_taken) == {"Inc", "Reset"}


@pytest.mark.usefixtures("races")
def test_a_proof_that_is_expected_is_worth_the_whole_budget() -> None:
    budget = Budget(depth=2, seconds=1.5)
    findings = race(racer(forever), wanted=KEPT, budget=budget, aims=Aims(proofs=KEPT, seconds=0))
    assert findings.verdicts == {"InRange": Bounded(2)}
    assert findings.seconds > 1.5


@pytest.mark.usefixtures("races")
def test_provers_are_not_asked_for_what_is_expected_to_be_found_until_it_is_not_found() -> None:
    def curious(_: object, wanted: frozenset[str], *__: object) -> Findings:
        return Findings("curious", dict.fromkeys(wanted, Proved(InductiveInvariant(()))), {}, -1, complete=False)

    wanted = frozenset({"Small", "InRange", "Two", "Negative"})
    findings = race(racer(curious), wanted=wanted, aims=Aims(violations=frozenset({"Small"})))
    # Small is violated and Two is reached by the bounded checker; what it does not reach is asked for in the end.
    assert {name for name, by in findings.by.items() if by == "curious"} == {"InRange", "Negative"}


@pytest.mark.usefixtures("races")
def test_a_proof_that_nobody_can_judge_does_not_win() -> None:
    findings = race(racer(believer), wanted=KEPT, accepts=lambda *_: False)
    assert findings.verdicts == {"InRange": Bounded(8)}


@pytest.mark.usefixtures("races")
def test_a_trace_that_may_not_be_the_shortest_does_not_count() -> None:
    findings = race(
        racer(exhaustive, shortest=False), searcher=forever, wanted=frozenset({"Small"}), budget=Budget(seconds=1)
    )
    assert isinstance(findings.verdicts["Small"], Unknown)


@pytest.mark.usefixtures("races")
def test_engines_that_contradict_each_other_are_a_fault_of_our_own() -> None:
    with pytest.raises(InternalError, match="contradict"):
        race(racer(believer), searcher=bmc, wanted=frozenset({"Small", "InRange"}), aims=Aims(frozenset({"InRange"})))


# ----------------------------------------------------------------------------------- ends and accidents


@pytest.mark.usefixtures("races")
@pytest.mark.parametrize("searcher", [forever, deaf])
def test_time_is_kept_even_by_who_does_not_listen(searcher: Engine) -> None:
    started = time.monotonic()
    findings = race(racer(deaf), searcher=searcher, wanted=KEPT, budget=Budget(depth=9, seconds=0.3))
    depth = 2 if searcher is forever else -1
    assert findings.verdicts == {"InRange": Unknown(Reason.TIME, depth)}
    assert time.monotonic() - started < 4


@pytest.mark.usefixtures("races")
def test_ctrl_c_ends_at_once_with_what_is_known() -> None:
    started = time.monotonic()

    def listener(progress: Progress) -> None:
        if time.monotonic() - started > 1 or "InRange" not in progress.open:
            raise KeyboardInterrupt

    findings = race(racer(gossip), searcher=forever, wanted=KEPT | {"Grows"}, listener=listener)
    assert all(isinstance(v, Proved) for v in findings.verdicts.values())
    findings = race(racer(deaf), searcher=forever, wanted=KEPT, listener=listener)
    assert findings.verdicts == {"InRange": Unknown(Reason.INTERRUPTED, 2)}
    assert time.monotonic() - started < 4


@pytest.mark.usefixtures("races")
def test_an_engine_that_breaks_is_a_fault_of_our_own() -> None:
    with pytest.raises(InternalError, match="broken: ZeroDivisionError: an engine with a bug"):
        race(racer(broken), searcher=forever)


@pytest.mark.usefixtures("races")
def test_an_engine_that_is_killed_does_not_stop_the_others() -> None:
    assert race(racer(suicidal), wanted=KEPT).verdicts == {"InRange": Bounded(8)}
    found = race(racer(believer), searcher=suicidal, wanted=KEPT | {"Negative"})
    assert isinstance(found.verdicts["InRange"], Proved)
    found = race(searcher=suicidal, wanted=KEPT)
    assert found.verdicts == {"InRange": Unknown(Reason.MEMORY, -1)}


@pytest.mark.usefixtures("races")
def test_a_spec_that_is_wrong_is_the_users_affair() -> None:
    with pytest.raises(SpecError):
        race(racer(deaf), system=replace(SYSTEM, init=(Lit(False),)))


@pytest.mark.usefixtures("races")
def test_memory_is_shared_and_who_takes_most_of_it_goes_first() -> None:
    from pluscheck.base.memory import held_memory

    budget = Budget(depth=8, memory=held_memory() + 200_000_000)
    findings = race(racer(hoarder), searcher=bmc, wanted=KEPT, budget=budget, aims=Aims(proofs=KEPT))
    assert findings.verdicts == {"InRange": Bounded(8)}


@pytest.mark.usefixtures("races")
def test_an_engine_has_its_own_share_of_time() -> None:
    started = time.monotonic()
    race(racer(deaf, seconds=0.5), wanted=KEPT, aims=Aims(proofs=KEPT))
    assert time.monotonic() - started < 3


@pytest.mark.usefixtures("races")
def test_on_one_core_everybody_has_a_turn() -> None:
    findings = race(
        racer(deaf), racer(believer), searcher=forever, wanted=KEPT, slots=1, budget=Budget(depth=9, seconds=30)
    )
    assert findings.by == {"InRange": "believer"}


ORPHANS = """
import sys, time
from pluscheck.engines.interface import Budget
from pluscheck.engines.workers import Job, Worker
def deaf(*_):
    while True: time.sleep(10)
if __name__ == "__main__":
    workers = [Worker(Job("deaf", lambda: deaf, None, frozenset(), Budget())) for _ in range(2)]
    time.sleep(0.3)
    workers[0].pause()
    print(*(w._process.pid for w in workers), flush=True)
    time.sleep(60)
"""


@pytest.mark.skipif(sys.platform != "linux", reason="reads /proc")
def test_workers_die_with_their_parent(tmp_path: Path) -> None:
    (tmp_path / "orphans.py").write_text(ORPHANS, encoding="utf-8")
    with subprocess.Popen([sys.executable, tmp_path / "orphans.py"], stdout=subprocess.PIPE) as process:
        assert process.stdout is not None
        pids = process.stdout.readline().split()
        process.kill()
    until = time.monotonic() + 5
    while any(_lives(int(pid)) for pid in pids) and time.monotonic() < until:
        time.sleep(0.05)
    assert [pid for pid in pids if _lives(int(pid))] == []


def _lives(pid: int) -> bool:
    try:
        return Path(f"/proc/{pid}/stat").read_text(encoding="ascii").split(")")[1].split()[0] != "Z"
    except OSError:
        return False


def test_where_processes_cannot_be_forked_they_are_spawned(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("pluscheck.base.processes.FORKS", False)
    worker = Worker(Job("bmc", _bmc, SYSTEM, KEPT, Budget(depth=3)))
    try:
        until = time.monotonic() + 30
        found = None
        while not isinstance(found, Findings) and time.monotonic() < until:
            spoken([worker], seconds=1)
            found = worker.received()
        assert isinstance(found, Findings)
        assert found.verdicts == {"InRange": Bounded(3)}
    finally:
        worker.end()
