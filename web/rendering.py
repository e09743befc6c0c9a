"""Pages from templates: one environment per language, strict, escaped, with what every page shows."""

from __future__ import annotations

import hashlib
import mimetypes
from dataclasses import dataclass
from pathlib import Path

from jinja2 import Environment, FileSystemLoader, StrictUndefined

from services.office import Office
from web.languages import LOCALES
from web.wording import filters, sentences

FOLDER = Path(__file__).parent
TEMPLATES = FOLDER / "templates"
STATIC = FOLDER / "static"


@dataclass(frozen=True, slots=True)
class Asset:
    """A file that pages load, with the address under which it may be kept for ever."""

    name: str
    content: bytes
    media_type: str
    address: str


def read_assets() -> dict[str, Asset]:
    """The files of the static folder by name; the address changes with the content."""
    assets = {}
    for path in sorted(STATIC.iterdir()):
        content = path.read_bytes()
        version = hashlib.sha256(content).hexdigest()[:12]
        kind = mimetypes.guess_type(path.name)[0] or "application/octet-stream"
        assets[path.name] = Asset(path.name, content, kind, f"/static/{path.name}?v={version}")
    return assets


def make_environments(office: Office, assets: dict[str, Asset]) -> dict[str, Environment]:
    """The template environments by locale."""
    return {locale: _environment(locale, office, assets) for locale in LOCALES}


def _environment(locale: str, office: Office, assets: dict[str, Asset]) -> Environment:
    environment = Environment(
        loader=FileSystemLoader(TEMPLATES),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        extensions=["jinja2.ext.i18n"],
        auto_reload=False,
    )
    said = sentences(locale)
    environment.install_gettext_callables(said.gettext, said.ngettext, newstyle=True)  # type: ignore[attr-defined]  # added by the extension
    environment.filters.update(filters(locale, office.zone))
    environment.globals.update(
        locale=locale,
        other={"zh": "en", "en": "zh"}[locale],
        asset={name: asset.address for name, asset in assets.items()},
        district=office.policy.district,
        office_label=office.policy.office,
        desk_mail=office.policy.mail.reply_to,
        demo=office.demo,
    )
    return environment
