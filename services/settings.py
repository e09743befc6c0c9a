"""The settings of an installation, from the environment or `.env`."""

from __future__ import annotations

import os
from pathlib import Path

from pydantic import ValidationError
from pydantic_settings import BaseSettings, SettingsConfigDict

DEMO_POLICY = Path(__file__).parent.parent / "deployments" / "demo" / "policy.yaml"
PREFIX = "EXPEDITE_"
WEBHOOK_PREFIX, WEBHOOK_SUFFIX = f"{PREFIX}WEBHOOK_", "_SECRET"
ENV_FILE = Path(".env")


class BadSettings(ValueError):
    """Settings that cannot be right, a line for each, named as it is set. No value is shown: it may be a secret."""


class Settings(BaseSettings):
    """Settings named EXPEDITE_…; a value that cannot be right stops the start with its name."""

    model_config = SettingsConfigDict(env_prefix=PREFIX, env_file=ENV_FILE, extra="ignore")

    data: Path = Path("data")
    database_url: str = ""
    policy: Path = DEMO_POLICY
    smtp_url: str = ""
    smtp_ca: Path | None = None
    mail_from: str = ""
    secret_key: str = ""
    base_url: str = "http://127.0.0.1:8080"
    prefect_ui_url: str = "http://127.0.0.1:4200"
    catcher_port: int = 0
    host: str = "127.0.0.1"
    trusted_proxies: str = "127.0.0.1 ::1"
    """Addresses and networks, separated by spaces, of the reverse proxies whose X-Forwarded-For is believed."""
    board_users: str = ""
    api_keys: str = ""
    """Programs that may use the API: name:role:unit:until:hash, or the path of a file of such lines."""
    heartbeat_url: str = ""
    """Of an outside monitor, asked (GET) after each look of the watchdog that finds what is due done."""
    metrics_token: str = ""
    """Who knows it may read /metrics from elsewhere than this machine."""
    http_private: str = ""
    """Hosts and networks of the inside that channels and hooks may speak to, separated by spaces."""
    http_ca: Path | None = None
    """PEM file of further certificate authorities, for what channels and hooks speak to."""
    body_limit: int = 1_000_000
    """Bytes that a webhook's or form's body may have."""

    @property
    def url(self) -> str:
        """The database's URL: the one set, or SQLite in the data folder."""
        return self.database_url or f"sqlite:///{(self.data / 'expedite.sqlite').absolute()}"

    @property
    def caught_mail(self) -> Path:
        """Where the local mail catcher keeps what it caught."""
        return self.data / "mail.sqlite"

    @property
    def files(self) -> Path:
        """Where the files lie that people added."""
        return self.data / "files"

    def sender(self, default: str) -> str:
        """The From address: the one set, or `default`."""
        return self.mail_from or default

    def webhook_secrets(self, source: str) -> tuple[str, ...]:
        """The secrets of a webhook source, several while one is rotated: EXPEDITE_WEBHOOK_<SOURCE>_SECRET."""
        return tuple(os.environ.get(f"{WEBHOOK_PREFIX}{source.upper()}{WEBHOOK_SUFFIX}", "").split())


def load_settings(data: Path | None = None) -> Settings:
    """The settings, with the data folder that a command line names. Raises BadSettings."""
    try:
        settings = Settings()
    except ValidationError as wrong:
        found = (f"{PREFIX}{'_'.join(map(str, one['loc'])).upper()}: {one['msg']}" for one in wrong.errors())
        raise BadSettings("\n".join(found)) from None
    return settings if data is None else settings.model_copy(update={"data": data})


def take_env_file(path: Path = ENV_FILE) -> None:
    """Let `.env` set what the environment does not: the names that a policy makes (secrets of sources, channels, hooks) and what
    is read before the settings are count as much as the settings themselves.
    """
    if not path.is_file():
        return
    from dotenv import dotenv_values

    for name, value in dotenv_values(path).items():
        if name.startswith(PREFIX) and value is not None:
            os.environ.setdefault(name, value)
