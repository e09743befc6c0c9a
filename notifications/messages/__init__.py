"""Every message there is: importing this package fills the registry."""

from notifications.messages.approval_asked import ApprovalAsked
from notifications.messages.approval_decided import ApprovalDecided
from notifications.messages.assigned_lead import AssignedLead
from notifications.messages.assigned_supporter import AssignedSupporter
from notifications.messages.bundle import Bundle
from notifications.messages.calendar_link import CalendarLink
from notifications.messages.called_to_consultation import CalledToConsultation
from notifications.messages.case_closed import CaseClosed
from notifications.messages.case_opened import CaseOpened
from notifications.messages.case_update import CaseUpdate
from notifications.messages.channel_tried import ChannelTried
from notifications.messages.climbed import Climbed
from notifications.messages.confirm_report import ConfirmReport
from notifications.messages.consultation_cancelled import ConsultationCancelled
from notifications.messages.consultation_concluded import ConsultationConcluded
from notifications.messages.consultation_moved import ConsultationMoved
from notifications.messages.enterprise_update import EnterpriseUpdate
from notifications.messages.follow_up_due import FollowUpDue
from notifications.messages.head_digest import HeadDigest
from notifications.messages.likely_duplicate import LikelyDuplicate
from notifications.messages.mail_refused import MailRefused
from notifications.messages.milestone_change_asked import MilestoneChangeAsked
from notifications.messages.milestone_change_decided import MilestoneChangeDecided
from notifications.messages.milestone_notice import MilestoneNotice
from notifications.messages.milestone_ruling_late import MilestoneRulingLate
from notifications.messages.morning_digest import MorningDigest
from notifications.messages.new_link import NewLink
from notifications.messages.redo_started import RedoStarted
from notifications.messages.reply_to_confirm import ReplyToConfirm
from notifications.messages.report_received import ReportReceived
from notifications.messages.report_waiting import ReportWaiting
from notifications.messages.role_unfilled import RoleUnfilled
from notifications.messages.ruling_needed import RulingNeeded
from notifications.messages.several_notices import SeveralNotices
from notifications.messages.step_failed import StepFailed
from notifications.messages.substitution_told import SubstitutionTold
from notifications.messages.supervision_notice import SupervisionNotice
from notifications.messages.triage_needed import TriageNeeded
from notifications.messages.watchdog_found import WatchdogFound
from notifications.messages.watchdog_over import WatchdogOver
from notifications.messages.work_passed_on import WorkPassedOn

__all__ = [
    "ApprovalAsked",
    "ApprovalDecided",
    "AssignedLead",
    "AssignedSupporter",
    "Bundle",
    "CalendarLink",
    "CalledToConsultation",
    "CaseClosed",
    "CaseOpened",
    "CaseUpdate",
    "ChannelTried",
    "Climbed",
    "ConfirmReport",
    "ConsultationCancelled",
    "ConsultationConcluded",
    "ConsultationMoved",
    "EnterpriseUpdate",
    "FollowUpDue",
    "HeadDigest",
    "LikelyDuplicate",
    "MailRefused",
    "MilestoneChangeAsked",
    "MilestoneChangeDecided",
    "MilestoneNotice",
    "MilestoneRulingLate",
    "MorningDigest",
    "NewLink",
    "RedoStarted",
    "ReplyToConfirm",
    "ReportReceived",
    "ReportWaiting",
    "RoleUnfilled",
    "RulingNeeded",
    "SeveralNotices",
    "StepFailed",
    "SubstitutionTold",
    "SupervisionNotice",
    "TriageNeeded",
    "WatchdogFound",
    "WatchdogOver",
    "WorkPassedOn",
]
