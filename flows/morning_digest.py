"""Tell each person in the morning what is late, due today and waiting for them."""

from __future__ import annotations

from prefect import flow

from domain.policy import Label
from tasks.digest import send_digests
from tasks.run_record import leave_table, name_run
from tasks.table_words import counted


@flow(name="morning-digest", persist_result=False)
def morning_digest(dry_run: bool = False) -> int:
    """Owe one mail to each person who has something to know this morning; returns how many.

    Args:
        dry_run: 只试算，不写入、不发件。Only say who would get what; nothing is written or sent.
    """
    report = send_digests(dry_run)

    did = Label("晨报试算", "Digest, dry run") if dry_run else Label("晨报", "Digest")
    name_run(did, counted(report.mails, "封", "mails"))
    leave_table(
        "morning-digest",
        [{"to": line.account, "post": line.post, **line.counts, "stopped": line.stopped} for line in report.lines],
        Label(
            f"{report.day}：{report.mails} 封工作提要"
            + ("，非工作日，不发送" if report.free_day else "")
            + ("，今日此前已发送" if report.sent_before else "")
            + ("（试算）" if dry_run else ""),
            f"{report.day}: {report.mails} digests"
            + (", a free day: nobody is written to" if report.free_day else "")
            + (", today's were sent before" if report.sent_before else "")
            + (" (dry run)" if dry_run else ""),
        ),
    )
    return report.mails
