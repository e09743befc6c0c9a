"""What an audit can find, each in one sentence that says what to look at."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing that is wrong. `kind` is stable for machines; `case` a code, or what else it is about; `seq` an event's."""

    kind: str
    case: str
    seq: int | None
    text: str

    def __str__(self) -> str:
        place = self.case if self.seq is None else f"{self.case} event {self.seq}"
        return f"{place}: {self.text}"


@dataclass(slots=True)
class Findings:
    """The findings of one audit, in the order in which they were met."""

    all: list[Finding] = field(default_factory=list)

    def _add(self, kind: str, case: str, seq: int | None, text: str) -> None:
        self.all.append(Finding(kind, case, seq, text))

    def edited(self, code: str, seq: int, how: str) -> None:
        """An event whose hash does not follow from it."""
        self._add("event_edited", code, seq, how)

    def missing(self, code: str, first: int, last: int) -> None:
        """Events that are gone."""
        self._add("event_missing", code, first, "is missing" if first == last else f"to {last} are missing")

    def inserted(self, code: str, seq: int, head: int) -> None:
        """An event after the last one that the case knows of."""
        self._add("event_inserted", code, seq, f"was added: the case's history ends with {head}")

    def head(self, code: str, seq: int) -> None:
        """A last event that is not the one the case knows of."""
        self._add("head_differs", code, seq, "is not the head that the case has: one of the two was changed")

    def text(self, code: str, seq: int, how: str) -> None:
        """A personal text that is not what the chain says."""
        self._add("text_differs", code, seq, f"its text {how}")

    def cut(self, code: str, day: date, seq: int, last: int) -> None:
        """A tail that is gone since a digest."""
        self._add("tail_cut", code, seq, f"stood in the digest of {day}, and the history now ends with {last}")

    def rewritten(self, code: str, day: date, seq: int) -> None:
        """A history that gives another head than in a digest."""
        self._add("history_rewritten", code, seq, f"had another hash in the digest of {day}")

    def case_gone(self, code: str, day: date, seq: int) -> None:
        """A case that stood in a digest and is gone."""
        self._add("case_missing", code, None, f"the case is gone; the digest of {day} had it with {seq} events")

    def stray(self, place: str, seq: int) -> None:
        """An event of no case."""
        self._add("event_stray", place, seq, "belongs to no case")

    def digest(self, day: date, how: str) -> None:
        """A digest that is not what it says."""
        self._add("digest_differs", f"digest of {day}", None, how)

    def clock(self, code: str, kind: str, how: str) -> None:
        """A clock that is not what its events give."""
        self._add("clock_differs", code, None, f"clock {kind} {how}")

    def file(self, code: str, seq: int | None, how: str) -> None:
        """A file that is not what the history says."""
        self._add("file_differs", code, seq, how)
