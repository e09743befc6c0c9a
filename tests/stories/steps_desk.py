"""What the dispatch desk does in the written stories, in the Prefect UI, where it acts as the desk and not as a person."""

from __future__ import annotations

from pytest_bdd import step

from services.directory_change import PersonLeft, SubstitutionAdded, UnitChanged, UnitMerged
from tests.stories.stage import Stage
from tests.stories.words import UNITS, Firm, SaidDay, said_day, sentence


@step(sentence("the desk dispatches it to {unit:Unit} as {case_class:Class}"))
def _(stage: Stage, unit: str, case_class: str) -> None:
    stage.desk("dispatch", lead=unit, case_class=case_class)


@step(sentence('the desk declines it: "{reason}"'))
def _(stage: Stage, reason: str) -> None:
    stage.desk("decline", reason=reason)


@step(sentence("the desk merges the report of {one:Firm} into that of {other:Firm}"))
def _(stage: Stage, one: Firm, other: Firm) -> None:
    stage.code = stage.cases[one.email]
    stage.desk("merge", target=stage.cases[other.email], reason="同一事项")
    stage.settle()
    stage.code = stage.cases[other.email]


@step(sentence('the desk reassigns it to {unit:Unit}: "{reason}"'))
def _(stage: Stage, unit: str, reason: str) -> None:
    stage.desk("reassign", lead=unit, reason=reason)


@step(sentence("the desk calls {units:Units} to a consultation on {day:Day}"))
def _(stage: Stage, units: list[str], day: SaidDay) -> None:
    stage.desk("call_consultation", participants=units, date=stage.day(day))


@step(sentence('the desk moves the consultation to {day:Day}: "{reason}"'))
def _(stage: Stage, day: SaidDay, reason: str) -> None:
    stage.desk("move_consultation", date=stage.day(day), reason=reason)


@step("the desk concludes with these duties:")
def _(stage: Stage, datatable: list[list[str]]) -> None:
    """A table of unit, what it must do, and by when."""
    duties = [f"{UNITS[unit][0]};{what};{stage.day(said_day(day))}" for unit, what, day in datatable]
    stage.desk("conclude", minutes="会商形成一致意见", duties="\n".join(duties))


@step(sentence("the desk concludes that there was no agreement"))
def _(stage: Stage) -> None:
    stage.desk("conclude", minutes="会商未形成一致意见", no_agreement="yes")


@step(sentence("the desk asks to track it, with a first report by {day:Day}"))
def _(stage: Stage, day: SaidDay) -> None:
    stage.desk("track", reason="涉及上级规划调整", date=stage.day(day))


@step(sentence("the desk ends the tracking: it is {case_class:Class} from now on"))
def _(stage: Stage, case_class: str) -> None:
    stage.desk("untrack", case_class=case_class)


@step(sentence('the desk reviews the suspension: "{text}"'))
def _(stage: Stage, text: str) -> None:
    stage.desk("review", text=text)


@step(sentence("the desk resumes it"))
def _(stage: Stage) -> None:
    stage.desk("resume", reason="条件已具备")


@step(sentence('the desk reopens it: "{reason}"'))
def _(stage: Stage, reason: str) -> None:
    stage.desk("reopen", reason=reason)


@step(sentence('the desk records an appeal that "{speaker}" made by telephone: "{why}"'))
def _(stage: Stage, speaker: str, why: str) -> None:
    stage.desk("appeal", reason=why, spoken_for=f"{speaker}（电话）")


@step(sentence('the desk records an appeal without saying who made it: "{why}"'))
def _(stage: Stage, why: str) -> None:
    stage.desk("appeal", reason=why)


@step(sentence("the story goes on with the report of {firm:Firm}"))
def _(stage: Stage, firm: Firm) -> None:
    stage.settle()
    stage.code = stage.cases[firm.email]


@step(sentence('the desk reports to the city: "{text}"'))
def _(stage: Stage, text: str) -> None:
    stage.desk("report_to_city", text=text, document="鸳办报〔2026〕1号")


# -- the directory -----------------------------------------------------------------------------------------------------


@step(sentence("nobody is {person:Person}"))
def _(stage: Stage, person: str) -> None:
    stage.directory(PersonLeft(account=stage.account(person)))


@step(sentence("{absent:Person} is away from {first:Day} to {last:Day}, and {substitute:Person} stands in"))
def _(stage: Stage, absent: str, first: SaidDay, last: SaidDay, substitute: str) -> None:
    who = {"absent": stage.account(absent), "substitute": stage.account(substitute)}
    stage.directory(SubstitutionAdded(**who, first_day=first.on(stage.now.year), last_day=last.on(stage.now.year)))


@step(sentence('the desk renames {unit:Unit} "{zh}" and "{en}"'))
def _(stage: Stage, unit: str, zh: str, en: str) -> None:
    stage.directory(UnitChanged(unit=unit, zh=f"区{zh}", short_zh=zh, en=f"District {en} Bureau", short_en=en))


@step(sentence("the desk merges {unit:Unit} into {other:Unit}"))
def _(stage: Stage, unit: str, other: str) -> None:
    stage.directory(UnitMerged(unit=unit, into=other))


# -- restricted cases, on the board ------------------------------------------------------------------------------------


@step(sentence('{person:Person} registers a restricted {category:Category} difficulty of {firm:Firm}: "{title}"'))
def _(stage: Stage, person: str, category: str, firm: Firm, title: str) -> None:
    stage.register_restricted(person, firm, category, title)


@step(sentence('{person:Person} reassigns it on the board to {unit:Unit}: "{reason}"'))
def _(stage: Stage, person: str, unit: str, reason: str) -> None:
    stage.on_board(person, "reassign", lead=unit, reason=reason)
