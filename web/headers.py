"""The headers that every answer carries: what a browser may load, keep and tell."""

from __future__ import annotations

from starlette.types import ASGIApp, Message, Receive, Scope, Send

POLICY = (
    "default-src 'none'; style-src 'self'; img-src 'self' data:; form-action 'self'; frame-ancestors 'none'; "
    "base-uri 'none'"
)
MAIL_POLICY = f"{POLICY}; frame-src 'self'"
"""For the page around a caught mail, which stands in a frame of its own."""
FRAMED_MAIL_POLICY = (
    "default-src 'none'; style-src 'unsafe-inline'; img-src data:; form-action 'none'; frame-ancestors 'self'; "
    "base-uri 'none'; sandbox allow-popups allow-popups-to-escape-sandbox"
)
"""For a mail's own HTML, which was written by others: it gets no origin, no script, no form."""

FILE_POLICY = "default-src 'none'; frame-ancestors 'none'; base-uri 'none'; form-action 'none'; sandbox"
"""For files that people added: should a browser show one after all, it has no origin and runs nothing."""

_ALWAYS = {
    # A personal link's address is its secret: not even our own stylesheet's request may carry it.
    "referrer-policy": "no-referrer",
    "x-content-type-options": "nosniff",
    "cross-origin-opener-policy": "same-origin",
    "cross-origin-resource-policy": "same-origin",
    "permissions-policy": "camera=(), geolocation=(), microphone=()",
    "x-robots-tag": "noindex, nofollow",
}
_ONE_YEAR = "max-age=31536000"


class Headers:
    """Adds the headers that an answer does not set itself; HSTS where the address in mails is https."""

    def __init__(self, app: ASGIApp, *, https: bool = False) -> None:
        self.app = app
        always = _ALWAYS | ({"strict-transport-security": _ONE_YEAR} if https else {})
        always |= {"content-security-policy": POLICY, "cache-control": "no-store"}
        self.always = [(name.encode("latin-1"), value.encode("latin-1")) for name, value in always.items()]

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one request."""
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return

        async def send_with(message: Message) -> None:
            if message["type"] == "http.response.start":
                # ASGI's names are in small letters. Every answer passes here: what it has set is looked through once.
                said = list(message.get("headers", ()))
                given = {name for name, _ in said}
                message["headers"] = said + [one for one in self.always if one[0] not in given]
            await send(message)

        await self.app(scope, receive, send_with)
