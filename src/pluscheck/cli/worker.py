"""Running deep recursions on a large stack, and ending them at Ctrl-C."""

from __future__ import annotations

import threading
from collections.abc import Callable
from typing import TypeVar

from pluscheck.base.stack import thread_on_large_stack

T = TypeVar("T")

MOMENT = 0.05
"""Seconds between two requests to stop."""

PATIENCE = 2.0
"""Seconds that work may go on after Ctrl-C, to hand over what it knows."""


class AbandonedError(Exception):
    """The work did not stop in time after Ctrl-C."""


def on_large_stack(work: Callable[[], T], stop: Callable[[], None]) -> T:
    """Return what `work` returns, or raise what it raises; at Ctrl-C call `stop`, which is to make it end soon.

    Raises:
        AbandonedError: it did not; the thread is still running, and the process should end.
    """
    done: list[T] = []
    failed: list[BaseException] = []
    ended = threading.Event()  # an interrupted Thread.join takes the thread for ended

    def run() -> None:
        try:
            done.append(work())
        except BaseException as error:  # handed to the thread that waits
            failed.append(error)
        finally:
            ended.set()

    thread_on_large_stack(run)
    try:
        ended.wait()
    except KeyboardInterrupt:
        # Asked again and again: a search asks its solver many questions, and each can be interrupted.
        for _ in range(int(PATIENCE / MOMENT)):
            stop()
            if ended.wait(MOMENT):
                break
        else:
            raise AbandonedError from None
    if failed:
        raise failed[0]
    return done[0]
