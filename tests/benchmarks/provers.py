"""Our provers and others, on the dedupe protocol as it grows, in one run: ratios, since seconds depend on the machine.

python tests/benchmarks/provers.py [seconds for each prover] [sizes, written pages,direct,mmap,buffered,lease]

ABC (Debian's `berkeley-abc`) reads what `pluscheck export --to aiger` writes; without it, it is left out.
"""

from __future__ import annotations

import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from dataclasses import dataclass
from multiprocessing import get_context
from multiprocessing.connection import Connection
from pathlib import Path

from pluscheck.bits.aiger import aiger
from pluscheck.bits.system import BitSystem
from pluscheck.core.system import TransitionSystem
from pluscheck.engines.interface import Budget, ignore
from pluscheck.evidence.verdict import Proved, Violated
from pluscheck.ground.ground import ground
from pluscheck.lang.front import elaborate
from pluscheck.lower import lower
from pluscheck.pipeline.engines import ENGINES

SPEC = Path("spec/dedupe/Dedupe.plus")
SORTS = ("Page", "DirectWriter", "MmapWriter", "BufferedWriter", "LeaseHolder")
WANTED = ("NoCorruption", "NoStaleComparison")
ABC = shutil.which("berkeley-abc") or shutil.which("abc")
SIZES = ("1,1,1,1,1", "2,1,1,1,1", "2,2,1,1,1", "2,2,2,1,1", "2,2,2,2,2", "3,3,3,1,3")

Measured = float | None
"""Wall seconds, or None if it was not decided in time."""


@dataclass(frozen=True)
class Family:
    """Models that grow: all protections, or all but one; and who is asked about them."""

    title: str
    base: str
    verdict: type
    engines: tuple[str, ...]
    abc: tuple[str, ...]


FAMILIES = (
    Family("proving that nothing is corrupted", "safety", Proved, ("ic3", "bdd", "spacer"), ("pdr", "pdr -r")),
    Family("finding the race under a shared inode lock", "shared_inode_lock", Violated, ("bmc", "bmc-z3"), ("bmc3",)),
)


def system_of(base: str, size: str) -> TransitionSystem:
    """Return the model with other sizes."""
    scopes = " ".join(f"scope {sort} = {number};" for sort, number in zip(SORTS, size.split(","), strict=True))
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / SPEC.name
        text = SPEC.read_text(encoding="utf-8")
        end = text.rindex("=" * 10) if text.rstrip().endswith("=" * 10) else len(text)
        file.write_text(f"{text[:end]}\nmodel benchmark extends {base} {{ {scopes} }}\n{text[end:]}", encoding="utf-8")
        return lower(elaborate(file), "benchmark").system


def engine_seconds(system: TransitionSystem, name: str, seconds: float, verdict: type) -> Measured:
    """Return how long an engine takes from the system to its verdicts, in a process of its own."""

    def work(out: Connection) -> None:
        engine = ENGINES[name].load()
        started = time.monotonic()
        verdicts = engine(system, frozenset(WANTED), Budget(depth=40, seconds=seconds), ignore).verdicts
        decided = all(isinstance(verdicts[name], verdict) for name in WANTED)
        out.send(time.monotonic() - started if decided else None)

    context = get_context("fork")
    ours, theirs = context.Pipe(duplex=False)
    process = context.Process(target=work, args=(theirs,))
    process.start()
    found: Measured = ours.recv() if ours.poll(1.5 * seconds + 10) else None
    process.kill()
    process.join()
    return found


def abc_seconds(file: Path, command: str, seconds: float) -> Measured:
    """Return how long ABC takes, its own start included; searching for a violation, for the one that it meets first."""
    script = f"read_aiger {file}; orpos; {command}"
    started = time.monotonic()
    try:
        done = subprocess.run([str(ABC), "-q", script], capture_output=True, text=True, timeout=seconds, check=False)
    except subprocess.TimeoutExpired:
        return None
    decided = "Property proved" in done.stdout or "was asserted in frame" in done.stdout
    return time.monotonic() - started if decided else None


def measured(family: Family, size: str, seconds: float) -> dict[str, Measured]:
    """Return what each prover takes at one size."""
    system = system_of(family.base, size)
    found = {
        name: engine_seconds(system, name, seconds, family.verdict) for name in family.engines if ENGINES[name].is_there
    }
    if ABC is not None:
        with tempfile.TemporaryDirectory() as folder:
            file = Path(folder) / "benchmark.aig"
            file.write_bytes(aiger(BitSystem(ground(system)), WANTED).binary())
            found |= {f"abc {command}": abc_seconds(file, command, seconds) for command in family.abc}
    return found


def table(family: Family, sizes: tuple[str, ...], seconds: float, write: Callable[[str], None]) -> None:
    """Measure, and write a row a size: the seconds, and how often ours fit into ABC's best."""
    write(f"\n{family.title} ({seconds:.0f} s at most)")
    for number, size in enumerate(sizes):
        row = measured(family, size, seconds)
        if number == 0:
            write(f"  {'sizes':12}" + "".join(f"{name:>12}" for name in row) + "   ours : ABC's best")
        ours = min((s for name, s in row.items() if s is not None and name in ENGINES), default=None)
        best = min((s for name, s in row.items() if s is not None and name not in ENGINES), default=None)
        ratio = f"{ours / best:.1f}" if ours is not None and best is not None else "-"
        cells = "".join(f"{'-' if s is None else f'{s:.2f}':>12}" for s in row.values())
        write(f"  {size:12}{cells}   {ratio}")


def main(seconds: float, sizes: tuple[str, ...]) -> None:
    """Measure all families."""
    if ABC is None:
        print("there is no berkeley-abc here: ABC is left out")
    for family in FAMILIES:
        table(family, sizes, seconds, lambda line: print(line, flush=True))


if __name__ == "__main__":
    arguments = sys.argv[1:]
    main(float(arguments[0]) if arguments else 60.0, tuple(arguments[1:]) or SIZES)
