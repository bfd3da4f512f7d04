"""A process for calls that may never return: it is kept from one call to the next, and killed when one is overdue.

A thread cannot be killed, and native code that hangs may hold the interpreter with it; so only a process survives
everything. It is started by a command rather than forked: solvers have threads. Work goes there by the name of its
function, with its arguments pickled.
"""

from __future__ import annotations

import contextlib
import os
import pickle
import signal
import subprocess
import sys
import weakref
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from concurrent.futures import TimeoutError as Overdue
from dataclasses import dataclass, field
from typing import IO, Any, TypeVar

from sim.world import World

Answer = TypeVar("Answer")

GRACE_SECONDS = 5.0
"""How long after its guard an answer may come."""
_START_SECONDS = 120.0
_HANGS_IN_A_ROW, _CALLS_LEFT_OUT = 5, 20
_SIZE_BYTES = 8
_BEGIN = "import sys; sys.path[:] = {path!r}; from optimize.solver_process import serve; serve()"


class NoAnswerError(Exception):
    """The process did not answer in time, died, or was not asked."""


@dataclass(slots=True, weakref_slot=True)
class SolverProcess:
    """One other process, started at its first call.

    After five calls in a row that hung, the next 20 are not made, so that a solver that is broken for good costs a run
    a bounded share of its calls' guards.
    """

    _process: subprocess.Popen[bytes] | None = field(default=None, init=False, repr=False)
    _hung: int = field(default=0, init=False)
    _left_out: int = field(default=0, init=False)

    @classmethod
    def of(cls, world: World) -> SolverProcess | None:
        """One for a policy of this world, if its rules ask for that."""
        return cls() if world.rules.isolate_solvers else None

    def ask(self, work: Callable[..., Answer], *arguments: Any, guard_seconds: float) -> Answer:
        """What ``work`` returns there.

        Raises
        ------
        NoAnswerError
            Why there is none; the next call finds a new process.
        """
        if self._hung >= _HANGS_IN_A_ROW and self._left_out < _CALLS_LEFT_OUT:
            self._left_out += 1
            raise NoAnswerError(f"not asked: the last {self._hung} calls hung")
        self._left_out = 0
        process = self._process or self._start()
        seconds = guard_seconds + GRACE_SECONDS
        try:
            answer = _within(seconds, process, pickle.dumps((seconds, work, arguments), protocol=5))
        except Overdue:
            self._end(process)
            self._hung += 1
            raise NoAnswerError(f"hung: killed after {seconds:g} s") from None
        except (OSError, EOFError):
            self._end(process)
            raise NoAnswerError(f"its process died ({process.returncode})") from None
        self._hung = 0
        return answer

    def close(self) -> None:
        """End the process; a later call starts another."""
        if self._process is not None:
            self._end(self._process)

    def _start(self) -> subprocess.Popen[bytes]:
        command = [sys.executable, "-c", _BEGIN.format(path=sys.path)]
        process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE)
        weakref.finalize(self, _kill, process)
        self._process = process
        try:
            _within(_START_SECONDS, process, pickle.dumps((_START_SECONDS, _ready, ())))
        except (Overdue, OSError, EOFError):
            self._end(process)
            raise NoAnswerError("its process does not start") from None
        return process

    def _end(self, process: subprocess.Popen[bytes]) -> None:
        _kill(process)
        self._process = None


def _kill(process: subprocess.Popen[bytes]) -> None:
    process.kill()
    process.wait()
    for pipe in (process.stdin, process.stdout):
        if pipe is not None:
            with contextlib.suppress(OSError):  # what was not sent is of no use any more
                pipe.close()


def _within(seconds: float, process: subprocess.Popen[bytes], message: bytes) -> Any:
    """Send and receive; a thread does it, for no way to wait for a pipe is the same on all systems."""
    pool = ThreadPoolExecutor(1)
    try:
        return pickle.loads(pool.submit(_exchange, process, message).result(seconds))
    finally:
        pool.shutdown(wait=False)


def _exchange(process: subprocess.Popen[bytes], message: bytes) -> bytes:
    assert process.stdin is not None
    assert process.stdout is not None
    _send(process.stdin, message)
    return _receive(process.stdout)


def _send(pipe: IO[bytes], message: bytes) -> None:
    pipe.write(len(message).to_bytes(_SIZE_BYTES, "little"))
    pipe.write(message)
    pipe.flush()


def _receive(pipe: IO[bytes]) -> bytes:
    size = pipe.read(_SIZE_BYTES)
    message = pipe.read(int.from_bytes(size, "little"))
    if len(size) < _SIZE_BYTES or len(message) < int.from_bytes(size, "little"):
        raise EOFError
    return message


def _ready() -> None:
    """Load what most calls need, so that it is not taken for a part of the first."""
    from ortools.math_opt.python import mathopt  # noqa: F401 (loaded for later)

    import optimize.solver  # noqa: F401 (as above)


def serve() -> None:
    """What the other process does: work that comes, until nobody sends any more."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # whoever asked decides when it ends
    answers = os.fdopen(os.dup(1), "wb")
    os.dup2(2, 1)  # what a solver prints must not come between
    while True:
        try:
            seconds, work, arguments = pickle.loads(_receive(sys.stdin.buffer))
        except EOFError:
            return
        _end_by_itself(2 * seconds)
        answer = work(*arguments)
        _end_by_itself(0)
        _send(answers, pickle.dumps(answer, protocol=5))


def _end_by_itself(seconds: float) -> None:
    """The system ends a process whose alarm rings, whatever it is in: nobody may be left to do it. 0: no more."""
    if hasattr(signal, "setitimer"):
        signal.setitimer(signal.ITIMER_REAL, seconds)
