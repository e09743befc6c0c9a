"""What is not kept for ever: the files of reports that were dismissed, after the days that the policy names."""

from __future__ import annotations

from datetime import timedelta

from sqlalchemy import select, update

from models.attachment import Attachment
from models.intake import Delivery, DeliveryState
from services.attachments import remove_bytes
from services.office import Office

AT_ONCE = 500


def drop_dismissed(office: Office) -> int:
    """Remove name and bytes of files whose report was dismissed long enough ago; how many. The report itself stays on record.

    Done once a file, however often it is asked; one that is also a case's stays for that.
    """
    before = office.now() - timedelta(days=office.policy.form.files.dismissed_days)
    with office.writing() as session:
        found = session.execute(
            select(Attachment.id, Attachment.sha256)
            .join(Delivery, Delivery.id == Attachment.delivery_id)
            .where(
                Attachment.case_id.is_(None), Attachment.removed_at.is_(None), Delivery.state == DeliveryState.DISMISSED,
                Delivery.handled_at <= before,
            )
            .order_by(Attachment.id)
            .limit(AT_ONCE)
        ).all()  # fmt: skip
        if not found:
            return 0
        session.execute(
            update(Attachment)
            .where(Attachment.id.in_([row.id for row in found]))
            .values(name="", removed_at=office.now())
            .execution_options(synchronize_session=False)
        )
    # After the commit: what was rolled back must not lose a file.
    remove_bytes(office, [row.sha256 for row in found])
    return len(found)
