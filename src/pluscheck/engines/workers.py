"""Engines in processes of their own: what one says while it works, and ways to pause it, to make it hand over what it knows, and to end it.

A process is forked where the system can do that well, which costs a few milliseconds, and spawned elsewhere. It never outlives its parent.
"""

from __future__ import annotations

import contextlib
import multiprocessing
import os
import signal
import sys
import threading
import time
import traceback
from collections.abc import Callable
from dataclasses import dataclass
from multiprocessing.connection import Connection, wait
from multiprocessing.process import BaseProcess

from pluscheck.base.answers import interrupt
from pluscheck.base.diagnostics import Diagnostic
from pluscheck.base.errors import SpecError
from pluscheck.base.memory import held_memory, resident_memory
from pluscheck.base.processes import FORKS, begin_beside, beside
from pluscheck.base.stack import thread_on_large_stack
from pluscheck.core.system import TransitionSystem
from pluscheck.engines.interface import Budget, Engine, Findings, Progress
from pluscheck.evidence.verdict import Reason

CAN_PAUSE = hasattr(signal, "SIGSTOP") and sys.platform != "win32"
"""Whether a process can be made to wait, so that another has its turn."""

_WATCH = 0.1
"""Seconds between two looks of a worker at whether its parent still lives, where the system does not tell."""


@dataclass(frozen=True, slots=True)
class Job:
    """What a worker is to do. `load` returns the engine; it must be a function of a module, so that any process finds it."""

    engine: str
    load: Callable[[], Engine]
    system: TransitionSystem
    wanted: frozenset[str]
    budget: Budget


@dataclass(frozen=True, slots=True)
class Failed:
    """An engine fell: its fault, and what Python says of where."""

    engine: str
    error: str
    where: str


@dataclass(frozen=True, slots=True)
class Wrong:
    """The system cannot be checked: what is wrong with it."""

    diagnostics: tuple[Diagnostic, ...]


@dataclass(frozen=True, slots=True)
class Gone:
    """A worker ended with nothing in its hands: it was asked to, or killed, or out of memory."""

    engine: str
    reason: Reason


Message = Progress | Findings | Wrong | Failed | Gone
"""What comes from a worker. After anything but `Progress` nothing comes."""


class Worker:
    """One engine at work in its own process."""

    def __init__(self, job: Job) -> None:
        self.job = job
        self.ended = False
        self.paused = False
        self._ran = 0.0
        self._since = time.monotonic()
        self._shared = held_memory() if FORKS else 0
        self.connection, theirs = multiprocessing.Pipe()
        self._process = _process(theirs, job)
        self._process.start()
        theirs.close()

    @property
    def seconds(self) -> float:
        """How long it ran, without its pauses."""
        return self._ran + (0.0 if self.paused or self.ended else time.monotonic() - self._since)

    @property
    def turn(self) -> float:
        """How long it has been running since its last pause."""
        return 0.0 if self.paused else time.monotonic() - self._since

    def pause(self) -> None:
        """Let it wait."""
        self._ran = self.seconds
        self.paused = True
        self._signal(signal.SIGSTOP)

    def resume(self) -> None:
        """Let it go on."""
        if self.paused:
            self.paused = False
            self._since = time.monotonic()
            self._signal(signal.SIGCONT)

    def ask_to_stop(self) -> None:
        """Ask it to hand over what it knows. It may take its time, or not listen at all."""
        self.resume()
        with contextlib.suppress(OSError):
            self.connection.send("stop")

    def received(self) -> Message | None:
        """Return what it says next; None if it says nothing now."""
        try:
            if not self.connection.poll():
                return None
            message: Message = self.connection.recv()
        except (EOFError, OSError):
            message = Gone(
                self.job.engine, Reason.MEMORY
            )  # what kills a process that did nothing wrong is want of memory
        if not isinstance(message, Progress):
            self.end()
        return message

    def memory(self) -> int:
        """Return how many bytes it holds beyond those that it shares with its parent since its start, where the system tells."""
        if self.ended or self._process.pid is None:
            return 0
        return max(0, resident_memory(self._process.pid) - self._shared)

    def end(self) -> None:
        """End it at once."""
        if not self.ended:
            self._ran = self.seconds
            self.ended = True
            self._process.kill()
            self._process.join()
            self._process.close()
            self.connection.close()

    def _signal(self, number: int) -> None:
        if self._process.pid is not None:
            with contextlib.suppress(ProcessLookupError):
                os.kill(self._process.pid, number)


def spoken(workers: list[Worker], *, seconds: float) -> list[Worker]:
    """Return the workers that have something to say, as soon as one has, or after so many seconds."""
    by_connection = {worker.connection: worker for worker in workers}
    return [by_connection[each] for each in wait(list(by_connection), seconds) if isinstance(each, Connection)]


def _process(connection: Connection, job: Job) -> BaseProcess:
    """Return a process that will do the job."""
    return beside(_worker, connection, job, os.getpid())


# ------------------------------------------------------------------------------------- in the process


def _worker(connection: Connection, job: Job, parent: int) -> None:
    """Run the engine, and end this process as soon as what it found is sent, or nobody is there to be told."""
    begin_beside()
    stop = threading.Event()
    sending = threading.Lock()

    def send(message: Message) -> None:
        with sending:
            connection.send(message)

    def run() -> None:
        try:
            send(_outcome(job, stop, send))
        except OSError:
            pass  # nobody listens any more
        finally:
            os._exit(0)  # without a look back: what a fork shares with its parent is the parent's to clean up

    thread_on_large_stack(run)
    while os.getppid() == parent:
        if stop.is_set():
            interrupt()
        try:
            if connection.poll(_WATCH):
                connection.recv()
                stop.set()
        except (EOFError, OSError):
            break
    os._exit(0)


def _outcome(job: Job, stop: threading.Event, send: Callable[[Message], None]) -> Message:
    """Return what the engine finds, or how it fails."""

    def listener(progress: Progress) -> None:
        if stop.is_set():
            raise KeyboardInterrupt
        send(progress)

    try:
        return job.load()(job.system, job.wanted, job.budget, listener)
    except SpecError as error:
        return Wrong(error.diagnostics)
    except KeyboardInterrupt:
        return Gone(job.engine, Reason.INTERRUPTED)
    except MemoryError:
        return Gone(job.engine, Reason.MEMORY)
    except Exception as error:  # told to the parent, who raises it there
        return Failed(job.engine, f"{type(error).__name__}: {error}", traceback.format_exc())
