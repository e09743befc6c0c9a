"""The file channel: each parcel as a sheet for the office's printer, for bodies that are reached by paper alone."""

from __future__ import annotations

import os
import re
from html import escape
from types import TracebackType
from typing import Self

from domain.policy import Label
from notifications.message import from_facts
from notifications.notifier import ChannelSetting, Desk, Parcel
from notifications.render import locale_of, render
from notifications.transport import Refused, Unreachable
from notifications.wording import filters, one_line

SERVED = Label("送达", "To")
SIGNED = Label("签收人", "Received by")
ON = Label("签收时间", "On")

_BODY = re.compile(r"<body[^>]*>")
_NAME = re.compile(r"[^A-Za-z0-9-]+")
# Links cannot be followed on paper, and what is said of them would mislead.
_STYLE = """<style>
@page { size: A4; margin: 15mm 20mm; }
.action, .address, .foot, .link { display: none !important; }
.body, .page { background: #ffffff !important; }
.outer { padding: 0 !important; }
.sheet { max-width: 170mm !important; border: 0 !important; }
.office, .main { padding-left: 0 !important; padding-right: 0 !important; }
.label, .value { padding: 5px 12px 5px 0 !important; }
.served, .receipt { max-width: 170mm; margin: 0 auto 4mm; font: 16px/26px 'Noto Sans CJK SC', 'Microsoft YaHei', sans-serif; color: #16202c; }
.receipt { margin-top: 8mm; }
.blank { display: inline-block; width: 45mm; border-bottom: 1px solid #16202c; }
</style>
"""


class FileChannel:
    """Writes sheets into a folder for each day, whole or not at all; a parcel that comes again replaces its own."""

    def __init__(self, setting: ChannelSetting, desk: Desk) -> None:
        self._folder, self._desk = setting.folder, desk

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        return None

    def send(self, parcel: Parcel) -> Refused | None:
        """Write the sheet; `Unreachable` while the folder cannot be written to."""
        page = sheet(parcel, self._desk)
        day = self._folder / self._desk.now().astimezone(self._desk.line.zone).date().isoformat()
        name = _NAME.sub("-", f"{parcel.about or 'office'}-{parcel.code}-{parcel.id}") + ".html"
        try:
            day.mkdir(mode=0o700, parents=True, exist_ok=True)
            begun = day / f".{name}.part"
            begun.write_text(page, encoding="utf-8")
            os.replace(begun, day / name)
        except OSError as problem:
            raise Unreachable(f"{day.name}/{name} cannot be written: {problem.strerror}") from problem
        return None


def sheet(parcel: Parcel, desk: Desk) -> str:
    """The parcel as a page of A4: for whom it is, what it says, and a line to sign on."""
    message = from_facts(parcel.code, parcel.variables)
    language = locale_of(parcel.locale)
    said = message.sealed(language) if parcel.sealed else message
    link = desk.board_link(parcel.about)
    page = render(said, parcel.locale, dict.fromkeys(said.links[:1], link), desk.line, parcel.detail).html
    moment = filters(language, desk.line.zone)["moment"](desk.now().isoformat())
    colon = "：" if language == "zh" else ": "
    served = f"{SERVED.in_(language)}{colon}{escape(one_line(parcel.recipient))}"
    receipt = "".join(f'{label.in_(language)}{colon}<span class="blank">&nbsp;</span>&emsp;' for label in (SIGNED, ON))
    top = f'<p class="served">{served}<br>{escape(moment)}</p>'
    page = page.replace("</head>", f"{_STYLE}</head>", 1)
    page = _BODY.sub(lambda found: found[0] + top, page, count=1)
    return page.replace("</body>", f'<p class="receipt">{receipt}</p></body>', 1)


def file_channel(setting: ChannelSetting, desk: Desk) -> FileChannel:
    """Sheets in the channel's own folder under the data folder."""
    return FileChannel(setting, desk)
