"""What each kind of trouble means: how bad it is, what a person may do about it, and when it ends by itself.

One row per code that the engine itself raises, and one per kind for the rest: a vendor's codes are open-ended, and each
arrives with a kind from its destination's table. Every row has its page in docs/runbooks; a test holds the two together.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import IntEnum

from reverse_etl.errors import Kind


class Severity(IntEnum):
    """How soon somebody should look; the smaller the sooner."""

    CRITICAL = 0
    HIGH = 1
    MEDIUM = 2
    LOW = 3

    @property
    def word(self) -> str:
        return self.name.lower()


RANKS = {severity.word: int(severity) for severity in Severity}

# Money at stake makes a trouble graver by one step, and by one more. In minor units, whatever the currency: a thousand
# and ten thousand units of a two-decimal currency, and of like worth where a currency has none.
GRAVER_FROM_MINOR = (100_000, 1_000_000)


@dataclass(frozen=True)
class Advice:
    severity: Severity
    # What may be done about it with `cartwheel exceptions`, the likeliest first.
    actions: tuple[str, ...]
    to_do: str


_C, _H, _M, _L = Severity
_RETRY = ("retry", "assign", "snooze")
_FIX = ("retry", "accept", "assign", "snooze", "resolve")
_DECIDE = ("assign", "accept", "snooze", "resolve")

KINDS: dict[str, Advice] = {
    Kind.TRANSIENT: Advice(_L, _RETRY, "wait: it is sent again when due; retry makes that now"),
    Kind.THROTTLED: Advice(_L, _RETRY, "wait: the destination asked for it; what is due goes out by itself"),
    Kind.AUTH: Advice(_C, _RETRY, "renew the access of this destination (cartwheel doctor), then retry"),
    Kind.VALIDATION: Advice(_M, _FIX, "correct the value where it comes from, then build and plan again, or retry"),
    Kind.CONFLICT: Advice(_M, _FIX, "compare both sides; correct one, then retry"),
    Kind.GONE: Advice(_M, _FIX, "find out who removed it there; restore it and retry, or accept"),
    Kind.UNKNOWN: Advice(_H, _FIX, "look at the destination for this record; push looks it up before it sends again"),
}

CODES: dict[str, Advice] = {
    # Brakes: nothing was sent.
    "over_limits": Advice(_M, _DECIDE, "read the plan; cartwheel approve PLAN, or correct the data"),
    "stale_plan": Advice(_M, _DECIDE, "read what changed; cartwheel plan SYNC, then push the new one"),
    "canary_failed": Advice(_H, _DECIDE, "compare what was read back with what was sent; plan again once it is clear"),
    "blocked_by_check": Advice(
        _H, _DECIDE, "mend what the failed check names, build again; the push then goes by itself"
    ),
    "plan_overtaken": Advice(_L, _DECIDE, "nothing to do: plan again, a push was faster than this plan"),
    "production_locked": Advice(_M, _DECIDE, "allow writing for this destination, or push to its sandbox"),
    # The whole destination.
    "breaker_open": Advice(_H, _RETRY, "see whether the destination is up; hand off what can not wait"),
    "budget_spent": Advice(_M, _RETRY, "wait for the day to turn; hand off what can not wait"),
    "unreachable": Advice(_L, _RETRY, "wait: nothing was sent; when it lasts, check address and network"),
    "lane_behind": Advice(
        _H, _RETRY, "see that `cartwheel serve` runs and what its trouble says; the batch lane fills in"
    ),
    # Set-up.
    "missing_setting": Advice(_H, _DECIDE, "set what the message names, then push again"),
    "bad_setting": Advice(_H, _DECIDE, "correct what the message names, then push again"),
    "not_owned": Advice(_H, _DECIDE, "correct the destination's module: nothing of ours may write that field"),
    "no_read_back": Advice(_M, _DECIDE, "take the canary out of the sync, or let its destination read back"),
    "bad_transition": Advice(_H, _DECIDE, "report it: the program tried a step that is not in its table"),
    "bad_declaration": Advice(_H, _DECIDE, "correct the declaration of the sync"),
    "bad_activation_model": Advice(_H, _DECIDE, "correct the model the message names, build and plan again"),
    "missing_model": Advice(_H, _DECIDE, "cartwheel build, then plan again"),
    # Records that wait.
    "drift": Advice(_M, _DECIDE, "cartwheel drift list, then choose: reassert, accept or ignore"),
    "not_read_back": Advice(
        _M, _DECIDE, "see why; the next check reads it all again, as does cartwheel drift check SYNC"
    ),
    "held": Advice(_M, _DECIDE, "decide on a correction by hand: a document is not rewritten behind the accountant"),
    "waiting_for_upstream": Advice(_L, _DECIDE, "settle the document it waits for; it then goes by itself"),
    # Webhooks that nothing works on.
    "unknown_topic": Advice(
        _L, _DECIDE, "cartwheel inbox list --unknown; unsubscribe it at the vendor, or accept it as known"
    ),
    "unreadable_webhook": Advice(
        _M, _DECIDE, "cartwheel inbox list --unreadable, look at one; polling reads what it was about"
    ),
    "webhooks_silent": Advice(
        _H, _RETRY, "switch the webhook on again at the vendor; until then stock is as late as polling"
    ),
    # Shelves.
    "oversold_last_unit": Advice(
        _H, _DECIDE, "choose one of the options with the buyer; nothing is refunded by itself"
    ),
    "negative_stock": Advice(_M, _DECIDE, "count the shelf and correct it in the stock system"),
    "unexplained_stock": Advice(
        _M, _DECIDE, "count the shelf; shops may show less of it, never more, until it is explained"
    ),
    # Margins.
    "missing_cost": Advice(
        _L, _DECIDE, "state the product's cost in the stock system or the file; until then its orders have no margin"
    ),
    # Books.
    "edited_in_books": Advice(_M, _DECIDE, "look at the document there: correct it, or accept what the accountant did"),
    # Doubts.
    "unanswered": Advice(_H, _RETRY, "nothing to do: the next push looks it up before anything is sent"),
    "no_answer": Advice(_H, _RETRY, "nothing to do: the next push looks it up before anything is sent"),
    "not_mentioned": Advice(_H, _RETRY, "look at the destination; the next push looks it up before anything is sent"),
    "unreadable": Advice(_H, _RETRY, "nothing to do: the next push looks it up before anything is sent"),
    "perhaps_unsent": Advice(
        _M, _DECIDE, "see whether the message is there; if not, tell those whom it concerns: it is not sent again"
    ),
    "lease_lost": Advice(_L, _RETRY, "nothing to do: it was not sent, and goes out with the next push"),
    "unforeseen": Advice(_H, _FIX, "report it with its evidence: the program met what it was not written for"),
    # Documents and parcels.
    "duplicate_number": Advice(_H, _FIX, "find the document with this number there; the next push looks it up"),
    "number_taken": Advice(
        _H, _FIX, "somebody else entered a document with this number: compare, then accept or correct"
    ),
    "allocated_otherwise": Advice(
        _M, _FIX, "somebody set another amount of the credit note against the invoice: compare, then accept or correct"
    ),
    "credit_used": Advice(
        _M, _FIX, "too little is left of the credit note: see what it was set against there, then accept or free it"
    ),
    "moved_meanwhile": Advice(
        _M, _FIX, "nothing to do: somebody changed it there; refresh, and the next plan is made anew"
    ),
    "missing_reference": Advice(_M, _FIX, "create or map there what the message names, then retry the whole group"),
    "period_locked": Advice(
        _M, _FIX, "book it in an open period, or have an accountant open the period for a moment, then retry the group"
    ),
    "already_fulfilled": Advice(_M, _FIX, "compare the parcels of this order on both sides, then accept or correct"),
}

# Codes of one trouble with a row in common: a document names an item, account, customer or terms that are not there.
_ROWS = dict.fromkeys(
    ("missing_item", "missing_account", "missing_customer", "missing_term", "missing_document", "missing_tax_code"),
    "missing_reference",
) | {"books_closed": "period_locked"}


def advice(code: str, kind: str) -> Advice:
    """The row of this code, else that of its kind; a kind nobody knows is an unknown."""
    return CODES.get(_ROWS.get(code, code)) or KINDS.get(kind) or KINDS[Kind.UNKNOWN]


def severity(code: str, kind: str, money_minor: int | None) -> str:
    """The word for how bad it is: the row's own severity, graver by the money at stake."""
    steps = sum(1 for bound in GRAVER_FROM_MINOR if abs(money_minor or 0) >= bound)
    return Severity(max(Severity.CRITICAL, advice(code, kind).severity - steps)).word


def runbook(code: str, kind: str) -> str:
    """The page for this trouble, from the top of the repository."""
    name = _ROWS.get(code, code)
    if name not in CODES:
        name = kind if kind in KINDS else Kind.UNKNOWN.value
    return f"docs/runbooks/{name}.md"
