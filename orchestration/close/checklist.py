"""The checklist of a close as lines: what each check found, and whether that stops the lock. Pure."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from enum import StrEnum
from typing import Any

from orchestration.close.month import CloseRefused
from reverse_etl.closes import SignOff
from reverse_etl.money import major, minor, spoken

_ACCEPTED = re.compile(r"^(?P<code>[^=]+)(=(?P<amount>-?[\d.,]+)(?P<currency>[A-Z]{3})?)?$")


class Verdict(StrEnum):
    HOLDS = "pass"
    FAILS = "fails"
    WARNS = "warns"
    ACCEPTED = "accepted"
    NOT_APPLICABLE = "not applicable"
    NOT_BUILT = "not built"


@dataclass(frozen=True)
class Check:
    """One row of the seed close_checks."""

    check_code: str
    step: int
    step_name: str
    claim: str
    source_table: str
    is_blocking: bool
    is_acceptable: bool
    what_to_do: str


@dataclass(frozen=True)
class Found:
    """What a check saw. `code` tells several findings of one check apart; `told` says it in words."""

    code: str
    examined: int
    contradictions: int
    told: str
    amount_minor: int | None = None
    currency_code: str | None = None


@dataclass(frozen=True)
class Line:
    """A finding, judged."""

    check: Check
    found: Found | None
    verdict: Verdict

    @property
    def code(self) -> str:
        return self.found.code if self.found else self.check.check_code

    @property
    def told(self) -> str:
        return self.found.told if self.found else f"{self.check.source_table} is not built in this warehouse"

    @property
    def amount(self) -> str:
        """The money in it for a person, empty where there is none."""
        if self.found is None or not self.found.amount_minor or self.found.currency_code is None:
            return ""
        return spoken(self.found.amount_minor, self.found.currency_code)

    @property
    def stops(self) -> bool:
        """Is the month not to be closed because of this line?"""
        return self.verdict is Verdict.FAILS or (self.verdict is Verdict.NOT_BUILT and self.check.is_blocking)

    @property
    def acceptance(self) -> str:
        """What to type to accept it; the amount is part of it, so that nobody accepts more than was seen."""
        if self.found is None or not self.found.amount_minor or self.found.currency_code is None:
            return f"--accept {self.code}"
        return (
            f"--accept {self.code}={major(self.found.amount_minor, self.found.currency_code)}{self.found.currency_code}"
        )

    def as_row(self) -> dict[str, Any]:
        """For the store and the pack."""
        return {
            "step": self.check.step,
            "step_name": self.check.step_name,
            "check": self.check.check_code,
            "code": self.code,
            "claim": self.check.claim,
            "verdict": self.verdict.value,
            "examined": self.found.examined if self.found else None,
            "contradictions": self.found.contradictions if self.found else None,
            "amount_minor": self.found.amount_minor if self.found else None,
            "currency_code": self.found.currency_code if self.found else None,
            "told": self.told,
            "source_table": self.check.source_table,
        }


def judged(checks: Sequence[Check], found: Mapping[str, Sequence[Found]]) -> list[Line]:
    """A line per finding, in the order of the checks; a check that nobody made is `not built`, never left out."""
    lines = []
    for check in checks:
        made = found.get(check.check_code)
        if not made:
            lines.append(Line(check, None, Verdict.NOT_BUILT))
        else:
            lines += [Line(check, one, _verdict(check, one)) for one in made]
    return lines


def _verdict(check: Check, found: Found) -> Verdict:
    if found.contradictions:
        return Verdict.FAILS if check.is_blocking else Verdict.WARNS
    return Verdict.HOLDS if found.examined else Verdict.NOT_APPLICABLE


def signed(lines: Sequence[Line], wanted: Iterable[str], by: str, because: str) -> tuple[list[Line], list[SignOff]]:
    """The lines with these codes accepted, and the sign-offs.

    Raises CloseRefused for a code that does not stop the close, that nobody may accept, or with another amount than it has.
    """
    asked = [_asked(text) for text in wanted]
    accepted: dict[int, SignOff] = {}
    for code, amount, currency in asked:
        chosen = [number for number, line in enumerate(lines) if line.code == code and line.stops]
        if currency is not None:
            chosen = [number for number in chosen if _currency(lines[number]) == currency]
        if not chosen:
            stopping = ", ".join(sorted({line.code for line in lines if line.stops})) or "nothing"
            raise CloseRefused(f"--accept {code}: nothing with this code stops the close; what does: {stopping}")
        for number in chosen:
            accepted[number] = _sign_off(lines[number], amount, by, because)
    marked = [
        replace(line, verdict=Verdict.ACCEPTED) if number in accepted else line for number, line in enumerate(lines)
    ]
    return marked, [accepted[number] for number in sorted(accepted)]


def _asked(text: str) -> tuple[str, str | None, str | None]:
    read = _ACCEPTED.match(text)
    if read is None:
        raise CloseRefused(f"--accept '{text}' is not a code such as UNX-00=12.50USD")
    return read["code"], read["amount"], read["currency"]


def _currency(line: Line) -> str | None:
    return line.found.currency_code if line.found else None


def _sign_off(line: Line, amount: str | None, by: str, because: str) -> SignOff:
    if not line.check.is_acceptable:
        raise CloseRefused(f"--accept {line.code}: nobody may accept this; {line.check.what_to_do}")
    stands = line.found.amount_minor if line.found else None
    currency = _currency(line)
    if stands and currency is not None and (amount is None or minor(amount.replace(",", ""), currency) != stands):
        said = "say the amount you accept" if amount is None else f"{amount} is not the amount"
        raise CloseRefused(f"--accept {line.code}: {said}; it is {line.amount} now: {line.acceptance}")
    count = line.found.contradictions if line.found else 0
    return SignOff(line.code, line.check.check_code, stands, currency, count, by, because)
