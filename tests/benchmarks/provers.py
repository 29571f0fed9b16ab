"""Our provers and others, on the dedupe protocol as it grows, in one run: ratios, since seconds depend on the machine.

python tests/benchmarks/provers.py [seconds for each prover] [series of sizes, each one argument: sizes written pages,direct,mmap,buffered,lease]

Of each prover the CPU seconds, its processes' together, and the wall seconds. Of IC3 also the CPU seconds until the invariant was there, before it was made short and
put into words: that is what ABC's are compared with, which does neither. Who was not done with one size of a series is not asked about the next.
ABC (Debian's `berkeley-abc`) reads what `pluscheck export --to aiger` writes; without it, it is left out.
"""

from __future__ import annotations

import resource
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Collection
from dataclasses import dataclass
from multiprocessing import get_context
from multiprocessing.connection import Connection
from pathlib import Path

from pluscheck.bits.aiger import aiger
from pluscheck.bits.system import BitSystem
from pluscheck.core.system import Model
from pluscheck.engines.interface import Budget, Findings, Listener, Progress
from pluscheck.evidence.verdict import Proved, Violated
from pluscheck.ground.ground import ground
from pluscheck.lang.front import elaborate
from pluscheck.lower import lower
from pluscheck.pipeline.engines import ENGINES, PORTFOLIO, together

SPEC = Path("spec/dedupe/Dedupe.plus")
SORTS = ("Page", "DirectWriter", "MmapWriter", "BufferedWriter", "LeaseHolder")
WANTED = ("NoCorruption", "NoStaleComparison")
ABC = shutil.which("berkeley-abc") or shutil.which("abc")
SERIES = (
    "1,1,1,1,1 2,1,1,1,1 3,1,1,1,1 4,1,1,1,1",
    "1,2,2,2,2 1,3,3,3,3 1,4,4,4,4",
    "2,2,1,1,1 2,2,2,2,2 3,3,3,1,3",
)


@dataclass(frozen=True)
class Measured:
    """CPU and wall seconds."""

    cpu: float
    wall: float
    found: float | None = None
    """CPU seconds until the invariant was there, of an engine that has something left to do then and tells."""

    def __str__(self) -> str:
        return f"{self.cpu:.1f} ({self.wall:.1f})"


@dataclass(frozen=True)
class Family:
    """Models that grow: all protections, or all but one; and who is asked about them."""

    title: str
    base: str
    verdict: type
    engines: tuple[str, ...]
    abc: tuple[str, ...]


FAMILIES = (
    Family(
        "proving that nothing is corrupted",
        "safety",
        Proved,
        ("ic3", "portfolio", "bdd", "kinduction", "spacer"),
        ("pdr",),
    ),
    Family("finding the race under a shared inode lock", "shared_inode_lock", Violated, ("bmc", "bmc-z3"), ("bmc3",)),
)


def model_of(base: str, size: str) -> Model:
    """Return the model with other sizes."""
    scopes = " ".join(f"scope {sort} = {number};" for sort, number in zip(SORTS, size.split(","), strict=True))
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / SPEC.name
        text = SPEC.read_text(encoding="utf-8")
        end = text.rindex("=" * 10) if text.rstrip().endswith("=" * 10) else len(text)
        file.write_text(f"{text[:end]}\nmodel benchmark extends {base} {{ {scopes} }}\n{text[end:]}", encoding="utf-8")
        return lower(elaborate(file), "benchmark")


def cpu_seconds() -> float:
    """Return what this process and those that it waited for have taken."""
    own, others = (resource.getrusage(who) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN))
    return own.ru_utime + own.ru_stime + others.ru_utime + others.ru_stime


def findings(model: Model, name: str, seconds: float, listener: Listener) -> Findings:
    """Return what an engine, or the portfolio, finds."""
    budget = Budget(depth=40, seconds=seconds)
    if name == PORTFOLIO:

        def accept(_name: str, _verdict: Proved) -> bool:
            return True

        wanted = frozenset(WANTED)
        return together(model, wanted, budget, listener, prove_seconds=None, accepts=accept, is_race=True)
    return ENGINES[name].load()(model.system, frozenset(WANTED), budget, listener)


def of_engine(model: Model, name: str, seconds: float, verdict: type) -> Measured | None:
    """Return how long an engine takes from the system to its verdicts, in a process of its own; None if it does not come to them."""

    def work(out: Connection) -> None:
        started, before = time.monotonic(), cpu_seconds()
        found: float | None = None

        def note(progress: Progress) -> None:
            nonlocal found
            if name == "ic3" and not progress.found:
                found = cpu_seconds() - before

        verdicts = findings(model, name, seconds, note).verdicts
        decided = all(isinstance(verdicts[name], verdict) for name in WANTED)
        out.send(Measured(cpu_seconds() - before, time.monotonic() - started, found) if decided else None)

    context = get_context("fork")
    ours, theirs = context.Pipe(duplex=False)
    process = context.Process(target=work, args=(theirs,))
    process.start()
    found: Measured | None = ours.recv() if ours.poll(1.5 * seconds + 10) else None
    process.kill()
    process.join()
    return found


def of_abc(file: Path, command: str, seconds: float) -> Measured | None:
    """Return how long ABC takes, its own start included; searching for a violation, for the one that it meets first."""
    script = f"read_aiger {file}; orpos; {command}"
    started, before = time.monotonic(), cpu_seconds()
    try:
        done = subprocess.run([str(ABC), "-q", script], capture_output=True, text=True, timeout=seconds, check=False)
    except subprocess.TimeoutExpired:
        return None
    decided = "Property proved" in done.stdout or "was asserted in frame" in done.stdout
    return Measured(cpu_seconds() - before, time.monotonic() - started) if decided else None


def measured(family: Family, size: str, seconds: float, asked: Collection[str]) -> dict[str, Measured | None]:
    """Return what each prover that is asked takes at one size."""
    model = model_of(family.base, size)
    found = {
        name: of_engine(model, name, seconds, family.verdict)
        for name in family.engines
        if name in asked and (name == PORTFOLIO or ENGINES[name].is_there)
    }
    if ABC is not None:
        with tempfile.TemporaryDirectory() as folder:
            file = Path(folder) / "benchmark.aig"
            file.write_bytes(aiger(BitSystem(ground(model.system)), WANTED).binary())
            for command in family.abc:
                if f"abc {command}" in asked:
                    found[f"abc {command}"] = of_abc(file, command, seconds)
    return found


def table(family: Family, series: str, seconds: float, write: Callable[[str], None]) -> None:
    """Measure, and write a row a size: CPU and wall seconds, and how often ABC's CPU seconds fit into ours."""
    asked = [*family.engines, *[f"abc {command}" for command in family.abc]]
    write(f"\n{family.title} ({seconds:.0f} s at most)")
    write(f"  {'sizes':12}" + "".join(f"{name:>16}" for name in asked) + "     ic3's search   ours : ABC's")
    alive = list(asked)
    for size in series.split():
        row = measured(family, size, seconds, alive)
        alive = [name for name in alive if row.get(name) is not None]
        first = row.get(family.engines[0])
        search = None if first is None else first.found
        ours = search if search is not None else (None if first is None else first.cpu)
        others = [s.cpu for name, s in row.items() if s is not None and name.startswith("abc ")]
        ratio = f"{ours / min(others):.2f}" if ours is not None and others else "-"
        cells = "".join(f"{row.get(name) or '-'!s:>16}" for name in asked)
        write(f"  {size:12}{cells}{'-' if search is None else f'{search:.1f}':>17}{ratio:>15}")


def main(seconds: float, series: tuple[str, ...]) -> None:
    """Measure all families."""
    if ABC is None:
        print("there is no berkeley-abc here: ABC is left out")
    for family in FAMILIES:
        for sizes in series:
            table(family, sizes, seconds, lambda line: print(line, flush=True))


if __name__ == "__main__":
    arguments = sys.argv[1:]
    main(float(arguments[0]) if arguments else 60.0, tuple(arguments[1:]) or SERIES)
