"""What becomes of programs when the process that runs them is no more, and of the lock that they write under."""

from __future__ import annotations

import os
import pty
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Sequence
from functools import partial
from pathlib import Path

import pytest

from difykit.core import child_process, files, process
from difykit.core import spawner as spawning
from difykit.core.errors import DifyKitError

PATIENCE = 20.0


def until(true: Callable[[], bool]) -> bool:
    end = time.monotonic() + PATIENCE
    while not true() and time.monotonic() < end:
        time.sleep(0.02)
    return true()


def lives(pid: int) -> bool:
    try:
        state = Path(f"/proc/{pid}/stat").read_text().rpartition(") ")[2][:1]
    except OSError:
        return False
    return state not in {"Z", "X"}


def pids(folder: Path, count: int) -> list[int]:
    """The ids that the shells of a test wrote down, once all of them did."""
    assert until(lambda: len([path for path in folder.glob("pid-*") if path.read_text().strip()]) == count)
    return [int(path.read_text()) for path in folder.glob("pid-*")]


def running(code: str, folder: Path) -> subprocess.Popen[bytes]:
    return subprocess.Popen([sys.executable, "-c", f"from difykit.core import files, process\n{code}"], cwd=folder)


NOTED = "echo $$ > pid-$$; "
TREES = {
    "a program": f"{NOTED} exec sleep 60",
    "what it starts": f"{NOTED} sh -c '{NOTED} exec sleep 60' & sh -c '{NOTED} sleep 60; true'; true",
    "what does not listen": f"trap '' TERM; {NOTED} sh -c '{NOTED} sleep 60; sleep 60'; sleep 60",
    "what is stopped": f"{NOTED} sh -c '{NOTED} kill -STOP $$; sleep 60' & wait",
}
COUNTS = {"a program": 1, "what it starts": 3, "what does not listen": 2, "what is stopped": 2}


@pytest.mark.parametrize("number", [signal.SIGKILL, signal.SIGTERM, signal.SIGINT])
@pytest.mark.parametrize("tree", TREES)
def test_a_program_and_what_it_started_end_with_the_process(tmp_path: Path, tree: str, number: signal.Signals) -> None:
    child = running(f"process.run(['sh', '-c', {TREES[tree]!r}])", tmp_path)
    ids = pids(tmp_path, COUNTS[tree])
    os.kill(child.pid, number)
    child.wait()
    assert until(lambda: not any(lives(pid) for pid in ids))


@pytest.mark.parametrize("how", ["stream", "save", "reading", "feeding", "dialogue"])
def test_whichever_way_it_is_run(tmp_path: Path, how: str) -> None:
    argv = ["sh", "-c", f"{NOTED} sleep 60; true"]
    calls = {
        "stream": f"process.stream({argv!r}, print)",
        "save": f"process.save({argv!r}, print)",
        "reading": f"with process.reading({argv!r}) as source: source.read()",
        "feeding": f"with process.feeding({argv!r}) as write: write(b'x')",
        "dialogue": f"process.Dialogue({argv!r}).stdout.read()",
    }
    child = running(calls[how], tmp_path)
    ids = pids(tmp_path, 1)
    child.kill()
    child.wait()
    assert until(lambda: not any(lives(pid) for pid in ids))


def test_a_daemon_lives_on_and_keeps_neither_the_output_nor_the_lock(tmp_path: Path) -> None:
    with files.locked(tmp_path / "lock", "a test"):
        process.run(["sh", "-c", f"setsid sh -c '{NOTED} sleep 30' &"], cwd=tmp_path)
    (pid,) = pids(tmp_path, 1)
    with files.locked(tmp_path / "lock", "a test"):
        assert lives(pid)
    os.kill(pid, signal.SIGKILL)


def test_a_process_that_is_not_its_own_is_left_alone(tmp_path: Path) -> None:
    other = subprocess.Popen(["sleep", "60"])
    child = running(f"process.run(['sh', '-c', '{NOTED} exec sleep 60'])", tmp_path)
    pids(tmp_path, 1)
    child.kill()
    child.wait()
    time.sleep(0.5)
    assert other.poll() is None
    other.kill()
    other.wait()


def test_the_lock_lasts_as_long_as_what_writes_under_it(tmp_path: Path) -> None:
    writes = f"trap '' TERM; {NOTED} sleep 1; touch written"
    argv = f"['sh', '-c', {writes!r}]"
    code = f"with files.locked(Path('lock'), 'difykit a'): process.run({argv}, hold=files.held_locks())"
    child = running(f"from pathlib import Path\n{code}", tmp_path)
    pids(tmp_path, 1)
    child.kill()
    child.wait()
    said: list[str] = []
    with files.locked(tmp_path / "lock", "difykit b", on_wait=said.append):
        assert (tmp_path / "written").exists()
    assert all("was ended; what it started still writes" in text for text in said)


def test_a_process_that_lives_is_not_waited_for(tmp_path: Path) -> None:
    with (
        files.locked(tmp_path / "lock", "difykit a"),
        pytest.raises(DifyKitError, match=r"difykit a .* is at work in this workspace"),
        files.locked(tmp_path / "lock", "difykit b"),
    ):
        pass


def test_what_outlives_goes_on_and_keeps_its_lock(tmp_path: Path) -> None:
    code = (
        "from pathlib import Path\n"
        "with files.locked(Path('lock'), 'difykit deploy') as held:\n"
        f"    process.outlive(['sh', '-c', '{NOTED} sleep 1; touch done'], print, log=Path('log'), hold=[held])"
    )
    child = running(code, tmp_path)
    (pid,) = pids(tmp_path, 1)
    child.kill()
    child.wait()
    assert lives(pid)
    with files.locked(tmp_path / "lock", "difykit deploy", patience=PATIENCE):
        assert (tmp_path / "done").exists()


def test_a_program_may_ask_at_the_terminal() -> None:
    ask = "printf 'passphrase: ' > /dev/tty; read word < /dev/tty; echo got-$word"
    code = f"from difykit.core import process; print(process.run(['sh', '-c', {ask!r}]).text)"
    pid, terminal = pty.fork()
    if not pid:
        os.execv(sys.executable, [sys.executable, "-c", code])
    said = b""
    while b"passphrase: " not in said:
        said += os.read(terminal, 1024)
    os.write(terminal, b"secret\n")
    while b"got-secret" not in said:
        said += os.read(terminal, 1024)
    os.waitpid(pid, 0)
    os.close(terminal)


def test_a_program_that_cannot_be_started_says_why(tmp_path: Path) -> None:
    program = tmp_path / "program"
    program.write_bytes(b"\x7fELF, or not")
    program.chmod(0o755)
    with pytest.raises(OSError, match="Exec format error"):
        process.run([str(program)])


def test_a_lost_parent_of_programs_is_replaced() -> None:
    process.run(["true"])
    os.kill(child_process._spawners.pid, signal.SIGKILL)
    time.sleep(0.2)
    assert process.run(["echo", "again"]).text == "again\n"


def test_an_order_that_ctrl_c_cuts_off_keeps_nobody_waiting(monkeypatch: pytest.MonkeyPatch) -> None:
    nothing = os.open(os.devnull, os.O_RDWR)
    start = partial(child_process.start, stdin=nothing, stdout=nothing, stderr=nothing)
    sleeping = start(["sleep", "0.2"])

    def cut_off(orders: socket.socket, parts: Sequence[bytes], fds: Sequence[int]) -> None:
        send_fds(orders, parts, fds)
        raise KeyboardInterrupt

    send_fds = socket.send_fds
    monkeypatch.setattr(socket, "send_fds", cut_off)
    with pytest.raises(KeyboardInterrupt):
        start(["true"])
    monkeypatch.undo()
    assert sleeping.wait(PATIENCE) == 0
    assert start(["false"]).wait(PATIENCE) == 1
    os.close(nothing)


@pytest.mark.parametrize("size", [0, 1, 3, 4, 5, 20])
def test_the_parent_of_programs_does_not_wait_for_the_rest_of_an_order(size: int) -> None:
    orders, served = socket.socketpair()
    with served:
        spawner = subprocess.Popen([sys.executable, "-I", "-S", spawning.__file__], stdin=served.fileno())
    with orders, open(os.devnull, "r+b") as nothing:  # noqa: PTH123 - a device
        channel, child_end = socket.socketpair()
        streams = [nothing.fileno()] * 3
        order = b"/bin/sleep\0/\x002\0sleep\x000.2"
        with child_end:
            socket.send_fds(orders, [len(order).to_bytes(4, "big")], [child_end.fileno(), *streams])
            orders.sendall(order)
            if size:
                cut_off = (len(order).to_bytes(4, "big") + order)[:size]
                socket.send_fds(orders, [cut_off], [child_end.fileno(), *streams])
        channel.settimeout(PATIENCE)
        with channel:
            assert channel.recv(64) == b"0\n"
    assert spawner.wait(PATIENCE) == 0
