"""Likely duplicates: what is suggested, why, to whom it is said, and what never is."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from itertools import combinations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import update

from domain.lifecycle import Party
from models.case import Case, Reporter
from services.directory_file import DifficultiesFile, load_seed
from services.likeness import alike, bag_of
from services.office import Office
from services.seed import DEMO, seed
from services.similar import Likeness, likely_duplicates
from tests.builders import Difficulty, report, unrouted
from tests.services.alike_pairs import DIFFERENT, SAME, Report

OTHER_FIRM = {"name": "禾城栖砚装备有限公司", "contact": "联络员", "email": "p04@example.com"}
REPEATED = {"title": "第二路电源电缆廊道未落实", "detail": "第二路电源无廊道，电缆通道要跨越在建道路。"}


def likely(it: Difficulty) -> tuple[Likeness, ...]:
    """What is suggested for a case."""
    with it.office.reading() as session:
        return likely_duplicates(session, it.office, it.id)


def reasons(one: Likeness) -> set[str]:
    """The reasons in English, without shares."""
    return {r.en.split(" (")[0] for r in one.reasons}


def share(a: Report, b: Report) -> float:
    """How alike two reports are worded."""
    bags = [(bag_of(title), bag_of(f"{title}\n{detail}")) for title, detail in (a, b)]
    return alike(bags[0], bags[1])


# -- the measure -------------------------------------------------------------------------------------------------------


def test_reports_of_one_matter_are_told_from_those_that_sound_related() -> None:
    """Of thirty written pairs at least fourteen of the same matter are found, and at most one of another is taken for it."""
    found = [share(a, b) >= 0.42 for a, b in SAME]
    wrong = [share(a, b) >= 0.42 for a, b in DIFFERENT]
    assert sum(found) >= 14
    assert sum(wrong) <= 1


def test_no_two_of_the_registers_difficulties_are_taken_for_one() -> None:
    """The demo's fifty-one difficulties are different matters: of 1,275 pairs none is worded alike."""
    file = load_seed(DEMO / "difficulties.yaml")
    assert isinstance(file, DifficultiesFile)
    texts = [(row.title_zh, row.detail_zh) for row in file.difficulties]
    pairs = list(combinations(texts, 2))
    assert len(pairs) == 1275
    assert [(a[0], b[0]) for a, b in pairs if share(a, b) >= 0.42] == []


def test_the_order_of_words_does_not_matter() -> None:
    """Reordered Chinese and English is found; an edit distance would not."""
    assert share(("无廊道的第二路电源电缆", ""), ("第二路电源电缆无廊道", "")) > 0.8
    assert share(("corridor for the second feed missing", ""), ("the second feed, missing: corridor", "")) > 0.8


def test_names_of_the_enterprise_and_the_project_are_no_likeness() -> None:
    """Two matters of one project would else always be alike."""
    names = ("禾城湖粲钠能有限公司", "Hucan Sodium Energy Co.")
    assert bag_of("禾城湖粲钠能有限公司缺水", names) == bag_of("缺水")
    assert bag_of("湖粲钠能缺水", names) == bag_of("缺水")
    assert bag_of("Hucan Sodium: no water", names) == bag_of("no water")


def test_a_token_counts_as_often_as_both_say_it() -> None:
    """Three of the same against one: one in common of four, counted on both sides."""
    three, one = (bag_of(text) for text in ("cable cable cable", "cable"))
    assert (len(three), len(one), len(three & one)) == (3, 1, 1)
    assert alike((three, three), (one, one)) == 0.5


@given(st.text(max_size=80), st.text(max_size=80), st.text(max_size=80))
def test_a_likeness_is_a_share_and_the_same_both_ways(title: str, detail: str, other: str) -> None:
    """Whatever is written: between 0 and 1, symmetric, and a text is wholly like itself unless nothing of it counts."""
    a = (bag_of(title), bag_of(f"{title}\n{detail}"))
    b = (bag_of(other), bag_of(other))
    assert 0 <= alike(a, b) <= 1
    assert alike(a, b) == alike(b, a)
    assert alike(a, a) == (1 if a[1] else 0)


# -- what is suggested -------------------------------------------------------------------------------------------------


def test_an_open_case_of_the_same_project_and_category_is_suggested_with_the_reason(office: Office) -> None:
    """DOMAIN 1.4: same project and category already open; the wording is a reason of its own."""
    first, second = report(office), report(office, **REPEATED)
    [one] = likely(second)
    assert (one.code, one.title) == (first.code, "第二路电源无廊道")
    assert reasons(one) == {"same project and category, still open", "same enterprise", "same contact", "worded alike"}
    assert one.score >= 80
    other = report(office, title="施工临时用电增容", detail="桩机与塔吊同时作业跳闸。")
    assert [(x.code, "worded alike" in reasons(x)) for x in likely(other)] == [
        (first.code, False),
        (second.code, False),
    ]
    assert all(50 <= x.score < 80 for x in likely(other))


def test_what_is_not_open_or_not_near_is_not_suggested(office: Office) -> None:
    """Closed and merged cases, factor requests and another enterprise's other matter are no duplicates."""
    report(office).replied().by_firm("confirm")
    merged, target = (
        report(office),
        report(office, project="P04", enterprise=OTHER_FIRM, category="finance", title="贷款", detail=""),
    )
    merged.by_clerk("merge", target=target.code)
    it = report(office)
    assert likely(it) == ()
    assert likely(target) == ()


def test_one_enterprises_other_categories_need_like_words(office: Office) -> None:
    """The same sender with another matter is no duplicate; with the same words under another category it is one."""
    first = report(office)
    assert likely(report(office, category="finance", title="设备贷款未批", detail="银行审批中")) == ()
    [one] = likely(report(office, category="logistics_utilities", **REPEATED))
    assert one.code == first.code
    assert "same project" in reasons(one)


def test_another_enterprises_same_words_are_suggested_in_the_same_category_only(office: Office) -> None:
    """Owner and contractor report one matter; but only nearly the same words outweigh that nothing else is common."""
    first = report(office)
    same = {"enterprise": OTHER_FIRM, "project": "P04"}
    [one] = likely(report(office, **same))
    assert (one.code, reasons(one)) == (first.code, {"worded alike"})
    third = {"name": "禾城鸳汀冷链有限公司", "contact": "联络员", "email": "p06@example.com"}
    assert likely(report(office, enterprise=third, project="P06", category="finance")) == ()


def test_a_restricted_case_is_suggested_to_nobody(office: Office) -> None:
    """Not even its code: neither on a page nor in a mail."""
    hidden = report(office)
    with office.writing() as session:
        session.execute(update(Case).where(Case.id == hidden.id).values(restricted=True))
    it = report(office)
    assert likely(it) == ()
    assert it.told("likely_duplicate") == []


def test_a_withheld_sender_is_no_reason(office: Office) -> None:
    """That two reports have the same sender would say who sent them; the project and the wording remain."""
    first = report(office)
    with office.writing() as session:
        session.execute(update(Reporter).where(Reporter.case_id == first.id).values(withheld=True))
    [one] = likely(report(office))
    assert reasons(one) == {"same project and category, still open", "worded alike"}


@pytest.mark.sqlite
def test_the_register_suggests_nothing(office: Office, at: Callable[[str], datetime]) -> None:
    """No project of the demo's register has two open difficulties of one category: a clerk loses no minute on it."""
    at("2026-07-16 09:00")
    seed(office, [DEMO / "difficulties.yaml"])
    file = load_seed(DEMO / "difficulties.yaml")
    assert isinstance(file, DifficultiesFile)
    assert {
        row.code: likely(Difficulty(office, row.code))
        for row in file.difficulties
        if likely(Difficulty(office, row.code))
    } == {}


def test_at_most_five_are_shown_the_likeliest_first(office: Office) -> None:
    """A long list is read by nobody."""
    worst = [report(office, title=f"另一件用电事项{n}", detail="").code for n in "甲乙丙丁戊"]
    best = report(office)
    found = likely(report(office))
    assert found[0].code == best.code
    assert len(found) == 5
    assert [x.code for x in found[1:]] == worst[:4]


# -- what the desk is told ---------------------------------------------------------------------------------------------


def test_the_same_report_again_comes_before_an_older_one_that_is_near(office: Office) -> None:
    """Merging starts with the first: more in common than it takes still counts."""
    report(office, **REPEATED | {"title": "第二路电源的电缆廊道至今没有落实"})
    same = report(office, **REPEATED)
    found = likely(unrouted(office, **REPEATED))
    assert [one.score for one in found] == [100, 100]
    assert found[0].code == same.code


def test_the_desk_is_told_once_of_a_duplicate_that_the_rules_dispatched(office: Office) -> None:
    """The clerk gets one mail with code and reason; repeats of the same day add none; nothing is merged by itself."""
    first = report(office)
    assert first.told("likely_duplicate") == []
    second, third = report(office, **REPEATED), report(office, **REPEATED)
    [facts] = second.told_facts("likely_duplicate")
    [line] = facts["alike"]
    assert line["label"]["en"] == first.code
    assert "same project and category" in line["value"]["en"]
    assert "同一项目、同一类别" in line["value"]["zh"]
    [grant] = second.granted("likely_duplicate")
    assert grant is not None
    assert grant["party"] == Party.CLERK.value
    assert third.told("likely_duplicate") == []
    assert {it.status for it in (first, second, third)} == {"in_progress"}


def test_a_weak_likeness_is_shown_and_not_mailed(office: Office) -> None:
    """Same project and category alone stands beside the case; only the policy's line is worth a mail."""
    report(office)
    weak = report(office, title="施工临时用电增容", detail="桩机与塔吊同时作业跳闸。")
    assert len(likely(weak)) == 1
    assert weak.told("likely_duplicate") == []


def test_who_is_asked_to_dispatch_is_told_in_the_same_mail(office: Office) -> None:
    """A case for the desk brings its likely duplicates with it, and no second mail."""
    first = unrouted(office)
    [facts] = first.told_facts("triage_needed")
    assert facts["alike"] == []
    second = unrouted(office)
    [facts] = second.told_facts("triage_needed")
    assert [line["label"]["en"] for line in facts["alike"]] == [first.code]
    assert second.told("likely_duplicate") == []
