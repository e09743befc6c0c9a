"""All tables, so that migrations and tests see the whole metadata by importing one module."""

from models.attachment import Attachment
from models.audit import HeadDigest, HeadLine
from models.base import Base
from models.calendar import CalendarDay, CalendarVersion
from models.case import Approval, ApprovalStep, Assignment, Case, CaseLink, Event, EventText, Reporter
from models.clock import Clock, ClockEvent, Notice
from models.directory import Account, AccountRole, Contact, DirectoryChange, Enterprise, Project, Substitution, Unit
from models.factor import FactorGrant, FactorRequest, FactorStage
from models.intake import Delivery
from models.kept import KeptCount
from models.milestone import HeatStop, Milestone, MilestoneChange, MilestoneEntry
from models.office import (
    AccessLink,
    Command,
    EndedSession,
    Heartbeat,
    Lease,
    MailStop,
    NumberSeries,
    Outbox,
    PolicyVersion,
    Setting,
)

metadata = Base.metadata

__all__ = [
    "AccessLink", "Account", "AccountRole", "Approval", "ApprovalStep", "Assignment", "Attachment", "Base", "CalendarDay", "CalendarVersion", "Case", "CaseLink",
    "Clock", "ClockEvent", "Command", "Contact", "Delivery", "DirectoryChange", "EndedSession", "Enterprise", "Event", "EventText", "FactorGrant", "FactorRequest",
    "FactorStage", "HeadDigest", "HeadLine", "Heartbeat", "HeatStop", "KeptCount", "Lease", "MailStop", "Milestone", "MilestoneChange", "MilestoneEntry", "Notice",
    "NumberSeries", "Outbox", "PolicyVersion", "Project", "Reporter", "Setting", "Substitution", "Unit", "metadata",
]  # fmt: skip
