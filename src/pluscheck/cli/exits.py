"""Exit codes; docs/cli.md explains them to users."""

from __future__ import annotations

from enum import IntEnum


class Exit(IntEnum):
    """What the process's exit code says."""

    MET = 0
    """Every expectation is met."""
    VIOLATED = 1
    """A property is violated that should hold, or is not violated although it should be."""
    USAGE = 2
    """Wrong arguments, or a file that is not there."""
    SPEC = 3
    """A spec is wrong: it does not parse, a name or a type is wrong, a model makes no sense."""
    UNDECIDED = 4
    """Neither met nor contradicted: out of time or memory, or bounded where a proof was asked for."""
    VACUOUS = 5
    """An unreachable witness; with --strict, also an action or label that is never taken."""
    REJECTED = 6
    """Stored evidence that does not show what it claims, or claims it of something else."""
    INTERNAL = 70
    """A fault of pluscheck's own, evidence of its own engines that does not check included."""
    UNWRITABLE = 74
    """Standard output takes no more, such as on a full disk; as sysexits.h has it for input and output."""
    INTERRUPTED = 130
    """Ctrl-C; what was known by then was reported."""
    BROKEN_PIPE = 141
    """Whoever read the output stopped reading; as the shell has it for SIGPIPE."""
