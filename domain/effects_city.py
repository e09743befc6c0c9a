"""On the top rung: the monthly report to the city."""

from __future__ import annotations

from domain.draft import Draft
from domain.fields import Fields
from domain.refusals import Refused


def check_city_report(draft: Draft) -> None:
    """A report is owed: the case stands on the top rung. Raises Refused."""
    if draft.case.open_clock("city_report") is None:
        raise Refused("not_with_city", "The case is not on the city's rung: no report is owed.")


def report_to_city(draft: Draft, fields: Fields) -> None:
    """This month's report, with the number of its document; the next month's starts."""
    text = fields.text("text", "say what was reported to the city")
    document = fields.text("document", "name the report's document number")
    draft.meet("city_report")
    draft.record("report_to_city", {"document": document}, text=text)
    draft.owe_city_report()
