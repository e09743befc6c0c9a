"""The API: who gets in, what each key may see and do, and that programs meet the same rules as people."""

from __future__ import annotations

import json
import logging
from collections.abc import Callable, Iterator
from datetime import date, timedelta
from typing import Any

import httpx
import pytest
from sqlalchemy import func, select
from starlette.testclient import TestClient

from domain.case import Actor
from domain.lifecycle import Party
from models.case import Case, CaseLink, Event
from models.intake import Delivery
from models.office import Command
from services.api_keys import entry_of, new_key
from services.desk import register
from services.guarantees import request
from services.office import Office
from services.receiver import receive_waiting
from services.sweep import sweep
from tests.builders import LEAD, PLANNING, REPORT, ROADS, Difficulty, report, unrouted
from tests.web.conftest import HERE
from web.app import create_app

pytestmark = pytest.mark.sqlite

YESTERDAY = (date.today() - timedelta(days=1)).isoformat()  # noqa: DTZ011 - a key's last day is a day of real time
KEYS = {
    "reader": new_key("grafana", "reader"), "desk": new_key("sync", "desk"), "intake": new_key("portal", "intake"),
    "roads": new_key("roads", "reader", ROADS), "over": new_key("old", "desk", until=YESTERDAY),
}  # fmt: skip
EVERYWHERE = ("/cases", "/factors", "/projects", "/units", "/figures", "/notices")
SECRET = "金丝雀"


@pytest.fixture
def app(office: Office) -> Iterator[TestClient]:
    """The app with a key of each role; nobody's key is sent."""
    office.settings.api_keys = " ".join(entry_of(key) for _, key in KEYS.values())
    with TestClient(
        create_app(office=office), base_url=HERE, client=("192.0.2.7", 50000), raise_server_exceptions=False
    ) as made:
        yield made


Ask = Callable[..., httpx.Response]


@pytest.fixture
def ask(app: TestClient) -> Ask:
    """Ask for a path with the key of a role, in English; `send` is what is posted, once under `once`."""

    def asked(path: str, role: str = "reader", *, send: Any = None, once: str = "", **headers: str) -> httpx.Response:
        sent = {"authorization": f"Bearer {KEYS[role][0]}", "accept-language": "en", **headers}
        if send is None:
            got: httpx.Response = app.get(f"/api/v1{path}", headers=sent)
            return got
        once = once or f"once-{abs(hash((path, json.dumps(send))))}-12345678"
        answer: httpx.Response = app.post(f"/api/v1{path}", headers=sent | {"idempotency-key": once}, json=send)
        return answer

    return asked


def step(**fields: object) -> dict[str, object]:
    """A step that a program asks for on behalf of the clerk."""
    return {"on_behalf": "R06", "fields": fields}


def count(office: Office, table: type[Any]) -> int:
    """How many rows a table has."""
    with office.reading() as session:
        return session.scalar(select(func.count()).select_from(table)) or 0


# -- who gets in -------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "said",
    ["", "Bearer", "Bearer wrong", f"Basic {KEYS['reader'][0]}", f"Bearer {KEYS['over'][0]}", KEYS["reader"][0]],
    ids=["nothing", "no-key", "wrong", "basic", "over", "bare"],
)
def test_without_a_key_that_works_nothing_is_answered(app: TestClient, said: str) -> None:
    """No key, a wrong one and one whose last day is over are told the same: 401, how to do it, and nothing else."""
    answer = app.get("/api/v1/cases", headers={"authorization": said} if said else {})
    assert answer.status_code == 401
    assert answer.headers["www-authenticate"].startswith("Bearer")
    assert answer.headers["content-type"] == "application/problem+json"
    assert answer.json()["code"] == "no_key"


def test_a_body_is_not_read_before_the_key(app: TestClient) -> None:
    """A stranger's broken JSON is nobody's mistake yet."""
    assert app.post("/api/v1/reports", content=b"{").status_code == 401


@pytest.mark.parametrize(
    ("role", "path", "sends"),
    [
        *(("intake", path, None) for path in EVERYWHERE),
        ("reader", "/reports", {}),
        ("desk", "/reports", {}),
        ("reader", "/cases/DIF-2026-0001/actions/amend", step(severity=3)),
        ("intake", "/cases/DIF-2026-0001/actions/amend", step(severity=3)),
        ("roads", "/figures", None),
    ],
)
def test_a_role_may_do_what_it_is_for(ask: Ask, office: Office, role: str, path: str, sends: object) -> None:
    """What is another role's is refused with 403, and changes nothing."""
    before = count(office, Event), count(office, Delivery)
    sent = dict(REPORT) if path == "/reports" else sends
    answer = ask(path, role, send=sent)
    assert (answer.status_code, answer.json()["code"]) == (403, "not_for_this_key")
    assert (count(office, Event), count(office, Delivery)) == before


def test_too_many_requests_of_one_key_are_asked_to_wait(ask: Ask) -> None:
    """429 with the seconds to wait; another key is not held up by it."""
    answers = [ask("/units") for _ in range(605)]
    refused = answers[-1]
    assert (answers[0].status_code, refused.status_code) == (200, 429)
    assert 1 <= int(refused.headers["retry-after"]) <= 60
    assert ask("/units", "desk").status_code == 200


def test_the_log_says_whose_key_was_used_and_never_the_key(ask: Ask, caplog: pytest.LogCaptureFixture) -> None:
    """The last use of a key is found by its name."""
    caplog.set_level(logging.DEBUG)
    ask("/cases")
    said = "\n".join(record.getMessage() for record in caplog.records)
    assert "api key grafana (reader): GET '/api/v1/cases' 200" in said
    assert KEYS["reader"][0] not in said


def test_no_cookie_is_set_and_no_other_origin_let_in(app: TestClient, ask: Ask) -> None:
    """A page elsewhere cannot use a browser's way in, because there is none."""
    for answer in (ask("/cases", origin="https://evil.example"), app.get("/api/openapi.json?lang=en")):
        assert "set-cookie" not in answer.headers
        assert not [name for name in answer.headers if name.startswith("access-control-")]
    assert app.options("/api/v1/cases", headers={"authorization": f"Bearer {KEYS['reader'][0]}"}).status_code == 405


def test_a_body_above_the_limit_is_refused(ask: Ask, office: Office) -> None:
    """With 413, before anything is made of it."""
    answer = ask("/reports", "intake", send={"title": "x" * (office.settings.body_limit + 1)})
    assert (answer.status_code, answer.json()["code"]) == (413, "body_too_large")


# -- reading -----------------------------------------------------------------------------------------------------------


def test_pages_stay_right_while_cases_are_opened_and_change(ask: Ask, office: Office) -> None:
    """Whoever leafs through meets each case once, also when one is closed and others come in between two pages."""
    first = [report(office).code for _ in range(5)]
    met: list[str] = []
    after, turn, late = "0", 0, ""
    while after is not None:
        page = ask(f"/cases?limit=2&after={after}").json()
        met += [case["code"] for case in page["items"]]
        after, turn = page["next"], turn + 1
        if turn == 1:
            Difficulty(office, first[0]).by_firm("withdraw")
            Difficulty(office, first[3]).by_clerk("amend", severity="3", reason="临近节点")
            late = report(office).code
    assert met == [*first, late]


@pytest.mark.parametrize(
    ("query", "finds"),
    [
        ("status=in_progress", True), ("status=new", False), ("kind=factor", False), (f"unit={LEAD}", True), (f"unit={PLANNING}", True),
        ("unit=D05", False), ("rung=3", True), ("rung=4", False), ("project=P02", True), ("project=-", False), ("category=power", True),
        ("category=land", False), ("light=green", True), ("light=red", False), ("q=廊道", True), ("q=zzz", False),
        ("updated_since=2026-07-16T10:00:00%2B08:00", True), ("updated_since=2026-07-16T02:00:01Z", False),
    ],
)  # fmt: skip
def test_a_list_is_narrowed_as_on_the_board(ask: Ask, office: Office, query: str, finds: bool) -> None:
    """Each filter finds the case that it describes and no other."""
    code = report(office).code
    assert [case["code"] for case in ask(f"/cases?{query}").json()["items"]] == ([code] if finds else [])


def test_a_parameter_that_nobody_knows_is_refused(ask: Ask) -> None:
    """Otherwise a slip of the pen would list everything, and look right."""
    answer = ask("/cases?updated_sinse=2026-07-16T10:00:00Z")
    assert (answer.status_code, answer.json()["field"]) == (422, "updated_sinse")


def test_an_address_that_nobody_knows_is_a_problem_too(app: TestClient) -> None:
    """Machines get JSON below /api, even where no route is reached."""
    for path in ("/api", "/api/%0Ax"):
        answer = app.get(path)
        assert (answer.status_code, answer.headers["content-type"]) == (404, "application/problem+json")


def test_an_unchanged_answer_is_not_sent_again(ask: Ask, office: Office) -> None:
    """304 while nothing changed for this key; after a step the tag is another."""
    it = report(office)
    path = f"/cases/{it.code}"
    tag = ask(path).headers["etag"]
    again = ask(path, **{"if-none-match": tag})
    assert (again.status_code, again.content, again.headers["etag"]) == (304, b"", tag)
    it.by_lead("sign_for")
    assert ask(path, **{"if-none-match": tag}).status_code == 200


def test_a_case_says_what_is_due_and_why(ask: Ask, office: Office) -> None:
    """Each open clock with its owner, date and rule; the units' parts; what may be done, by whom, until when."""
    case = ask(f"/cases/{report(office).code}").json()
    [close] = [clock for clock in case["clocks"] if clock["kind"] == "close"]
    assert (close["owner"], close["due"], close["rule"]) == (LEAD, "2026-07-30T17:30:00+08:00", "classes.complex.close")
    assert "classes.complex.close" in close["why"]["en"]
    assert {(part["unit"], part["part"]) for part in case["assignments"]} == {
        (LEAD, "lead"), (ROADS, "supporter"), (PLANNING, "supporter"),
    }  # fmt: skip
    allowed = {one["action"]: one for one in case["allowed"]}
    assert allowed["sign_for"]["by"] == ["lead"]
    assert allowed["sign_for"]["until"] == "2026-07-16T17:30:00+08:00"
    assert "dispatch" not in allowed


def test_a_key_of_the_desk_is_told_its_steps_and_their_fields(ask: Ask, office: Office) -> None:
    """A program can draw the form; a reader is offered nothing, and nobody an approval."""
    path = f"/cases/{unrouted(office).code}"
    steps = {one["action"]: one for one in ask(path, "desk").json()["actions"]}
    fields = {one["name"]: one for one in steps["dispatch"]["fields"]}
    assert fields["lead"]["required"]
    assert LEAD in [choice["value"] for choice in fields["lead"]["choices"]]
    assert not {"approve", "refuse", "hand_back"} & set(steps)
    assert ask(path).json()["actions"] == []


def test_a_history_is_read_on_from_its_last_line(ask: Ask, office: Office) -> None:
    """`after` is a line's seq: nothing is met twice."""
    it = report(office).by_lead("sign_for").by_lead("contact")
    whole = ask(f"/cases/{it.code}/events").json()["items"]
    assert [line["seq"] for line in whole] == list(range(1, len(whole) + 1))
    page = ask(f"/cases/{it.code}/events?limit=2").json()
    rest = ask(f"/cases/{it.code}/events?after={page['next']}").json()
    assert (page["items"] + rest["items"], rest["next"]) == (whole, None)


def test_what_people_wrote_and_who_they_are_is_for_the_desk(ask: Ask, office: Office) -> None:
    """A reader learns that the enterprise was phoned, not what was said, nor anybody's number."""
    it = report(office).by_lead("contact", text=f"{SECRET}说")
    for path in (f"/cases/{it.code}", f"/cases/{it.code}/events", "/cases"):
        told = ask(path).text
        assert SECRET not in told
        assert "0573-80000000" not in told
        assert "p02@example.com" not in told
    assert SECRET in ask(f"/cases/{it.code}/events", "desk").text
    [reporter] = ask(f"/cases/{it.code}", "desk").json()["reporters"]
    assert "p02@example.com" in reporter["reach"]


def test_a_key_of_one_unit_sees_its_cases_alone(ask: Ask, office: Office) -> None:
    """What the unit neither leads nor supports does not exist for it."""
    mine, other = report(office), unrouted(office)
    assert [case["code"] for case in ask("/cases", "roads").json()["items"]] == [mine.code]
    assert ask(f"/cases/{mine.code}", "roads").status_code == 200
    assert ask(f"/cases/{other.code}", "roads").status_code == 404
    assert ask(f"/cases/{other.code}/events", "roads").status_code == 404
    assert other.code not in ask("/projects/P02", "roads").text


def test_a_factor_request_is_told_with_its_stages_and_figures(ask: Ask, office: Office) -> None:
    """Requested, granted and missing in one unit; narrowed by type and project; a difficulty is none."""
    asked = {
        "type": "land",
        "item": "工业用地供应",
        "quantity": "118",
        "unit": "亩",
        "needed_by": "2027-06-30",
        "project": "P07",
    }
    code = request(office, asked, "open-land").case
    other = report(office).code
    [line] = ask("/factors?type=land&project=P07").json()["items"]
    assert (line["code"], line["requested"], line["granted"], line["gap"], line["unit"]) == (code, 118, 0, 118, "亩")
    assert ask("/factors?type=power").json()["items"] == ask("/factors?project=P02").json()["items"] == []
    whole = ask(f"/factors/{code.lower()}").json()
    assert whole["stages"][0]["state"] == "open"
    assert whole["stages"][0]["label"]["zh"]
    assert ask(f"/factors/{other}").status_code == 404
    steps = ask(f"/cases/{code}", "desk").json()["actions"]
    assert "defer" in {one["action"] for one in steps}
    assert not {"pass_stage", "grant", "reject_stage"} & {one["action"] for one in steps}
    stage = ask(f"/cases/{code}/actions/pass_stage", "desk", send=step(stage=whole["stages"][0]["code"]))
    assert (stage.status_code, stage.json()["code"]) == (403, "by_a_person")


def test_notices_are_listed_as_they_were_issued(ask: Ask, office: Office, at: Callable[[str], object]) -> None:
    """Numbered, with colour, case and whose delay it is; narrowed by colour and by case."""
    it = report(office)
    at("2026-08-10 09:00")
    sweep(office)
    found = ask("/notices").json()["items"]
    assert found
    assert {one["case"] for one in found} == {it.code}
    red = ask("/notices?colour=red").json()["items"]
    assert {one["colour"] for one in red} == {"red"}
    assert ask(f"/notices?case={it.code}").json()["items"] == found
    assert ask("/notices?case=DIF-2026-9999").json()["items"] == []


# -- what must never be seen -------------------------------------------------------------------------------------------


def told(office: Office, **said: object) -> Difficulty:
    """A difficulty that the desk registers, e.g. restricted=True or withheld=True."""
    firm = {"name": f"禾城{SECRET}装备有限公司", "contact": f"{SECRET}联络员", "email": "canary@example.com"}
    body = {**REPORT, "enterprise": firm, "project": "", "title": "保密事项", **said}
    result = register(office, body, f"board-{sorted(said)}", channel="board")
    assert result.done, result.message
    return Difficulty(office, result.case)


@pytest.mark.parametrize("role", ["reader", "desk", "roads"])
def test_a_restricted_case_does_not_exist_here(
    ask: Ask, office: Office, at: Callable[[str], object], role: str
) -> None:
    """Nowhere, for no key, not even as another case's relation; it is answered as what was never there."""
    it, other = told(office, restricted=True, title=f"{SECRET}事项"), report(office)
    with office.writing() as session:
        session.add(CaseLink(case_id=other.id, target_id=it.id, kind="same_cause"))
    at("2026-08-10 09:00")
    sweep(office)
    never = ask("/cases/DIF-2026-9999", role).json()
    for rest in ("", "/events", "/explain"):
        answer = ask(f"/cases/{it.code}{rest}", role)
        assert (answer.status_code, answer.json()) == (404, never)
    for path in ("/cases?limit=200", f"/cases?q={SECRET}", "/notices", f"/notices?case={it.code}", "/figures", f"/cases/{other.code}",
                 f"/cases/{other.code}/events", "/projects/P02", f"/factors/{it.code}"):  # fmt: skip
        said = ask(path, role).text
        assert it.code not in said, path
        assert SECRET not in said, path


def test_a_restricted_case_takes_no_step_and_is_no_target(ask: Ask, office: Office) -> None:
    """A key of the desk can neither act on it nor find out by merging that it is there."""
    it, other = told(office, restricted=True), report(office)
    before = count(office, Event)
    gone = ask(f"/cases/{it.code}/actions/amend", "desk", send=step(severity=3, reason="x"))
    assert (gone.status_code, gone.json()["code"]) == (404, "not_found")
    hidden = ask(f"/cases/{other.code}/actions/merge", "desk", send=step(target=it.code))
    absent = ask(f"/cases/{other.code}/actions/merge", "desk", send=step(target="DIF-2026-9999"))
    assert hidden.status_code == absent.status_code == 422
    assert hidden.json()["detail"].replace(it.code, "?") == absent.json()["detail"].replace("DIF-2026-9999", "?")
    assert count(office, Event) == before


@pytest.mark.parametrize("role", ["reader", "desk"])
def test_who_is_not_to_be_named_is_not_named(ask: Ask, office: Office, role: str) -> None:
    """To a key of the desk neither: a program passes on what it is told. A search for the name finds nothing."""
    it = told(office, withheld=True, detail=f"{SECRET}车间")
    for path in (f"/cases/{it.code}", f"/cases/{it.code}/events", f"/cases/{it.code}/explain", "/cases"):
        answer = ask(path, role)
        assert answer.status_code == 200
        assert SECRET not in answer.text, path
        assert "canary@example.com" not in answer.text, path
    assert ask(f"/cases/{it.code}", role).json()["withheld"] is True
    assert ask(f"/cases?q={SECRET}", role).json()["items"] == []


# -- acting ------------------------------------------------------------------------------------------------------------


def test_a_step_is_recorded_as_asserted_for_a_named_person(ask: Ask, office: Office) -> None:
    """The history says which key, for whom, and that nobody proved who they are."""
    it = unrouted(office)
    done = ask(
        f"/cases/{it.code}/actions/dispatch", "desk", send=step(lead=LEAD, supporters=[ROADS], case_class="complex")
    )
    assert (done.status_code, done.json()["status"]) == (200, "in_progress")
    line = ask(f"/cases/{it.code}/events", "desk").json()["items"][done.json()["seq"] - 1]
    told = {k: line[k] for k in ("action", "party", "channel", "account", "asserted")}
    assert told == {"action": "dispatch", "party": "clerk", "channel": "api:sync", "account": "R06", "asserted": True}
    assert it.case.lead == LEAD


def test_the_same_request_is_done_once(ask: Ask, office: Office) -> None:
    """A repetition gets the first answer and changes nothing; the same id for something else is refused."""
    path = f"/cases/{report(office).code}/actions/amend"
    first = ask(path, "desk", send=step(severity=3, reason="x"), once="one-and-only")
    lines = count(office, Event)
    again = ask(path, "desk", send=step(severity=3, reason="x"), once="one-and-only")
    assert again.json() == first.json() | {"repeated": True}
    other = ask(path, "desk", send=step(severity=1, reason="x"), once="one-and-only")
    assert (other.status_code, other.json()["field"]) == (422, "Idempotency-Key")
    assert (count(office, Event), count(office, Command)) == (lines, 1)


@pytest.mark.parametrize(("language", "says"), [("zh", "须为 8 至 128 个可见"), ("en", "takes 8 to 128 visible")])
def test_a_field_of_a_wrong_form_is_told_in_words(ask: Ask, office: Office, language: str, says: str) -> None:
    """What a pattern asks for is said as people say it; the pattern itself is for programs."""
    path = f"/cases/{report(office).code}/actions/amend"
    refused = ask(path, "desk", send=step(severity=3, reason="x"), once="short", **{"accept-language": language})
    assert refused.status_code == 422
    assert says in refused.json()["detail"]
    assert "[!-~]" not in refused.json()["detail"]


def test_a_refusal_is_repeated_too(ask: Ask, office: Office) -> None:
    """What was refused stays refused under its id, even when it would be possible meanwhile."""
    it = report(office)
    path, said = f"/cases/{it.code}/actions/rule", {"on_behalf": "R05", "fields": {"lead": ROADS, "reason": "x"}}
    first = ask(path, "desk", send=said, once="ruled-once")
    it.by_lead("send_back")
    assert first.status_code == ask(path, "desk", send=said, once="ruled-once").status_code == 409
    assert ask(path, "desk", send=said, once="ruled-twice").status_code == 200


def test_what_is_not_possible_says_what_is(ask: Ask, office: Office) -> None:
    """409 with the actions that the table allows now, by whom and until when, in the language asked for."""
    path = f"/cases/{report(office).code}/actions/dispatch"
    refused = ask(path, "desk", send=step(lead=LEAD, case_class="complex"))
    said = refused.json()
    assert (refused.status_code, said["code"], said["status"]) == (409, "not_from_here", 409)
    assert "sign_for" in {one["action"] for one in said["allowed"]}
    assert refused.headers["content-language"] == "en"
    chinese = ask(path, "desk", send=step(lead=ROADS, case_class="complex"), **{"accept-language": "zh"})
    assert "办理中" in chinese.json()["detail"]


@pytest.mark.parametrize(
    ("action", "sent", "field"),
    [
        ("amend", step(severity=9, reason="x"), "fields.severity"),
        ("amend", step(severity=3), "fields.reason"),
        ("amend", step(colour="red"), "fields.colour"),
        ("supplement", step(text="x"), "spoken_for"),
        ("amend", {"on_behalf": "D08", "fields": {"severity": 3, "reason": "x"}}, "on_behalf"),
        ("amend", {"fields": {}}, "on_behalf"),
        ("amend", {"on_behalf": "R06", "account": "R05"}, "account"),
    ],
)
def test_a_mistake_names_its_field(ask: Ask, office: Office, action: str, sent: dict[str, object], field: str) -> None:
    """422 with the field and what it takes; nothing is written."""
    it = report(office)
    before = count(office, Event)
    answer = ask(f"/cases/{it.code}/actions/{action}", "desk", send=sent)
    assert (answer.status_code, answer.json()["field"]) == (422, field), answer.text
    assert count(office, Event) == before


@pytest.mark.parametrize("action", ["approve", "refuse", "hand_back", "reply", "sign_for", "instruct"])
def test_a_key_decides_nothing_that_a_person_decides(ask: Ask, office: Office, action: str) -> None:
    """An approval, a unit's reply or a chief's instruction takes that person's own link."""
    it = report(office).by_lead("reply")
    before = count(office, Event)
    answer = ask(f"/cases/{it.code}/actions/{action}", "desk", send=step(text="x"))
    assert (answer.status_code, answer.json()["code"]) == (403, "by_a_person")
    assert count(office, Event) == before


def test_a_clerk_does_not_become_the_head(ask: Ask, office: Office) -> None:
    """Whose step it is follows from the roles of the person named, as everywhere."""
    it = report(office).by_lead("send_back")
    said = {"lead": ROADS, "reason": "道路归口"}
    refused = ask(f"/cases/{it.code}/actions/rule", "desk", send=step(**said))
    assert (refused.status_code, refused.json()["code"]) == (409, "not_by_you")
    done = ask(f"/cases/{it.code}/actions/rule", "desk", send={"on_behalf": "R05", "fields": said})
    assert done.status_code == 200, done.text


def test_what_an_enterprise_said_is_recorded_with_who_spoke(ask: Ask, office: Office) -> None:
    """A clerk speaks for it, and the enterprise is told; the channel is the key."""
    it = report(office)
    done = ask(
        f"/cases/{it.code}/actions/supplement", "desk",
        send={"on_behalf": "R06", "fields": {"text": "红线图"}, "spoken_for": "张某（电话）"},
    )  # fmt: skip
    assert done.status_code == 200, done.text
    with office.reading() as session:
        actor = session.scalars(
            select(Event.actor).join(Case, Case.id == Event.case_id).where(Case.code == it.code, Event.action == "supplement")
        ).one()  # fmt: skip
    assert (actor["spoken_for"], actor["party"], actor["asserted"]) == ("张某（电话）", "clerk", True)


# -- reports, and the whole way ----------------------------------------------------------------------------------------


def test_from_a_report_to_its_history(ask: Ask, office: Office) -> None:
    """A program reports, another finds the case, acts on it and reads what happened; a report sent twice is one case."""
    taken = ask("/reports", "intake", send=REPORT, once="portal-4711")
    assert taken.status_code == 202
    again = ask("/reports", "intake", send=REPORT, once="portal-4711")
    assert (again.json()["receipt"], again.json()["duplicate"]) == (taken.json()["receipt"], True)
    receive_waiting(office)
    [case] = ask("/cases?updated_since=2026-07-16T00:00:00Z").json()["items"]
    assert case["title"] == REPORT["title"]
    done = ask(f"/cases/{case['code']}/actions/amend", "desk", send=step(severity=3, reason="临近节点"))
    assert done.status_code == 200
    lines = ask(f"/cases/{case['code']}/events?after={done.json()['seq'] - 1}", "desk").json()["items"]
    assert [line["action"] for line in lines] == ["amend"]
    assert lines[0]["text"] == [{"name": {"zh": "理由", "en": "Reason"}, "text": "临近节点"}]


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"title": ""}, "title"), ({"title": "长" * 201}, "title"), ({"enterprise": {"name": "甲", "email": "nobody"}}, "enterprise.email"),
        ({"enterprise": {}}, "enterprise.name"), ({"severity": 7}, "severity"), ({"restricted": True}, "restricted"),
    ],
)  # fmt: skip
def test_a_report_that_cannot_be_read_is_refused_at_once(
    ask: Ask, office: Office, change: dict[str, object], field: str
) -> None:
    """The program is told which field; nothing is stored that the desk would have to ask about."""
    answer = ask("/reports", "intake", send={**REPORT, **change})
    assert (answer.status_code, answer.json()["field"]) == (422, field), answer.text
    assert count(office, Delivery) == 0


def test_text_is_told_as_it_was_written(ask: Ask, office: Office) -> None:
    """Plain text in JSON, never a page: markup stays a person's words."""
    hostile = "<script>alert(1)</script>{{ 7*7 }}"
    ask("/reports", "intake", send={**REPORT, "title": hostile})
    receive_waiting(office)
    answer = ask("/cases")
    assert answer.json()["items"][0]["title"] == hostile
    assert answer.headers["content-type"] == "application/json"
    assert answer.headers["x-content-type-options"] == "nosniff"


def test_a_field_that_is_refused_is_no_failure_of_the_server(
    ask: Ask, app: TestClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A name of characters that nobody can read is answered, and no error reaches the server's log."""
    monkeypatch.setattr(app._transport, "raise_server_exceptions", True)
    firm = REPORT["enterprise"] | {"name": "\U0006718a\U000682ec"}
    answer = ask("/reports", "intake", send=REPORT | {"enterprise": firm})
    assert (answer.status_code, answer.json()["field"]) == (422, "enterprise.name")


def test_an_actor_of_the_api_cannot_be_forged_by_a_report(ask: Ask, office: Office) -> None:
    """What comes in through a key of the intake speaks as the enterprise and no one else."""
    ask("/reports", "intake", send=REPORT)
    receive_waiting(office)
    with office.reading() as session:
        actor = Actor(Party.ENTERPRISE, "webhook")
        first = session.scalars(select(Event.actor).order_by(Event.id)).first()
    assert first is not None
    assert (first["party"], first["channel"]) == (actor.party.value, actor.channel)


def test_the_page_for_programmers_names_everything_and_loads_nothing_from_elsewhere(app: TestClient) -> None:
    """Each operation with its fields, without a key, without a script, in both languages; nothing of the office is on it."""
    document = app.get("/api/openapi.json").json()
    for language, title in (("zh-CN", "程序接口"), ("en", "The interface for programs")):
        answer = app.get("/api/docs", headers={"accept-language": language})
        assert (answer.status_code, answer.headers["content-language"]) == (200, language)
        assert title in answer.text
        assert "<script" not in answer.text
        assert "default-src 'none'" in answer.headers["content-security-policy"]
        for path, methods in document["paths"].items():
            for method in methods:
                assert f"{method.upper()} /api{path}" in answer.text
        for name in ("on_behalf", "updated_since", "Idempotency-Key", "allowed[].until"):
            assert name in answer.text
