"""The parent of the programs that difykit runs, and their end when difykit is no more, whatever ended it.

A program of its own, started by `difykit.core.child_process` when the first one is needed. It starts what it is asked
to start and tells how that ended. Each program has a channel: when the other end of it is closed, by difykit or by the
kernel since difykit was killed, the program ends, and whatever it had started.

That is right on Linux and macOS alike, where a death signal (Linux alone) would miss what git itself starts, and a
process group of its own would take the terminal from ssh and credential helpers, which ask for passphrases there: all
of them stay in difykit's own group and session.

Nothing else is ever hit. A program cannot lose its id while its parent, this one, has not asked how it ended; what it
started is stopped from the top down, pinned (by a pidfd, or by when it began), and looked at once more before it is
signalled. What has left the tree by then is a daemon, and lives on: an ssh master, a cache of credentials.

Standard library only, and little of it: this starts before the first program does.
"""

from __future__ import annotations

import os
import select
import signal
import socket
import sys
import time
from collections.abc import Iterable, Iterator

GRACE = 3.0
"""Seconds between being asked to end and being made to."""

_LINUX = sys.platform.startswith("linux")
_PROGRAM_FDS = 4  # its channel and three streams
_SIZE = 4  # bytes at the head of an order: how many follow


class _Pinned:
    """A process that cannot be mistaken for another: by a pidfd, or by when it began."""

    def __init__(self, pid: int, began: str) -> None:
        self.pid, self._began, self._fd = pid, began, -1
        if hasattr(os, "pidfd_open") and hasattr(signal, "pidfd_send_signal"):
            try:
                fd = os.pidfd_open(pid)
            except OSError:
                return  # an old kernel, or it has ended
            if self.lives():
                self._fd = fd  # the file was of this process, and of no later one
            else:
                os.close(fd)

    def send(self, number: int) -> None:
        if not self.lives():
            return
        try:
            if self._fd >= 0:
                signal.pidfd_send_signal(self._fd, number)
            else:
                os.kill(self.pid, number)
        except OSError:
            return  # it has ended meanwhile, or runs as somebody else

    def lives(self) -> bool:
        if self._fd < 0:
            return _processes(self.pid).get(self.pid, (0, ""))[1] == self._began
        poll = select.poll()
        poll.register(self._fd, select.POLLIN)
        return not poll.poll(0)

    def close(self) -> None:
        if self._fd >= 0:
            os.close(self._fd)


class _Program:
    """One that was started: its id, the channel to who wants it, and what is pinned of it once it has to end."""

    def __init__(self, pid: int, channel: socket.socket) -> None:
        self.pid, self.channel = pid, channel
        self.reaped = False
        self.deadline = 0.0
        self.pinned: dict[int, _Pinned] = {}

    def ask_to_end(self) -> None:
        self.deadline = time.monotonic() + GRACE
        self._freeze()
        for number in (signal.SIGTERM, signal.SIGCONT):
            self._send(number)

    def ended(self) -> bool:
        """Whether all of it has; what has not by the deadline is made to."""
        if self.reaped and not any(handle.lives() for handle in self.pinned.values()):
            return True
        if time.monotonic() > self.deadline:
            self._freeze()
            self._send(signal.SIGKILL)
        return False

    def close(self) -> None:
        for handle in self.pinned.values():
            handle.close()

    def _freeze(self) -> None:
        """Stop the program and all below it, from the top, so that nothing new can appear meanwhile."""
        for _ in range(100):
            table = _processes()
            tops = [pid for pid, handle in self.pinned.items() if handle.lives()]
            top = [] if self.reaped else [self.pid]
            fresh = [pid for pid in _below(table, [*tops, *top]) if pid not in self.pinned]
            if not fresh:
                return
            for pid in fresh:
                self.pinned[pid] = _Pinned(pid, table[pid][1])
                self.pinned[pid].send(signal.SIGSTOP)

    def _send(self, number: int) -> None:
        for handle in self.pinned.values():
            handle.send(number)


def _below(table: dict[int, tuple[int, str]], tops: Iterable[int]) -> Iterator[int]:
    """These processes and all that they started, and these."""
    level = {pid for pid in tops if pid in table}
    while level:
        yield from sorted(level)
        level = {pid for pid, (parent, _) in table.items() if parent in level}


def _processes(pid: int = 0) -> dict[int, tuple[int, str]]:
    """The parent of each process that has not ended, or of this one, and when it began."""
    return dict(_from_proc([str(pid)] if pid else os.listdir("/proc"))) if _LINUX else dict(_from_ps())


def _from_proc(names: Iterable[str]) -> Iterator[tuple[int, tuple[int, str]]]:
    for name in names:
        if name.isdigit():
            try:
                with open(f"/proc/{name}/stat", "rb") as file:
                    fields = file.read().rpartition(b")")[2].split()
            except OSError:
                continue
            if fields[0] not in {b"Z", b"X"}:
                yield int(name), (int(fields[1]), fields[19].decode())


def _from_ps() -> Iterator[tuple[int, tuple[int, str]]]:
    reading, writing = os.pipe()
    pid = _spawn("/bin/ps", ["ps", "-axo", "pid=,ppid=,stat=,lstart="], dict(os.environ), [0, writing, 2])
    os.close(writing)
    with open(reading, "rb") as file:
        rows = file.read().splitlines()
    os.waitpid(pid, 0)
    for row in rows:
        number, parent, state, began = row.decode("ascii", "replace").split(None, 3)
        if int(number) != pid and not state.startswith("Z"):
            yield int(number), (int(parent), began)


def _spawn(program: str, argv: list[str], env: dict[str, str], streams: list[int]) -> int:
    actions = [(os.POSIX_SPAWN_DUP2, stream, number) for number, stream in enumerate(streams)]
    ignored = [signal.SIGPIPE, signal.SIGXFSZ]  # by Python, and programs count on them
    return os.posix_spawn(program, argv, env, file_actions=actions, setsigdef=ignored)


def _start(fds: list[int], payload: bytes) -> _Program | None:
    """Start what was asked for, and answer on its channel where that fails."""
    channel = socket.socket(fileno=fds[0])
    program, cwd, count, *texts = payload.decode("utf-8", "surrogateescape").split("\0")
    argv, env = texts[: int(count)], dict(text.split("=", 1) for text in texts[int(count) :])
    for fd in fds[_PROGRAM_FDS:]:
        os.set_inheritable(fd, True)
    try:
        os.chdir(cwd)
        pid = _spawn(program, argv, env, fds[1:_PROGRAM_FDS])
    except OSError as error:
        _tell(channel, b"!%d\n" % (error.errno or 1))
        channel.close()
        return None
    finally:
        os.chdir("/")
        for fd in fds[1:]:
            os.close(fd)
    return _Program(pid, channel)


def _tell(channel: socket.socket, line: bytes) -> None:
    try:
        channel.sendall(line)
    except OSError:
        return  # nobody is there any more: the channel's end says so as well


class _Spawner:
    """What is asked for on one socket, started; ends when that socket is closed and all has ended."""

    def __init__(self, orders: socket.socket, wake: int) -> None:
        self._orders: socket.socket | None = orders
        self._order, self._fds = bytearray(), list[int]()  # what has come of the next order, its size first
        self._wake = wake
        self._programs: list[_Program] = []
        self._poll = select.poll()
        self._poll.register(orders, select.POLLIN)
        self._poll.register(wake, select.POLLIN)

    def run(self) -> None:
        while self._orders or self._programs:
            ending = any(program.deadline for program in self._programs)
            ready = {fd for fd, _ in self._poll.poll(20 if ending else None)}
            if self._wake in ready:
                self._hear(os.read(self._wake, 4096))
            for program in list(self._programs):
                if not program.reaped and program.channel.fileno() in ready:
                    self._end(program)  # nothing is ever said on a channel: its other end was closed
            if self._orders and self._orders.fileno() in ready:
                self._take(self._orders)
            for program in [program for program in self._programs if program.deadline and program.ended()]:
                self._drop(program)

    def _hear(self, signals: bytes) -> None:
        for program in list(self._programs):
            if signal.SIGTERM in signals:
                self._end(program)
            self._reap(program)

    def _end(self, program: _Program) -> None:
        if not program.deadline:
            self._poll.unregister(program.channel)
            program.ask_to_end()

    def _reap(self, program: _Program) -> None:
        if program.reaped:
            return
        pid, status = os.waitpid(program.pid, os.WNOHANG)
        if not pid:
            return
        program.reaped = True
        _tell(program.channel, b"%d\n" % os.waitstatus_to_exitcode(status))
        if not program.deadline:
            self._drop(program)

    def _drop(self, program: _Program) -> None:
        self._programs.remove(program)
        if not program.deadline:
            self._poll.unregister(program.channel)
        program.channel.close()
        program.close()

    def _take(self, orders: socket.socket) -> None:
        """Read on in an order, without waiting for its rest: ^C may have cut it off, and others wait for their ends."""
        part, fds, _, _ = socket.recv_fds(orders, self._missing(), 64)
        self._fds += fds
        for fd in fds:
            os.set_inheritable(fd, False)
        self._order += part
        if not part:
            self._stop_listening(orders)
        elif not self._missing():
            fds, payload = self._fds, bytes(self._order[_SIZE:])
            self._order, self._fds = bytearray(), []
            if program := _start(fds, payload):
                self._programs.append(program)
                self._poll.register(program.channel, select.POLLIN)
                self._reap(program)

    def _missing(self) -> int:  # of the head alone, as long as that does not say how many bytes follow
        length = int.from_bytes(self._order[:_SIZE], "big") if len(self._order) >= _SIZE else 0
        return _SIZE + length - len(self._order)

    def _stop_listening(self, orders: socket.socket) -> None:
        for fd in self._fds:
            os.close(fd)
        self._poll.unregister(orders)
        self._orders = None


def _listen() -> int:
    """Signals wake the loop and do nothing else: ^C and a closed terminal reach the programs themselves."""
    reading, writing = os.pipe()
    os.set_blocking(reading, False)
    os.set_blocking(writing, False)
    signal.set_wakeup_fd(writing, warn_on_full_buffer=False)
    for number in (signal.SIGCHLD, signal.SIGTERM, signal.SIGINT, signal.SIGHUP, signal.SIGQUIT):
        if signal.getsignal(number) is not signal.SIG_IGN or number == signal.SIGCHLD:
            signal.signal(number, lambda *_: None)
    return reading


def main() -> None:
    """Serve the socket that is this program's standard input."""
    orders = socket.socket(fileno=os.dup(0))
    nothing = os.open(os.devnull, os.O_RDWR)
    os.dup2(nothing, 0)
    os.close(nothing)
    os.chdir("/")
    _Spawner(orders, _listen()).run()


if __name__ == "__main__":
    main()
