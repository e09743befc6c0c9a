"""What the three processes are told through their environment; what the operator has set himself stands."""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path

RETENTION_DAYS = 30


@dataclass(frozen=True, slots=True)
class Addresses:
    """Where the parts listen, all on one machine. `catcher_port` is 0 where mail goes to a real server."""

    data: Path
    host: str
    web_port: int
    prefect_port: int
    catcher_port: int

    @property
    def shown_host(self) -> str:
        """The host in links: an address that means "every interface" is none."""
        return "127.0.0.1" if self.host in {"0.0.0.0", "::", ""} else self.host  # noqa: S104 -- compared, not bound

    @property
    def web(self) -> str:
        return f"http://{self.shown_host}:{self.web_port}"

    @property
    def prefect(self) -> str:
        return f"http://127.0.0.1:{self.prefect_port}"


def _with_defaults(defaults: dict[str, str]) -> dict[str, str]:
    return {**defaults, **os.environ}


def ours(addresses: Addresses) -> dict[str, str]:
    """The environment of the web app and, with Prefect's, of the worker."""
    environment = _with_defaults(
        {"EXPEDITE_BASE_URL": addresses.web, "EXPEDITE_PREFECT_UI_URL": addresses.prefect, "PYTHONUNBUFFERED": "1"}
    )
    environment["EXPEDITE_DATA"] = str(addresses.data)
    if addresses.catcher_port:
        environment["EXPEDITE_SMTP_URL"] = f"smtp://127.0.0.1:{addresses.catcher_port}"
        environment["EXPEDITE_CATCHER_PORT"] = str(addresses.catcher_port)
    return environment


def prefect_server(addresses: Addresses) -> dict[str, str]:
    """The Prefect server's environment: nobody is called home, old runs go, other sites' pages may not act."""
    return _with_defaults(
        {
            **_prefect(addresses),
            "PREFECT_SERVER_ANALYTICS_ENABLED": "false",
            "PREFECT_SERVER_UI_API_URL": f"{addresses.prefect}/api",
            # Another site's page cannot send JSON without the browser asking first, and the answer is no: tokens on top of that
            # would cost every client a request for each run.
            "PREFECT_SERVER_CORS_ALLOWED_ORIGINS": f"{addresses.prefect},http://localhost:{addresses.prefect_port}",
            # The vacuum's own default keeps every run for ever; ours hold codes, counts and links, and are still not kept.
            "PREFECT_SERVER_SERVICES_DB_VACUUM_ENABLED": "events,flow_runs",
            "PREFECT_SERVER_SERVICES_DB_VACUUM_RETENTION_PERIOD": str(RETENTION_DAYS * 86400),
            "PREFECT_SERVER_LOGGING_LEVEL": "WARNING",
        }
    )


def worker(addresses: Addresses) -> dict[str, str]:
    """The worker's environment: ours and what Prefect's client needs."""
    return {
        **_prefect(addresses),
        # One request less whenever a client is opened; both sides come from one environment.
        "PREFECT_CLIENT_SERVER_VERSION_CHECK_ENABLED": "false",
        **ours(addresses),
    }


def _prefect(addresses: Addresses) -> dict[str, str]:
    return {
        "DO_NOT_TRACK": "1",
        "PREFECT_HOME": str(addresses.data / "prefect"),
        # Without it every process of Prefect's starts a temporary server of its own.
        "PREFECT_API_URL": f"{addresses.prefect}/api",
        "PYTHONUNBUFFERED": "1",
    }
