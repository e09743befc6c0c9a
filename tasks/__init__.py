"""Prefect tasks: thin, idempotent, retryable shells around services."""
