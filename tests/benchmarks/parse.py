"""How fast a specification is read, beside Python's own parser on a text of as many lines.

    python tests/benchmarks/parse.py

`ast.parse` is written in C; the ratio says how far a parser in Python is behind it, and whether it grows with the length.
"""

from __future__ import annotations

import ast
import time
from collections.abc import Callable

from pluscheck.base.source import Source
from pluscheck.lang.parser import parse

SPEC = r"""
Held{n}(p, f) ==
  /\ \E q \in Process : lock[f].excl = Some(q) /\ q # p
  /\ IF mode[f] = idle THEN pages[f] \subseteq dirty[p] ELSE pages[f] = {{}}
action Step{n}(p \in Process, f \in File) {{
  await lock[f].excl = None /\ ~Held{n}(p, f);
  either {{ lock[f].excl := Some(p); }} or {{ lock[f].shared := lock[f].shared \cup {{p}}; }};
  count := [count EXCEPT ![f] = @ + 1, ![g] = (@ - 1) * 2];
}}
"""
PYTHON = """
def held{n}(p, f):
    return (any(lock[f].excl == q and q != p for q in process)
      and (pages[f] <= dirty[p] if mode[f] == idle else pages[f] == set()))
def step{n}(p, f):
    assert lock[f].excl is None and not held{n}(p, f)
    lock[f].excl, lock[f].shared = p, lock[f].shared | {{p}}
    count = {{**count, f: count[f] + 1, g: (count[g] - 1) * 2}}
"""


def seconds(run: Callable[[], object]) -> float:
    """Return the best of three runs, in CPU seconds."""
    times = []
    for _ in range(3):
        begin = time.process_time()
        run()
        times.append(time.process_time() - begin)
    return min(times)


def main() -> None:
    """Print a table: lines, seconds, lines a second, and the ratio to `ast.parse`."""
    parse(Source("Warm.plus", "module Warm"))
    print(f"{'lines':>8} {'seconds':>9} {'lines/s':>9} {'to ast.parse':>13}")
    for copies in (80, 160, 320, 640, 1280):
        text = "module Big\n" + "".join(SPEC.format(n=n) for n in range(copies))
        other = "".join(PYTHON.format(n=n) for n in range(copies))
        ours = seconds(lambda text=text: parse(Source("Big.plus", text)))
        theirs = seconds(lambda other=other: ast.parse(other))
        lines = text.count("\n")
        print(f"{lines:>8} {ours:>9.2f} {lines / ours:>9.0f} {ours / theirs:>12.1f}x")


if __name__ == "__main__":
    main()
