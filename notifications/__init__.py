"""E-mail: one file and one template folder per message, rendering, the yagmail transport, the local catcher."""
