"""The supervisor's parts: ports, folders, children that outlive nothing."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
import time
from pathlib import Path

import pytest

from deployments.child import Child
from deployments.machine import _require_secrets
from deployments.ports import PortTaken, require_free, some_free_port
from deployments.refusal import CommandRefused
from deployments.supervisor import sole_user
from tests.engine.conftest import wait_for

SLEEPS = [sys.executable, "-c", "import time; time.sleep(60)"]
STUBBORN = [
    sys.executable,
    "-c",
    "import signal, time; signal.signal(signal.SIGTERM, signal.SIG_IGN); print('deaf', flush=True); time.sleep(60)",
]


def is_alive(pid: int) -> bool:
    """Whether the process exists and is no zombie."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()[0] != "Z"
    except OSError:
        return False


def child(folder: Path, command: list[str], grace: float = 5.0) -> Child:
    """A child whose log lies in `folder`."""
    return Child("helper", command, dict(os.environ), folder / "helper.log", grace=grace)


def test_a_taken_port_is_named_with_its_holder_and_the_way_out() -> None:
    """Whoever reads the refusal knows which port, who has it, and which option chooses another."""
    with socket.socket() as holder:
        holder.bind(("127.0.0.1", 0))
        holder.listen()
        port = holder.getsockname()[1]
        with pytest.raises(PortTaken) as refused:
            require_free(port, "the form", "--web-port")
    assert str(port) in str(refused.value)
    assert "--web-port" in str(refused.value)
    assert str(os.getpid()) in str(refused.value)


def test_a_free_port_is_taken_without_a_word() -> None:
    """A port that nobody listens on is no obstacle."""
    require_free(some_free_port(), "the form", "--web-port")


def test_one_data_folder_serves_one_supervisor(tmp_path: Path) -> None:
    """A second `expedite up` on the same folder is refused and told which process has it."""
    with sole_user(tmp_path), pytest.raises(CommandRefused, match=str(os.getpid())), sole_user(tmp_path):
        pass


def test_a_folder_that_is_left_can_be_used_again(tmp_path: Path) -> None:
    """The lock goes with its holder."""
    for _ in range(2):
        with sole_user(tmp_path):
            assert (tmp_path / "up.lock").exists()


def test_a_data_folder_that_cannot_be_made_is_refused_with_the_option(tmp_path: Path) -> None:
    """A folder that cannot be written names itself and the option that chooses another."""
    (tmp_path / "file").touch()
    with pytest.raises(CommandRefused, match="--data"), sole_user(tmp_path / "file" / "data"):
        pass


@pytest.mark.parametrize("host", ["0.0.0.0", "192.0.2.7", "::"])
def test_a_public_address_without_secrets_is_refused(host: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Nothing is offered to a network before what guards it is set, and the refusal says what to set."""
    monkeypatch.delenv("EXPEDITE_SECRET_KEY", raising=False)
    monkeypatch.delenv("EXPEDITE_BOARD_USERS", raising=False)
    with pytest.raises(CommandRefused, match="EXPEDITE_SECRET_KEY"):
        _require_secrets(host)


def test_a_child_that_ends_is_started_again_and_said(tmp_path: Path) -> None:
    """A process that dies comes back after a pause, and people are told why, with the end of its log."""
    one = child(tmp_path, [sys.executable, "-c", "print('the reason', flush=True); raise SystemExit(3)"])
    one.start()
    news = wait_for(one.tend, 10)
    assert "exit status 3" in news
    assert "the reason" in news
    assert "started again" in wait_for(one.tend, 10)
    one.stop()


def test_a_child_ends_when_it_is_asked(tmp_path: Path) -> None:
    """SIGTERM is enough for a well-behaved process."""
    one = child(tmp_path, SLEEPS)
    one.start()
    pid = one.pid
    assert pid is not None
    assert one.stop()
    assert not is_alive(pid)


def test_a_child_that_does_not_listen_is_killed_when_its_time_is_over(tmp_path: Path) -> None:
    """Ctrl-C leaves nothing running, whatever a process thinks of it."""
    one = child(tmp_path, STUBBORN, grace=0.3)
    one.start()
    wait_for(lambda: "deaf" in (tmp_path / "helper.log").read_text())
    pid = one.pid
    assert pid is not None
    assert not one.stop()
    assert not is_alive(pid)


def test_children_follow_a_killed_supervisor(tmp_path: Path) -> None:
    """Even a supervisor that is killed with -9 leaves no process behind."""
    program = f"""
import os, sys, time
from pathlib import Path
from deployments.child import Child
one = Child("helper", {SLEEPS!r}, dict(os.environ), Path({str(tmp_path)!r}) / "helper.log", grace=1)
one.start()
print(one.pid, flush=True)
time.sleep(60)
"""
    root = str(Path(__file__).parents[2])
    supervisor = subprocess.Popen(
        [sys.executable, "-c", program], stdout=subprocess.PIPE, env={**os.environ, "PYTHONPATH": root}
    )
    assert supervisor.stdout is not None
    with supervisor.stdout as output:
        pid = int(output.readline())
    assert is_alive(pid)
    supervisor.send_signal(signal.SIGKILL)
    supervisor.wait()
    wait_for(lambda: not is_alive(pid), 5, "the child's end")


def test_the_command_answers_for_help_without_loading_the_engine() -> None:
    """`expedite --help` loads neither Prefect nor the database's libraries."""
    program = (
        "import sys; sys.argv = ['expedite', '--help']\n"
        "from deployments.cli import main\n"
        "try: main()\n"
        "except SystemExit: pass\n"
        "print(sorted({'prefect', 'sqlalchemy'} & set(sys.modules)))"
    )
    began = time.monotonic()
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert done.stdout.splitlines()[-1] == "[]"
    assert "Start the web app" in done.stdout
    assert time.monotonic() - began < 30
