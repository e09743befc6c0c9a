"""E-mail: one file and one template folder per message, rendering, the yagmail transport, the local catcher."""

from notifications import messages

# Importing any part fills the registry of messages, so that a stored name always finds its class.
__all__ = ["messages"]
