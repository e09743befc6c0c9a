"""What a policy's rules of mail have to keep: addresses, times to try again, rates that let something through, hours that end."""

from __future__ import annotations

from domain.mail_rules import MailRules
from services.marked_yaml import Report

LONGEST_WINDOW = 24 * 60
"""Minutes that an ordinary mail may wait for others."""


def check_mail(mail: MailRules, report: Report) -> None:
    """Name each mistake to `report`."""
    for name, address in (("reply_to", mail.reply_to), ("operator", mail.operator)):
        local, _, host = address.partition("@")
        if not local or "." not in host or any(character.isspace() for character in address):
            report.add(f"mail.{name}", f"{address!r} is not an address", "write e.g. desk@example.org")
    _check_positive(report, "mail.link_valid_days", mail.link_valid_days)
    if not mail.retry_minutes:
        report.add("mail.retry_minutes", "is empty", "write e.g. [1, 5, 30, 120, 480]")
    for position, minutes in enumerate(mail.retry_minutes):
        _check_positive(report, report.item("mail.retry_minutes", position), minutes)
    _check_rates(mail, report)
    if mail.quiet is not None and mail.quiet.begins == mail.quiet.ends:
        problem = f"begin and end at {mail.quiet.ends:%H:%M}, which says nothing"
        report.add("mail.quiet", problem, "write two times, or `quiet: null` for none")
    if mail.bundle_minutes is not None and not 0 <= mail.bundle_minutes <= LONGEST_WINDOW:
        problem = f"{mail.bundle_minutes} is not between 0 and {LONGEST_WINDOW}"
        report.add("mail.bundle_minutes", problem, "write e.g. 0, or null to send each mail by itself")
    _check_positive(report, "mail.confirmations_per_day", mail.confirmations_per_day)
    if mail.urgent_alone < 0:
        report.add("mail.urgent_alone", f"{mail.urgent_alone} is below zero", "write 0 or more")


def _check_rates(mail: MailRules, report: Report) -> None:
    rates = mail.rates
    named = (("minute", rates.minute), ("hour", rates.hour), ("day", rates.day))
    least: tuple[str, int] | None = None
    for name, most in named:
        if most is None:
            continue
        _check_positive(report, f"mail.rates.{name}", most)
        if least is not None and most < least[1]:
            problem = f"{most} is less than the {least[1]} of a {least[0]}"
            report.add(f"mail.rates.{name}", problem, "write the longer time's limit as the larger one")
        least = name, most


def _check_positive(report: Report, key: str, value: int) -> None:
    if value < 1:
        report.add(key, f"{value} is not above zero", "write 1 or more")
