"""Whether a port is free, and if not, who has it."""

from __future__ import annotations

import os
import socket
from pathlib import Path

LISTENING = "0A"


class PortTaken(Exception):
    """A port that another process listens on; the message names the port, the process where it can, and the way out."""

    def __init__(self, port: int, what_for: str, option: str) -> None:
        holder = holder_of(port)
        by = f" by process {holder}" if holder else ""
        super().__init__(
            f"Port {port} ({what_for}) is taken{by}. Stop that process, or choose another port with {option}."
        )
        self.port = port


def is_free(port: int, host: str = "127.0.0.1") -> bool:
    """Whether a server could listen on `port` now."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    with socket.socket(family, socket.SOCK_STREAM) as probe:
        # As servers do: connections of an earlier one that are still closing do not count.
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((host, port))
        except OSError:
            return False
    return True


def require_free(port: int, what_for: str, option: str, host: str = "127.0.0.1") -> None:
    """Raise PortTaken unless `port` is free."""
    if not is_free(port, host):
        raise PortTaken(port, what_for, option)


def some_free_port(host: str = "127.0.0.1") -> int:
    """A port that was free a moment ago."""
    with socket.socket() as probe:
        probe.bind((host, 0))
        number: int = probe.getsockname()[1]
        return number


def holder_of(port: int) -> str:
    """The listening process as "4711 (python)", "" where the system does not tell."""
    inodes = _listening_inodes(port)
    if not inodes:
        return ""
    for folder in Path("/proc").glob("[0-9]*"):
        try:
            descriptors = list((folder / "fd").iterdir())
            if any(_target(link) in inodes for link in descriptors):
                return f"{folder.name} ({(folder / 'comm').read_text().strip()})"
        except OSError:
            # Somebody else's process, or one that has just ended.
            continue
    return ""


def _target(link: Path) -> str:
    try:
        return os.readlink(link)
    except OSError:
        return ""


def _listening_inodes(port: int) -> set[str]:
    found = set()
    for table in ("/proc/net/tcp", "/proc/net/tcp6"):
        try:
            rows = Path(table).read_text().splitlines()[1:]
        except OSError:
            continue
        for row in rows:
            columns = row.split()
            if columns[3] == LISTENING and int(columns[1].rsplit(":", 1)[1], 16) == port:
                found.add(f"socket:[{columns[9]}]")
    return found
