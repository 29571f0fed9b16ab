"""`pluscheck new`: a first spec that verifies, to start from."""

from __future__ import annotations

import os
import re
import tempfile
from pathlib import Path

from pluscheck.cli.exits import Exit
from pluscheck.cli.output import say, write
from pluscheck.lang.lexer import KEYWORDS

FIRST_SPEC = r"""\* Threads that add one to a counter: each reads it, and writes it back a little later.
\* The lock is a switch, so that a model can leave it out and see what it is good for.
\*
\*   pluscheck verify NAME.plus
\*   pluscheck verify NAME.plus --traces     (also shows how the model `unlocked` goes wrong)
module NAME

sort Thread

switch Locked : BOOLEAN == TRUE

var counter : 0..8 = 0
var holder : Option(Thread) = None

process Adder(self \in Thread)
  var seen : 0..8 = 0;
{
  Take:   if (Locked) { await holder = None; holder := Some(self); };
  Read:   seen := counter;
  Write:  counter := seen + 1;
  Leave:  if (Locked) { holder := None; };
}

Finished == {t \in Thread : pc[t] = "Done"}

\* What should hold in every state: when all are done, no addition was lost.
invariant NothingLost == Finished = Thread => counter = Cardinality(Thread)

\* What must be possible: otherwise the invariant above would hold for a silly reason.
witness AllFinish == Finished = Thread
witness OneWaits == \E t \in Thread : pc[t] = "Take" /\ holder # None

model locked {
  scope Thread = 2;
  depth 10;
}

\* Without the lock both may read before either writes. A spec says so: this model
\* passes because the violation is there, and would fail if it were not.
model unlocked extends locked {
  Locked = FALSE;
  expect NothingLost violated;
  expect OneWaits unreachable;
}
"""


def run_new(name: str) -> int:
    """Write the spec `NAME.plus` into the current directory, unless there is one."""
    name = name.removesuffix(".plus")
    if re.fullmatch(r"[A-Za-z_][A-Za-z0-9_]{0,63}", name) is None:
        say(f"pluscheck: '{name}' is no name for a module: letters, digits and _, not starting with a digit")
        return Exit.USAGE
    if name in KEYWORDS:
        say(f"pluscheck: '{name}' is a word of the language and cannot be the name of a module")
        return Exit.USAGE
    path = Path(f"{name}.plus")
    try:
        _write_new(path, FIRST_SPEC.replace("NAME", name))
    except FileExistsError:
        say(f"pluscheck: {path} exists already; nothing was written")
        return Exit.USAGE
    except OSError as error:
        say(f"pluscheck: {path} cannot be written: {error.strerror}")
        return Exit.USAGE
    write(f"{path} is there to start from. Now: pluscheck verify {path}\n")
    return Exit.MET


def _write_new(path: Path, text: str) -> None:
    """Write a file that is either there as a whole or not at all. Raises FileExistsError, OSError."""
    if path.exists():
        raise FileExistsError(path)
    with tempfile.NamedTemporaryFile(
        "w", dir=path.parent, prefix=f".{path.name}.", delete=False, encoding="utf-8", newline="\n"
    ) as file:
        temporary = Path(file.name)
        file.write(text)
    try:
        temporary.chmod(0o644)
        os.link(temporary, path)  # unlike a rename, this never replaces a file that has come up meanwhile
    except FileExistsError:
        raise
    except OSError:  # a file system without links
        temporary.replace(path)
    finally:
        temporary.unlink(missing_ok=True)
