"""What became of the deliveries of one sync in one run, counted as it happens; the ledger has the rows."""

from __future__ import annotations

from dataclasses import dataclass, field

from reverse_etl.delivery import Delivery
from reverse_etl.destination import Outcome, Result
from reverse_etl.errors import StopSync


@dataclass
class Tally:
    accepted: int = 0
    rejected: int = 0
    money_minor: dict[str, int] = field(default_factory=dict)
    # Why nothing more of this sync was sent, where something stopped it.
    stopped: StopSync | None = None

    def count(self, delivery: Delivery, outcome: Outcome) -> None:
        self.rejected += outcome.result is Result.REJECTED
        if outcome.result is Result.ACCEPTED:
            self.accepted += 1
            if delivery.money_minor is not None and delivery.currency_code:
                before = self.money_minor.get(delivery.currency_code, 0)
                self.money_minor[delivery.currency_code] = before + delivery.money_minor
