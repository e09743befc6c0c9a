"""The ASGI application: form, webhooks, tracking, action pages, caught mail, health."""
