"""What a command of ours will not do."""

from __future__ import annotations


class CommandRefused(Exception):
    """The message is the reason and the way out: it goes to stderr, and the exit status is 1."""
