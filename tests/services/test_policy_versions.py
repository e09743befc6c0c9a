"""A change of policy is shown, then applied; what is open keeps the policy that started it, unless it is recalculated."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime

import pytest
from sqlalchemy import select

from domain.mail_rules import QuietHours
from models.clock import Clock
from models.directory import DirectoryChange
from services.audit import verify
from services.desk import coordinate
from services.office import Office, open_office
from services.policy_file import PolicyMistakes
from services.policy_versions import adopt, difference, kept_text, kept_versions, text_difference
from services.sweep import sweep
from tests.builders import Difficulty, local, unrouted
from tests.mailroom import mail_rules

At = Callable[[str], datetime]


@pytest.fixture(autouse=True)
def as_written(office: Office) -> None:
    """What is in force is compared with texts here: the rules of mail are those of the text."""
    mail_rules(office, quiet=QuietHours(), bundle_minutes=0)


@pytest.fixture
def text(office: Office) -> str:
    """The text of the policy in force."""
    return office.settings.policy.read_text(encoding="utf-8")


@pytest.fixture
def ordinary(office: Office) -> Difficulty:
    """A case of five working days, dispatched on Thursday 16 July at 10:00: due Thursday the 23rd."""
    return unrouted(office).by_head("dispatch", case_class="ordinary", supporters=[])


def changed(text: str, *pairs: tuple[str, str]) -> str:
    """The text with words changed, each of which must be there."""
    for old, new in pairs:
        assert old in text, old
        text = text.replace(old, new, 1)
    return text


def ordinary_close(text: str, limit: str) -> str:
    """The text with another closing limit of ordinary cases."""
    head, tail = text.split("  ordinary:", 1)
    return f"{head}  ordinary:{changed(tail, ('close: 5 working days', f'close: {limit}'))}"


def yellow_after(text: str, days: int) -> str:
    """The text with another day for yellow notices."""
    head, tail = text.split("  yellow:", 1)
    return f"{head}  yellow:{changed(tail, ('days: 1', f'days: {days}'))}"


def version_of(it: Difficulty, kind: str) -> str:
    """The policy by which a clock goes."""
    with it.office.reading() as session:
        query = select(Clock.policy_version).where(Clock.case_id == it.id, Clock.kind == kind).order_by(Clock.id.desc())
        return session.scalars(query).first() or ""


def test_the_difference_names_keys_with_old_and_new_values(office: Office, text: str, ordinary: Difficulty) -> None:
    """Before anything is applied; nothing has changed by looking."""
    found = difference(office, ordinary_close(text, "7 working days"))
    assert found.lines == ("classes.ordinary.close: 5 working days -> 7 working days",)
    assert not found.same
    assert found.open_clocks == len(ordinary.open_clocks())
    assert difference(office, text + "\n# a remark\n").same
    assert "close: 7 working days" in text_difference(office, ordinary_close(text, "7 working days"))
    assert [v.in_force for v in kept_versions(office)] == [True]


def test_what_is_open_keeps_its_policy(office: Office, text: str, ordinary: Difficulty) -> None:
    """The open case stays due on the 23rd; one dispatched afterwards has seven working days."""
    before = office.policy.version
    done = adopt(office, ordinary_close(text, "7 working days"), recalculate=False, by="operator")
    assert (done.recalculated, local(ordinary.clock("close")["due"])) == (0, "Thu 2026-07-23 17:30")
    assert version_of(ordinary, "close") == before
    later = unrouted(office).by_head("dispatch", case_class="ordinary", supporters=[])
    assert later.due("close") == "Mon 2026-07-27 17:30"
    assert version_of(later, "close") == done.version != before
    assert verify(office).findings == ()


def test_the_colours_of_an_open_clock_stay_those_of_its_policy(office: Office, text: str, ordinary: Difficulty) -> None:
    """Yellow one day after the due day, as it was when the clock began, though the new policy says two."""
    adopt(office, yellow_after(text, 2), recalculate=False, by="operator")
    later = unrouted(office).by_head("dispatch", case_class="ordinary", supporters=[])
    for it in (ordinary, later):
        it.by_lead("contact")
    ordinary.sweep_at("2026-07-24 09:00")
    colours = {it.code: [n["colour"] for n in it.json["notices"] if n["clock"] == "close"] for it in (ordinary, later)}
    assert colours[ordinary.code][-1] == "yellow"
    assert "yellow" not in colours[later.code]


def test_a_recalculation_gives_open_clocks_the_new_limits(office: Office, text: str, ordinary: Difficulty) -> None:
    """Counted from the old start: seven working days from 16 July."""
    done = adopt(office, ordinary_close(text, "7 working days"), recalculate=True, by="operator")
    assert done.recalculated == 1
    assert ordinary.due("close") == "Mon 2026-07-27 17:30"
    assert local(ordinary.json["original_due"]) == "Thu 2026-07-23 17:30"
    assert version_of(ordinary, "close") == done.version
    [line] = ordinary.events("adjusted")
    assert line["facts"]["why"] == "policy"
    assert verify(office).findings == ()


def test_a_recalculation_brings_no_date_forward(office: Office, text: str, ordinary: Difficulty) -> None:
    """The enterprise was told the 23rd; a shorter limit is for those who come after."""
    adopt(office, ordinary_close(text, "3 working days"), recalculate=True, by="operator")
    assert ordinary.due("close") == "Thu 2026-07-23 17:30"
    assert verify(office).findings == ()


def test_a_recalculation_loses_no_pause(office: Office, text: str, ordinary: Difficulty, at: At) -> None:
    """A pause lost when the rule changes is a known failure elsewhere (glpi 6902, 15605)."""
    at("2026-07-17 10:00")
    ordinary.by_lead("ask_suspension").decide()
    at("2026-07-22 10:00")
    adopt(office, ordinary_close(text, "7 working days"), recalculate=True, by="operator")
    [result] = coordinate(office, "resume", [ordinary.code], {}, "resume")
    assert result.done, result.message
    # 17, 20 and 21 July were waited: 22, 23, 24, 27, 28, 29 and 30 July.
    assert ordinary.due("close") == "Thu 2026-07-30 17:30"
    assert verify(office).findings == ()


def test_new_office_hours_count_from_today(office: Office, text: str, ordinary: Difficulty, at: At) -> None:
    """The closing minute moves with the hours of the days to come; what was worked before stays as it was."""
    at("2026-07-17 10:00")
    new = changed(text, ("14:00-17:30", "14:00-18:00"))
    adopt(office, new, recalculate=False, by="operator")
    assert ordinary.due("close") == "Thu 2026-07-23 18:00"
    closing = office.time.closing(datetime(2026, 7, 16).date())  # noqa: DTZ001 - a day
    assert f"{closing.astimezone(office.zone):%H:%M}" == "17:30"
    assert verify(office).findings == ()


def test_another_process_goes_by_the_new_policy_without_a_restart(office: Office, text: str) -> None:
    """The worker and the web app look up what is in force."""
    other = open_office(office.settings)
    done = adopt(office, ordinary_close(text, "7 working days"), recalculate=False, by="operator")
    with other.reading() as session:
        other.follow(session, at_once=True)
    assert other.policy.version == done.version
    other.close()


def test_the_file_is_compared_and_not_adopted_in_silence(office: Office, text: str) -> None:
    """A changed file waits until somebody has seen the difference; one that went back to what is in force is the same."""
    adopt(office, ordinary_close(text, "7 working days"), recalculate=False, by="operator")
    again = open_office(office.settings)
    assert again.file_differs
    assert again.policy.version == office.policy.version
    again.close()
    adopt(office, text, recalculate=False, by="operator")
    again = open_office(office.settings)
    assert not again.file_differs
    assert [v.version for v in kept_versions(again) if v.in_force] == [again.policy.version]
    again.close()


def test_every_text_is_kept_and_every_change_recorded(office: Office, text: str) -> None:
    """Who changed what, in the words in which the difference was shown."""
    first = office.policy.version
    new = ordinary_close(text, "7 working days")
    done = adopt(office, new, recalculate=False, by="operator")
    assert kept_text(office, first[:12]) == text
    assert kept_text(office, done.version[:12]) == new
    with office.reading() as session:
        change = session.scalars(select(DirectoryChange)).one()
    assert change.by == "operator"
    assert "classes.ordinary.close: 5 working days -> 7 working days" in change.changes


@pytest.mark.sqlite
def test_a_policy_with_mistakes_is_not_put_in_force(office: Office, text: str) -> None:
    """Each mistake is named; what counts stays."""
    broken = ordinary_close(text, "-5 working days")
    assert difference(office, broken).mistakes
    with pytest.raises(PolicyMistakes):
        adopt(office, broken, recalculate=False, by="operator")
    assert [v.in_force for v in kept_versions(office)] == [True]


def test_a_recalculation_that_was_killed_goes_on_at_the_next_sweep(
    office: Office, text: str, ordinary: Difficulty, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The policy counts at once; which open clocks still wait for it is written down."""
    import services.policy_versions as module

    class Killed(BaseException):
        pass

    def die(_office: Office) -> None:
        raise Killed

    with monkeypatch.context() as patch:
        patch.setattr(module, "adjust_open", die)
        with pytest.raises(Killed):
            adopt(office, ordinary_close(text, "7 working days"), recalculate=True, by="operator")
    assert ordinary.due("close") == "Thu 2026-07-23 17:30"
    sweep(office)
    assert ordinary.due("close") == "Mon 2026-07-27 17:30"
    assert verify(office).findings == ()
