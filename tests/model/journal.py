"""What happens in a random office, as plain data: written down once, replayed as often as wanted, and cut down when it fails."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta
from random import Random
from typing import Any

from tests.model import plain_days as plain
from tests.model.plain_office import Case, Fields, PlainOffice, Who
from tests.model.plain_people import AREAS, COMMISSIONERS, HEADS, OFFICERS
from tests.model.plain_rules import ACTIONS, FOR_ENTERPRISE, SUSPENSIONS

UNITS = sorted(OFFICERS)
PROJECTS = sorted(AREAS)
CLASSES = ["immediate", "ordinary", "complex", "hard"]
AWAY = ["R05", "R06", "R02", "H08", "H14", "L08", "L14", "R11", "H03", "R04"]
"""Who is away now and then; each stands in for others as well."""

LIKED = {
    "merge": 0.15, "withdraw": 0.1, "decline": 0.3, "reopen": 0.7, "send_back": 3, "fulfil": 2, "hand_back": 0.5, "instruct": 0.2,
    "dispute": 1.2, "amend": 0.4, "reassign": 0.4, "escalate": 0.2, "appeal": 0.2, "ask_suspension": 1.2, "track": 0.5, "report": 0.6,
    "deliver": 3, "confirm": 2.5, "reply": 4, "ask_extension": 1.5, "rule": 3, "conclude": 4, "approve": 14, "refuse": 2, "untrack": 0.4,
    "supplement": 0.5, "contact": 0.7, "call_consultation": 0.6, "move_consultation": 0.8, "answer": 0.7, "record_follow_up": 2, "review": 0.5,
}  # fmt: skip
"""How much more (or less) than others an action is tried, so that cases go far and wide."""


@dataclass(frozen=True)
class Op:
    """One thing that happens: `what` is report, act, sweep, away or policy."""

    at: datetime
    what: str
    case: str = ""
    action: str = ""
    who: Who = field(default_factory=lambda: Who(""))
    fields: Fields = field(default_factory=dict)

    def __str__(self) -> str:
        who = self.who
        said = [f"{k}={v}" for k, v in self.fields.items()]
        by = [str(x) for x in (who.party, who.unit, who.firm, who.approval, who.account) if x]
        return " ".join([f"{self.at:%a %m-%d %H:%M}", self.what, self.case, self.action, *by, *said])


@dataclass
class Author:
    """Writes a journal by chance, looking at the model so that it goes somewhere. Whoever reads on has done what was written."""

    chance: Random
    model: PlainOffice
    busy: float = 14
    """About how many things are done in a moment."""
    fresh: float = 2
    """About how many difficulties are reported in a moment."""
    policies: tuple[str, ...] = ()
    """Names of policies to change between; none keeps the first."""
    merges: list[tuple[str, str]] = field(default_factory=list)
    """Units that become part of another one some day, the last first."""
    reported: int = 0

    def write(self, first: date, days: int) -> Iterator[list[Op]]:
        """Lists of what happens at one moment each, in order; sweeps run at random hours, on some days not at all."""
        for n in range(days):
            day = first + timedelta(days=n)
            outage = self.chance.random() < 0.15
            for at in sorted({self._moment(day) for _ in range(self.chance.randint(1, 2))}):
                self.model.now = at
                if self.chance.random() < 0.08:
                    yield [self._away(at)]
                if self.policies and self.chance.random() < 0.04:
                    yield [self._policy(at)]
                if self.merges and self.chance.random() < 0.03:
                    unit, into = self.merges.pop()
                    yield [Op(at, "merge units", fields={"unit": unit, "into": into})]
                yield self._reports(at)
                yield self._acts(at)
                if not outage and self.chance.random() < 0.6:
                    yield [Op(at, "sweep")]

    def _moment(self, day: date) -> datetime:
        chance = self.chance
        if chance.random() < 0.15:
            # On the very minute: an opening, a closing, the end of the morning, midnight.
            said = chance.choice(["08:30", "12:00", "13:30", "14:00", "17:00", "17:30", "00:00", "23:59:59"])
            return datetime.combine(day, time.fromisoformat(said))
        hour = chance.choice([*range(8, 18), *range(8, 18), chance.randint(0, 23)])
        return datetime.combine(day, time(hour, chance.randint(0, 59)))

    def _about(self, mean: float) -> int:
        return min(round(self.chance.expovariate(1 / mean)), 25)

    def _away(self, at: datetime) -> Op:
        first = at.date() + timedelta(days=self.chance.randint(0, 2))
        last = first + timedelta(days=self.chance.randint(0, 12))
        absent, instead = self.chance.sample(AWAY, 2)
        return Op(at, "away", fields={"absent": absent, "first": first, "last": last, "instead": instead})

    def _policy(self, at: datetime) -> Op:
        chosen, recount = self.chance.choice(self.policies), self.chance.random() < 0.5
        return Op(at, "policy", fields={"policy": chosen, "recalculate": recount})

    def _reports(self, at: datetime) -> list[Op]:
        ops = []
        for _ in range(self._about(self.fresh) if plain.works(at.date()) else 0):
            self.reported += 1
            route = None
            if self.chance.random() < 0.7:
                route = {
                    "lead": self.chance.choice(UNITS),
                    "case_class": self.chance.choice(CLASSES),
                    "severity": self.chance.randint(1, 3),
                }
                route["supporters"] = self.chance.sample(UNITS, self.chance.choice([0, 1, 2, 2]))
            fields = {"project": self.chance.choice(PROJECTS), "severity": self.chance.randint(1, 3), "route": route}
            ops.append(Op(at, "report", f"c{self.reported}", fields=fields))
        return ops

    def _acts(self, at: datetime) -> list[Op]:
        # The oldest are worked on until they are closed, so that cases go all their way.
        live = [c for c in self.model.cases.values() if c.status != "closed"][:45]
        ended = [c for c in self.model.cases.values() if c.status == "closed"][-40:]
        some = self.chance.sample(live, min(len(live), self._about(self.busy)))
        some += self.chance.sample(ended, min(len(ended), self._about(0.6)))
        ops = [self._act(at, case) for case in some]
        # What one does in a transaction must not change another's case half way: a merge's target is left alone.
        targets = {op.fields["target"] for op in ops if op.action == "merge"}
        return [op for op in ops if op.case not in targets]

    def _act(self, at: datetime, case: Case) -> Op:
        chance = self.chance
        here = [name for name, (sources, _) in ACTIONS.items() if case.status in sources.split()]
        names = list(ACTIONS) if chance.random() < 0.08 else here
        idle = self._idle(case)
        weights = [0.04 if n in idle else LIKED.get(n, 1.0) for n in names]
        if case.status == "new":
            weights = [12 if n == "dispatch" else w for n, w in zip(names, weights, strict=True)]
        name = chance.choices(names, weights)[0]
        parties = ACTIONS[name][1].split()
        if chance.random() < 0.06:
            parties = ["clerk", "lead", "supporter", "enterprise", "commissioner", "chief", "unit_head"]
        party = chance.choice(parties)
        if name in FOR_ENTERPRISE and chance.random() < 0.15:
            party = chance.choice(["clerk", "desk_head"])
        return Op(at, "act", case.name, name, self._who(case, party, name), self._fields(case, name, at.date()))

    def _idle(self, case: Case) -> set[str]:
        """What would surely be refused; it is tried now and then."""
        steps = {a.current.state for a in case.approvals if a.open and a.current}
        found = set() if "open" in steps else {"approve", "refuse", "hand_back"}
        found |= set() if "returned" in steps else {"resubmit"}
        clocks = {
            "fulfil": "duty",
            "sign_for": "sign_for",
            "send_back": "return_window",
            "deliver": "promised",
            "report_to_city": "city_report",
        }
        found |= {action for action, kind in clocks.items() if case.clock(kind) is None}
        found |= {"reply"} if case.approval("sign_off") else set()
        if case.status == "closed" and (
            case.result or case.outcome in ("merged", "withdrawn", "reasonable_explanation")
        ):
            found.add("dispute")
        close = case.clock("close")
        if close is None or close.due < self.model.now:
            found.add("ask_extension")
        return found

    def _who(self, case: Case, party: str, action: str) -> Who:
        chance = self.chance
        astray = chance.random() < 0.05
        match party:
            case "lead" | "supporter" | "duty_unit":
                near: list[str | None] = [c.owner for c in case.clocks if c.kind == "duty" and c.open]
                if party != "duty_unit":
                    near = [case.lead] if party == "lead" else [*case.supporters]
                unit = chance.choice([u for u in near if u and not astray] or UNITS)
                return Who(party, OFFICERS[unit], unit)
            case "unit_head":
                unit = chance.choice([u for u in [case.lead, *case.supporters] if u and not astray] or UNITS)
                return Who(party, HEADS[unit], unit)
            case "enterprise":
                return Who(
                    party,
                    firm=chance.choice(PROJECTS) if astray else chance.choice([case.reporters[0], *case.reporters]),
                )
            case "approver":
                waiting = [a for a in case.approvals if a.open and a.current]
                if not waiting or astray:
                    return Who(party, "R02", approval="sign_off" if not waiting else waiting[0].kind)
                one = chance.choice(waiting)
                return Who(party, one.current.asked if one.current else None, approval=one.kind)
            case "commissioner":
                return Who(party, COMMISSIONERS[case.project])
            case _:
                post = {"clerk": "R06", "desk_head": "R05", "deputy_chief": "R02", "chief": "R01"}[party]
                return Who(party, post, spoken=action in FOR_ENTERPRISE and chance.random() < 0.8)

    def _fields(self, case: Case, action: str, today: date) -> Fields:
        chance = self.chance
        day = today + timedelta(days=chance.choice([-1, 0, *range(1, 10), *range(1, 10), 20]))
        unit = chance.choice(UNITS)

        def some(name: str, value: object, often: float = 0.5) -> Fields:
            return {name: value} if chance.random() < often else {}

        match action:
            case "dispatch":
                return (
                    {"lead": unit, "case_class": chance.choice([*CLASSES, *CLASSES, "tracking"])}
                    | some("supporters", chance.sample(UNITS, 2))
                    | some("severity", chance.randint(1, 3))
                )
            case "settle_on_spot":
                return {"outcome": chance.choice(["resolved", "partial", "explained", "promised"])}
            case "merge":
                return {"target": chance.choice(list(self.model.cases)[-30:])}
            case "amend":
                found = some("case_class", chance.choice([*CLASSES, "tracking"]), 0.4) | some(
                    "severity", chance.randint(1, 3), 0.3
                )
                return (
                    found
                    | some("project", chance.choice([*PROJECTS, "P99"]), 0.15)
                    | some("supporters", chance.sample(UNITS, chance.randint(0, 2)), 0.3)
                )
            case "instruct":
                return some("unit", unit, 0.8) | some("date", day, 0.9)
            case "send_back":
                return {"suggested": unit}
            case "rule" | "reassign":
                return {"lead": unit}
            case "ask_extension":
                close = case.clock("close")
                if close is not None and chance.random() < 0.8:
                    day = close.due.date() + timedelta(days=chance.randint(0, 9))
                return {"date": day}
            case "ask_suspension":
                return {
                    "cause": chance.choice([*SUSPENSIONS, "awaiting_enterprise", "awaiting_enterprise"]),
                    "date": day,
                }
            case "call_consultation":
                return {"participants": chance.sample(UNITS, chance.choice([0, 2, 3, 3])), "date": day}
            case "move_consultation":
                return some("date", day, 0.9)
            case "conclude":
                duties = [(chance.choice(UNITS), day + timedelta(days=n)) for n in range(chance.choice([0, 1, 1, 2]))]
                return {"duties": duties, "no_agreement": chance.random() < 0.4} | some("lead", unit)
            case "track":
                return {"date": day}
            case "untrack":
                return {"case_class": chance.choice([*CLASSES, "tracking"])}
            case "reply":
                return (
                    {"outcome": chance.choice(["resolved", "partial", "promised", "explained"])}
                    | some("date", day, 0.9)
                    | some("policy", "第五条", 0.8)
                )
            case "record_follow_up":
                return {
                    "answer": chance.choice(["answered", "not_solved", "not_reached", "not_reached"])
                } | self._ratings()
            case "confirm":
                return self._ratings()
            case _:
                return {}

    def _ratings(self) -> dict[str, Any]:
        chance = self.chance
        return {k: chance.randint(1, 5) for k in ("result", "attitude") if chance.random() < 0.9}
