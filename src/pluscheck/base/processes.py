"""Processes beside this one, which never outlive it."""

from __future__ import annotations

import multiprocessing
import os
import signal
import sys
from collections.abc import Callable
from multiprocessing.process import BaseProcess
from typing import Any

FORKS = sys.platform == "linux"
"""Whether processes are forked: macOS has libraries that do not survive a fork, and Windows has no fork."""


def cores() -> int:
    """Return how many cores this process may use."""
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1


def beside(work: Callable[..., None], *arguments: Any) -> BaseProcess:
    """Return a process that will call a function of a module with these arguments: forked where the system can do that well, which costs a few milliseconds, spawned elsewhere."""
    context = multiprocessing.get_context("fork") if FORKS else multiprocessing.get_context("spawn")
    return context.Process(target=work, args=arguments, daemon=True)


def begin_beside() -> None:
    """Say, first in such a process, that Ctrl-C, which reaches every process of a terminal, is the parent's to decide on, and that it dies with the parent.

    Linux ends it when its parent ends, however that ends and whatever it is doing then; elsewhere it has to look.
    """
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    if sys.platform.startswith("linux"):
        import ctypes

        pr_set_pdeathsig = 1
        ctypes.CDLL(None).prctl(pr_set_pdeathsig, signal.SIGKILL)
