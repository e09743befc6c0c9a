"""What happens in the written stories: time passes, enterprises report and answer, officials act through their links."""

from __future__ import annotations

from pytest_bdd import step

from tests.stories.stage import Stage
from tests.stories.words import Firm, SaidDay, SaidMoment, sentence

# -- time --------------------------------------------------------------------------------------------------------------


@step(sentence("it is {moment:Moment}"))
def _(stage: Stage, moment: SaidMoment) -> None:
    if stage.cases:
        stage.wait_until(moment)
    else:
        stage.begin_at(moment)


# -- enterprises -------------------------------------------------------------------------------------------------------


@step(sentence('{firm:Firm} reports {urgency:Urgency} {category:Category} difficulty: "{title}"'))
def _(stage: Stage, firm: Firm, urgency: str, category: str, title: str) -> None:
    stage.report(firm, category, urgency, title)


@step(sentence('{firm:Firm} says that it is not solved: "{why}"'))
def _(stage: Stage, firm: Firm, why: str) -> None:
    stage.enterprise(firm, "dispute", reason=why)


@step(sentence("{firm:Firm} confirms, rating the result {result:d} and the attitude {attitude:d}"))
def _(stage: Stage, firm: Firm, result: int, attitude: int) -> None:
    stage.enterprise(firm, "confirm", result=str(result), attitude=str(attitude))


@step(sentence('{firm:Firm} adds: "{text}"'))
def _(stage: Stage, firm: Firm, text: str) -> None:
    stage.enterprise(firm, "supplement", text=text)


@step(sentence('{firm:Firm} appeals: "{why}"'))
def _(stage: Stage, firm: Firm, why: str) -> None:
    stage.enterprise(firm, "appeal", reason=why)


@step(sentence("{firm:Firm} withdraws"))
def _(stage: Stage, firm: Firm) -> None:
    stage.enterprise(firm, "withdraw")


# -- units -------------------------------------------------------------------------------------------------------------


@step(sentence("{person:Person} signs for it"))
def _(stage: Stage, person: str) -> None:
    stage.officer(person, "sign_for")


@step(sentence("{person:Person} telephones {firm:Firm}"))
def _(stage: Stage, person: str, firm: Firm) -> None:
    stage.officer(person, "contact", how="电话", text=f"已与{firm.name}联系")


@step(sentence('{person:Person} answers: "{text}"'))
def _(stage: Stage, person: str, text: str) -> None:
    stage.officer(person, "answer", text=text)


@step(sentence('{person:Person} reports: "{text}"'))
def _(stage: Stage, person: str, text: str) -> None:
    stage.officer(person, "report", text=text)


@step(sentence('{person:Person} reports the duty done: "{text}"'))
def _(stage: Stage, person: str, text: str) -> None:
    stage.officer(person, "fulfil", text=text)


@step(sentence('{person:Person} explains the delay: "{text}"'))
def _(stage: Stage, person: str, text: str) -> None:
    stage.officer(person, "fulfil", text=text)


@step(sentence('{person:Person} sends it back and suggests {unit:Unit}: "{reason}"'))
def _(stage: Stage, person: str, unit: str, reason: str) -> None:
    stage.officer(person, "send_back", reason=reason, basis="三定方案", suggested=unit)


@step(sentence("{person:Person} asks for time until {day:Day}"))
def _(stage: Stage, person: str, day: SaidDay) -> None:
    fields = {"date": stage.day(day), "reason": "路由未定", "progress": "已踏勘"}
    stage.officer(person, "ask_extension", **fields)


@step(sentence("{person:Person} asks to suspend it for {cause:Cause} until {day:Day}"))
def _(stage: Stage, person: str, cause: str, day: SaidDay) -> None:
    stage.officer(person, "ask_suspension", cause=cause, date=stage.day(day), reason="等待有关方面")


@step(sentence('{person:Person} replies that it is {outcome:Outcome}: "{text}"'))
def _(stage: Stage, person: str, outcome: str, text: str) -> None:
    policy = {"policy": "国土空间规划条例"} if outcome == "explained" else {}
    stage.officer(person, "reply", outcome=outcome, text=text, document="鸳办〔2026〕8号", **policy)


@step(sentence('{person:Person} replies that it is promised for {day:Day}: "{text}"'))
def _(stage: Stage, person: str, day: SaidDay, text: str) -> None:
    fields = {"outcome": "promised", "text": text, "document": "鸳办〔2026〕8号", "date": stage.day(day)}
    stage.officer(person, "reply", **fields)


@step(sentence('{person:Person} delivers what was promised: "{text}"'))
def _(stage: Stage, person: str, text: str) -> None:
    stage.officer(person, "deliver", text=text, document="鸳办〔2026〕9号")


@step(sentence('{person:Person} asks for the next rung: "{reason}"'))
def _(stage: Stage, person: str, reason: str) -> None:
    stage.officer(person, "escalate", reason=reason)


# -- approvers and leaders ---------------------------------------------------------------------------------------------


@step(sentence("{person:Person} approves"))
def _(stage: Stage, person: str) -> None:
    stage.officer(person, "approve")


@step(sentence('{person:Person} refuses: "{reason}"'))
def _(stage: Stage, person: str, reason: str) -> None:
    stage.officer(person, "refuse", reason=reason)


@step(sentence('{person:Person} rules that {unit:Unit} leads: "{reason}"'))
def _(stage: Stage, person: str, unit: str, reason: str) -> None:
    stage.officer(person, "rule", lead=unit, reason=reason)


@step(sentence('{person:Person} instructs {unit:Unit} to act by {day:Day}: "{text}"'))
def _(stage: Stage, person: str, unit: str, day: SaidDay, text: str) -> None:
    stage.officer(person, "instruct", text=text, unit=unit, date=stage.day(day))


# -- follow-up ---------------------------------------------------------------------------------------------------------


@step(sentence("{person:Person} calls {firm:Firm} and reaches nobody"))
def _(stage: Stage, person: str, firm: Firm) -> None:
    stage.officer(person, "record_follow_up", answer="not_reached")


@step(sentence("{person:Person} calls {firm:Firm}, which rates the result {result:d} and the attitude {attitude:d}"))
def _(stage: Stage, person: str, firm: Firm, result: int, attitude: int) -> None:
    stage.officer(person, "record_follow_up", answer="answered", result=str(result), attitude=str(attitude))
