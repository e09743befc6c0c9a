"""Files on the form and on the personal pages: chosen once, handed on, downloaded by whoever may have them and nobody else."""

from __future__ import annotations

import re

import pytest
from sqlalchemy import select, update
from starlette.testclient import TestClient

from models.attachment import Attachment
from models.case import Case
from models.directory import Project
from models.intake import Delivery
from services.attachments import file_on_board
from services.audit import verify
from services.board_users import BoardRole, BoardUser
from services.file_store import FileStore
from services.office import Office
from services.project_search import search_projects
from services.receiver import receive_waiting
from tests.filebox import DOCX, JPG, PDF
from tests.mailroom import deliver_all
from tests.web.conftest import REPORT, Page, mail_of, path_in, press, read
from web.files import disposition

pytestmark = pytest.mark.sqlite

Files = list[tuple[str, tuple[str, bytes, str]]]


def files(*given: tuple[str, bytes]) -> Files:
    """Files as a browser sends them."""
    return [("files", (name, content, "application/octet-stream")) for name, content in given]


def send(
    client: TestClient, path: str, action: str, sent: Files, *, kept: list[str] | None = None, **typed: str
) -> Page:
    """Fill the form of an action with files, send it, and read what follows."""
    form = read(client, path).form(action)
    where = form.pop("")
    data: dict[str, str | list[str]] = {**form, **typed, **({"kept": kept} if kept else {})}
    return Page(client.post(where, data=data, files=sent, follow_redirects=True).text)


def kept_in(page: Page) -> list[str]:
    """What the page's form would keep of the files sent before."""
    return [f["value"] for tag, f in page.tags if tag == "input" and f.get("name") == "kept" and "checked" in f]


def downloads(page: Page) -> list[str]:
    """The addresses of the files on a page."""
    return [link for link in page.links if "/file/" in link]


def walked(client: TestClient, office: Office, *given: tuple[str, bytes], **changes: str) -> tuple[str, str]:
    """A report with files that became a case; the pages of its reporter and of its lead."""
    answer = client.post("/report", data=REPORT | changes, files=files(*given), follow_redirects=False)
    assert answer.status_code == 303, answer.text
    press(client, path_in(mail_of(deliver_all(office), "confirm_report")), "confirm_report")
    receive_waiting(office)
    mails = deliver_all(office)
    return path_in(mail_of(mails, "case_opened")), path_in(mail_of(mails, "assigned_lead"))


def stored(office: Office) -> list[Attachment]:
    """What is known of files."""
    with office.reading() as session:
        return list(session.scalars(select(Attachment).order_by(Attachment.id)))


def test_a_photo_goes_with_the_report_to_whoever_handles_it(client: TestClient, office: Office) -> None:
    """Sent with the form, it stands on the enterprise's page and on the lead's, and each downloads the same bytes."""
    track, lead = walked(client, office, ("现场 1.jpg", JPG), ("plan.pdf", PDF))
    for path in (track, lead):
        page = read(client, path)
        assert "现场 1.jpg" in page.text
        assert "添加了 2 个文件" in page.text
        first, second = downloads(page)
        assert client.get(first).content == JPG
        assert client.get(second).content == PDF


def test_a_file_is_a_download_and_nothing_else(client: TestClient, office: Office) -> None:
    """Its name is safe in the header, and no browser shows, runs or keeps it."""
    _, lead = walked(client, office, ('现场".jpg', JPG))
    answer = client.get(downloads(read(client, lead))[0])
    said = answer.headers
    assert said["content-disposition"].startswith('attachment; filename="')
    assert "filename*=UTF-8''%E7%8E%B0%E5%9C%BA" in said["content-disposition"]
    assert said["content-type"] == "application/octet-stream"
    assert said["x-content-type-options"] == "nosniff"
    assert "sandbox" in said["content-security-policy"]
    assert "no-store" in said["cache-control"]
    assert client.post(downloads(read(client, lead))[0]).status_code == 405


@pytest.mark.parametrize("name", ["a\r\nX: y.pdf", 'a"; filename=b.exe', "报告%20;.pdf", "e\u0301.pdf", "x" * 300])
def test_a_name_cannot_leave_its_header(name: str) -> None:
    """Whatever a name holds, the header has one line, one quoted ASCII name and one encoded name (RFC 6266)."""
    assert re.fullmatch(
        r"attachment; filename=\"[^\"\\\r\n%;]*\"; filename\*=UTF-8''[A-Za-z0-9_.~%-]*", disposition(name)
    )


def test_a_file_is_nobody_else_s(client: TestClient, office: Office) -> None:
    """Another case's link, the wrong kind of page, a guessed number: 404; without a link nothing at all."""
    track, lead = walked(client, office, ("a.jpg", JPG))
    number = stored(office)[0].id
    other, _ = walked(client, office, enterprise="另一家企业", email="other@example.com")
    assert client.get(f"{other}/file/{number}").status_code == 404
    assert client.get(f"{track}/file/{number + 1}").status_code == 404
    assert client.get(f"{track.replace('/track/', '/act/')}/file/{number}").status_code == 404
    assert client.get(f"{lead.replace('/act/', '/track/')}/file/{number}").status_code == 404
    assert client.get(f"/track/nobody/file/{number}").status_code == 404
    asked = client.get(f"/board/case/DIF-2026-0001/file/{number}", follow_redirects=False)
    assert "/board/sign-in" in asked.headers["location"]


def test_nobody_confirms_unseen_what_was_sent_in_their_name(client: TestClient, office: Office) -> None:
    """The mailed link shows the files before they are confirmed."""
    client.post("/report", data=REPORT, files=files(("a.jpg", JPG)))
    page = read(client, path_in(mail_of(deliver_all(office), "confirm_report")))
    [link] = downloads(page)
    assert client.get(link).content == JPG


@pytest.mark.parametrize("language", ["zh", "en"])
def test_a_mistake_elsewhere_keeps_the_files(client: TestClient, office: Office, language: str) -> None:
    """No browser keeps a chosen file on a new page: we hold it, and the next try has it without choosing again."""
    answer = client.post(f"/report?lang={language}", data=REPORT | {"title": ""}, files=files(("现场.jpg", JPG)))
    assert answer.status_code == 422
    page = Page(answer.text)
    assert "现场.jpg" in page.text
    assert stored(office) == []
    nonce = page.forms[0]["nonce"]
    again = client.post(
        "/report",
        data=REPORT | {"nonce": nonce, "kept": kept_in(page)},
        files=files(("b.pdf", PDF)),
        follow_redirects=False,
    )
    assert again.status_code == 303
    assert [f.name for f in stored(office)] == ["现场.jpg", "b.pdf"]


def test_a_held_file_that_is_unticked_is_dropped(client: TestClient, office: Office) -> None:
    """Whoever chose the wrong photo unticks it."""
    page = Page(client.post("/report", data=REPORT | {"title": ""}, files=files(("wrong.jpg", JPG))).text)
    client.post("/report", data=REPORT | {"nonce": page.forms[0]["nonce"]})
    assert stored(office) == []


def test_a_held_file_is_kept_for_its_own_form_alone(client: TestClient, office: Office) -> None:
    """A reference that was changed, or taken over from another form, is none."""
    page = Page(client.post("/report", data=REPORT | {"title": ""}, files=files(("a.jpg", JPG))).text)
    [value] = kept_in(page)
    for kept, nonce in (
        (value, "y" * 24),
        (value[:-1] + "x", page.forms[0]["nonce"]),
        ("x.y", page.forms[0]["nonce"]),
        ("", "z" * 24),
    ):
        assert (
            client.post("/report", data=REPORT | {"nonce": nonce, "kept": kept, "detail": kept[-9:]}).status_code == 200
        )
    assert stored(office) == []


def test_a_bad_file_is_told_at_its_field_and_the_good_one_stays(client: TestClient, office: Office) -> None:
    """The mistake names the file and what to do; the photo beside it is not lost."""
    answer = client.post("/report?lang=en", data=REPORT, files=files(("good.jpg", JPG), ("bad.exe", b"MZ" + b"x" * 99)))
    assert answer.status_code == 422
    page = Page(answer.text)
    assert "“bad.exe” is of a kind that is not taken" in page.text
    assert len(kept_in(page)) == 1
    assert "good.jpg" in page.text
    assert stored(office) == []


def test_every_mistake_is_told_at_once(client: TestClient) -> None:
    """A bad file and an empty field are mended in one go."""
    page = Page(
        client.post("/report?lang=en", data=REPORT | {"title": ""}, files=files(("bad.exe", b"MZ" + b"x" * 99))).text
    )
    assert "“bad.exe” is of a kind that is not taken" in page.text
    assert "Say in one line what the difficulty is." in page.text


def test_a_file_that_is_too_large_is_told_not_cut_off(client: TestClient, office: Office) -> None:
    """One file above the limit is a mistake at the field; the text stays."""
    large = JPG + b"x" * office.policy.form.files.bytes
    answer = client.post("/report?lang=en", data=REPORT, files=files(("large.jpg", large)))
    assert answer.status_code == 422
    assert "“large.jpg” is larger than 10 MB" in answer.text
    assert REPORT["title"] in answer.text


def test_the_same_form_with_its_file_sent_twice_is_one_report(client: TestClient, office: Office) -> None:
    """A double click stores neither report nor file twice; another file makes another report."""
    nonce = read(client, "/").forms[0]["nonce"]
    for name, content in (("a.jpg", JPG), ("a.jpg", JPG), ("b.pdf", PDF)):
        client.post("/report", data=REPORT | {"nonce": nonce}, files=files((name, content)))
    with office.reading() as session:
        assert len(session.scalars(select(Delivery.id)).all()) == 2
    assert [f.name for f in stored(office)] == ["a.jpg", "b.pdf"]


def test_strangers_cannot_fill_the_disk(client: TestClient, office: Office) -> None:
    """Beyond what the policy gives to reports that nobody confirmed the form takes text alone, and says what to do."""
    client.post("/report", data=REPORT, files=files(("a.jpg", JPG)))
    with office.writing() as session:
        session.execute(update(Attachment).values(bytes=office.policy.form.files.unconfirmed_megabytes * 1_000_000))
    answer = client.post("/report?lang=en", data=REPORT, files=files(("b.pdf", PDF)))
    assert answer.status_code == 422
    assert "no files are taken at the moment" in answer.text
    assert client.post("/report", data=REPORT | {"title": "text alone"}).status_code == 200


def test_an_enterprise_adds_papers_and_an_office_evidence(client: TestClient, office: Office) -> None:
    """A supplement's file reaches the lead; an office's stays inside until the reply it goes with is signed."""
    track, lead = walked(client, office)
    assert "添加了 1 个文件" in send(client, track, "supplement", files(("合同.docx", DOCX)), text="补充合同").text
    assert "合同.docx" in read(client, lead).text
    send(client, lead, "sign_for", [])
    send(client, lead, "report", files(("内部.pdf", PDF)), text="正在协调")
    send(
        client, lead, "reply", files(("竣工.jpg", JPG)), outcome="resolved", text="已通电", document="鸳供〔2026〕12号"
    )
    assert "竣工.jpg" in read(client, lead).text
    page = read(client, track)
    assert "内部.pdf" not in page.text
    assert "竣工.jpg" not in page.text
    sign = path_in(mail_of(deliver_all(office), "approval_asked"))
    assert "竣工.jpg" in read(client, sign).text
    press(client, sign, "approve")
    page = read(client, track)
    assert "内部.pdf" not in page.text
    assert "竣工.jpg" in page.text
    assert client.get(downloads(page)[-1]).content == JPG


def test_a_refused_action_keeps_its_files(client: TestClient, office: Office) -> None:
    """A supplement without its text is asked for again with the paper still there."""
    track, _ = walked(client, office)
    page = send(client, track, "supplement", files(("合同.pdf", PDF)))
    assert "合同.pdf" in page.text
    assert stored(office) == []
    send(client, track, "supplement", [], kept=kept_in(page), text="补充合同")
    assert [f.name for f in stored(office)] == ["合同.pdf"]


def test_an_action_without_the_page_s_seal_stores_nothing(client: TestClient, office: Office) -> None:
    """A form from elsewhere leaves no file behind, not even a held one."""
    track, _ = walked(client, office)
    answer = client.post(track, data={"action": "supplement", "text": "x", "seal": "no"}, files=files(("a.pdf", PDF)))
    assert answer.status_code == 403
    assert not list(FileStore(office.settings).held.glob("*"))


def test_the_form_names_public_projects_alone(client: TestClient, office: Office) -> None:
    """A project that is not called public stands in no list, and its code, guessed, tells a stranger nothing."""
    assert "湖粲钠离子电池" in client.get("/").text
    with office.writing() as session:
        project = session.get_one(Project, "P02")
        project.facts = {k: v for k, v in project.facts.items() if k != "public"}
    for path in ("/", "/?lang=en", "/factor"):
        text = client.get(path).text
        assert "湖粲钠离子电池" not in text
        assert "Hucan Sodium-ion" not in text
    track, _ = walked(client, office)
    assert "湖粲钠离子电池" not in read(client, track).text
    with office.reading() as session:
        case = session.scalars(select(Case)).one()
        assert (case.project_id, case.project_said, "unknown_project" in case.flags) == (None, "P02", True)


def test_many_projects_are_searched_with_everything_kept(client: TestClient, office: Office) -> None:
    """Where a list would be too long, a button finds the project, and the rest of the form stays as it was, files too."""
    with office.writing() as session:
        session.add_all(
            Project(
                id=f"Q{n:03d}",
                name_zh=f"第{n}号标准厂房",
                name_en=f"Workshop {n}",
                status="active",
                facts={"public": True},
            )
            for n in range(301)
        )
    assert "<datalist" not in client.get("/").text
    answer = client.post(
        "/report?lang=en", data=REPORT | {"project": "workshop 123", "search": "yes"}, files=files(("a.jpg", JPG))
    )
    assert answer.status_code == 200
    page = Page(answer.text)
    found = [f["value"] for tag, f in page.tags if tag == "input" and f.get("name") == "found"]
    assert found[0] == "Q123"
    assert REPORT["title"] in answer.text
    done = client.post(
        "/report",
        data=REPORT | {"nonce": page.forms[0]["nonce"], "found": "Q123", "kept": kept_in(page)},
        follow_redirects=False,
    )
    assert done.status_code == 303
    with office.reading() as session:
        assert b"Q123" in session.scalars(select(Delivery.body)).one()
    assert [f.name for f in stored(office)] == ["a.jpg"]
    assert search_projects(office, "第301号") != ()


def test_the_receipt_promises_dates(client: TestClient) -> None:
    """Who confirms now is told until when somebody gets in touch and until when it is to be done: Thursday 16 July, 10:00."""
    page = Page(client.post("/report?lang=en", data=REPORT | {"severity": "2"}, files=files(("a.jpg", JPG))).text)
    assert re.search(r"somebody gets in touch with you by Thu 16 Jul 2026, 16:00", page.text), page.text
    assert re.search(r"to be done by Thu 30 Jul 2026, 17:30", page.text), page.text


def test_the_board_shows_files_to_the_desk_alone(client: TestClient, office: Office) -> None:
    """Who sees no texts of a case has no files of it."""
    walked(client, office, ("a.jpg", JPG))
    number = stored(office)[0].id
    desk, reader = (BoardUser("x", role, None, "") for role in (BoardRole.DESK, BoardRole.READER))
    assert file_on_board(office, desk, "DIF-2026-0001", number) is not None
    assert file_on_board(office, reader, "DIF-2026-0001", number) is None
    assert file_on_board(office, desk, "DIF-2026-0002", number) is None


def test_a_factor_request_brings_its_papers(client: TestClient, office: Office) -> None:
    """As on the form for difficulties: kept over a mistake, carried to the request once it is confirmed, told by content."""
    typed = ASKED | {"quantity": "viel"}
    page = Page(client.post("/factor", data=typed, files=files(("红线图.pdf", PDF))).text)
    kept = kept_in(page)
    assert len(kept) == 1
    wrong = client.post("/factor", data=ASKED, files=files(("假.pdf", b"no paper")))
    assert wrong.status_code == 422
    nonce = next(f["value"] for tag, f in page.tags if tag == "input" and f.get("name") == "nonce")
    sent = client.post(
        "/factor", data=ASKED | {"nonce": nonce, "kept": kept}, files=files(("照片.jpg", JPG)), follow_redirects=False
    )
    assert sent.status_code == 303, sent.text
    press(client, path_in(mail_of(deliver_all(office), "confirm_report")), "confirm_report")
    receive_waiting(office)
    with office.reading() as session:
        [case] = session.scalars(select(Case)).all()
        found = session.scalars(select(Attachment).order_by(Attachment.name)).all()
    assert case.kind == "factor"
    assert {(row.name, row.case_id) for row in found} == {("红线图.pdf", case.id), ("照片.jpg", case.id)}
    assert verify(office).findings == ()


ASKED = {
    "type": "power", "item": "双回路供电", "quantity": "8", "unit": "MW", "needed_by": "2026-10-30", "project": "P02", "difficulty": "",
    "note": "", "enterprise": "禾城湖粲钠能有限公司", "uscc": "", "contact": "项目联络员", "phone": "", "email": "gongcheng@example.com",
    "nonce": "n" * 24,
}  # fmt: skip
