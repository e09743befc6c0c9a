"""Keeps the tokens of personal links out of access logs."""

from __future__ import annotations

import logging
import re

_PERSONAL = re.compile(r"/(track|act|calendar|unsubscribe|webhooks/[^/?\s\"]+)/[^/?\s\"]+")
HIDDEN = "…"


def redacted(path: str) -> str:
    """`path` with the token of a personal link replaced by `…`."""
    return _PERSONAL.sub(rf"/\1/{HIDDEN}", path)


class RedactTokens(logging.Filter):
    """Rewrites the arguments of a log record that name a personal link."""

    def filter(self, record: logging.LogRecord) -> bool:
        """Let every record pass, without tokens."""
        if isinstance(record.args, tuple):
            record.args = tuple(redacted(arg) if isinstance(arg, str) else arg for arg in record.args)
        return True


def hide_tokens() -> None:
    """Redact what the server logs of each request."""
    for name in ("uvicorn.access", "uvicorn.error"):
        logger = logging.getLogger(name)
        if not any(isinstance(known, RedactTokens) for known in logger.filters):
            logger.addFilter(RedactTokens())
