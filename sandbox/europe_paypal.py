"""Where the European shop's money goes: PayPal's ledger of September and October 2026, its disputes, and the bank behind it.

Every awkward movement is written down once, here: what the shop does not know (a refund, a charge, a fee), what comes in
pairs (conversions, holds), and what the bank makes of withdrawals (one returned, two merged, one split, one under way).
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

from sandbox.baskets import half_up
from sandbox.europe_orders import GATEWAY, TERMS_METHOD, number_of
from sandbox.facts import BankLine, Order
from sandbox.numbering import token
from sandbox.paypal_facts import Paypal, PaypalDispute, PaypalEntry

ACCOUNT = "QX7NB2LVKM4RT"
ZONE = ZoneInfo("Europe/Berlin")
RATE_PPM, FIXED = 24_900, 35
GBP_RATE_PPM, GBP_FIXED = 34_000, 20
EUR_PER_GBP_PPM = 1_155_100  # what PayPal gave for one pound, its margin included
CHARGEBACK_FEE = 2_000
MONTHLY_FEE = 1_190
STRAY_PAYMENT = 8_000
RESERVE = 10_000
HELD_ORDER = 17

# When the balance was emptied to the bank, what stays, and what became of it.
_WITHDRAWALS = (
    ("a", datetime(2026, 9, 11, 7, 0, tzinfo=UTC), "paid"),
    ("b", datetime(2026, 9, 25, 7, 0, tzinfo=UTC), "split"),
    ("c", datetime(2026, 10, 9, 7, 0, tzinfo=UTC), "returned"),
    ("d", datetime(2026, 10, 14, 7, 0, tzinfo=UTC), "paid"),
    ("e", datetime(2026, 10, 20, 7, 0, tzinfo=UTC), "merged"),
    ("f", datetime(2026, 10, 21, 7, 0, tzinfo=UTC), "merged"),
    ("g", datetime(2026, 10, 30, 7, 0, tzinfo=UTC), "under way"),
)
_RETURNED_AT = datetime(2026, 10, 13, 9, 30, tzinfo=UTC)


def make_paypal(seed: int, orders: dict[str, Order]) -> Paypal:
    """The account with all of its ledger, oldest first."""
    entries = [entry for order in orders.values() for entry in _of_order(seed, order)]
    entries += _awkward(seed, orders)
    entries = _withdrawn(seed, sorted(entries, key=_moment))
    return Paypal(ACCOUNT, "Europe/Berlin", tuple(entries), _disputes(orders), ("EUR", "GBP"))


def _moment(entry: PaypalEntry) -> tuple[datetime, str, str]:
    return entry.initiated_at, entry.transaction_id, entry.currency_code


def _identity(seed: int, *parts: object) -> str:
    return token(seed, "paypal", *parts, length=17).upper()


def _of_order(seed: int, order: Order) -> list[PaypalEntry]:
    """The capture of an order, its conversion, and the refunds its shop made."""
    leg = order.charge_tender
    if leg is None or leg.charge_id is None or leg.gateway != GATEWAY:
        return []
    is_foreign = order.currency_code == "GBP"
    rate, fixed = (GBP_RATE_PPM, GBP_FIXED) if is_foreign else (RATE_PPM, FIXED)
    charge = PaypalEntry(
        transaction_id=leg.charge_id,
        event_code="T0006",
        amount_minor=leg.amount_minor,
        currency_code=order.currency_code or "EUR",
        initiated_at=leg.processed_at,
        fee_minor=-(half_up(leg.amount_minor, rate) + fixed),
        invoice_id=order.number,
        payer_email=order.email,
        payer_name=f"{order.person.first_name} {order.person.last_name}",
        payer_country=order.person.address.country_code,
        story=order.story,
    )
    refunds = [
        PaypalEntry(
            transaction_id=refund.stripe_refund_id,
            event_code="T1107",
            amount_minor=-refund.amount_minor,
            currency_code=charge.currency_code,
            initiated_at=refund.created_at + timedelta(seconds=1),
            reference_id=charge.transaction_id,
            invoice_id=order.number,
            story=refund.story,
        )
        for refund in order.refunds
    ]
    return [charge, *(_converted(seed, charge) if is_foreign else ()), *refunds]


def _converted(seed: int, charge: PaypalEntry) -> list[PaypalEntry]:
    """The pair of rows that turns a foreign payment into euros at once."""
    legs = ((charge.currency_code, -charge.net_minor), ("EUR", half_up(charge.net_minor, EUR_PER_GBP_PPM)))
    return [
        PaypalEntry(
            transaction_id=_identity(seed, "conversion", charge.transaction_id, currency),
            event_code="T0200",
            amount_minor=amount,
            currency_code=currency,
            initiated_at=charge.initiated_at + timedelta(seconds=2),
            reference_id=charge.transaction_id,
            story=("CUR-05",),
        )
        for currency, amount in legs
    ]


def _awkward(seed: int, orders: dict[str, Order]) -> list[PaypalEntry]:
    """What the shop never hears of."""

    def about(count: int, code: str, at: datetime, share: int, *story: str) -> PaypalEntry:
        """A row about the whole amount of an order's payment; share is its sign."""
        leg = orders[number_of(count)].charge_tender
        if leg is None:
            raise ValueError(f"{number_of(count)} was not paid by PayPal")
        return PaypalEntry(
            _identity(seed, code, count), code, share * leg.amount_minor, "EUR", at,
            reference_id=leg.charge_id, invoice_id=number_of(count), story=story,
        )  # fmt: skip

    def alone(code: str, at: datetime, amount: int, subject: str, fee: int, *story: str) -> PaypalEntry:
        return PaypalEntry(_identity(seed, code, at), code, amount, "EUR", at, fee, subject=subject, story=story)

    held_at = orders[number_of(HELD_ORDER)].placed_at + timedelta(minutes=5)
    chargeback = about(14, "T1201", _utc(10, 3, 10), -1, "DSP-03")
    stray_fee = -(half_up(STRAY_PAYMENT, RATE_PPM) + FIXED)
    return [
        about(8, "T1107", _utc(9, 17, 11), -1, "REF-02"),
        about(11, "T1110", _utc(9, 20, 10), -1, "DSP-01"),
        about(11, "T1111", _utc(10, 15, 10), 1, "DSP-02"),
        chargeback,
        PaypalEntry(
            _identity(seed, "T0106", 14), "T0106", -CHARGEBACK_FEE, "EUR", _utc(10, 3, 10, 1),
            reference_id=chargeback.reference_id, story=("FEE-03",),
        ),
        about(50, "T1110", _utc(10, 25, 10), -1, "DSP-01"),
        about(HELD_ORDER, "T2107", held_at, -1, "TIM-09"),
        about(HELD_ORDER, "T2108", held_at + timedelta(days=5), 1, "TIM-09"),
        alone("T2103", _utc(10, 22, 6), -RESERVE, "Rolling reserve", 0, "TIM-09"),
        alone("T0100", _utc(10, 1, 6), -MONTHLY_FEE, "Monthly account fee", 0, "FEE-06"),
        replace(
            alone("T0000", _utc(10, 12, 15), STRAY_PAYMENT, "Bezahlung Telefon", stray_fee, "SRC-01"),
            payer_email="telefon@example.eu", payer_name="Rita Vogel", payer_country="DE",
        ),
    ]  # fmt: skip


def _utc(month: int, day: int, hour: int, minute: int = 0) -> datetime:
    return datetime(2026, month, day, hour, minute, tzinfo=UTC)


def _withdrawn(seed: int, entries: list[PaypalEntry]) -> list[PaypalEntry]:
    """The ledger with its withdrawals: each takes all euros that are available, whole euros only."""
    done = list(entries)
    for name, at, fate in _WITHDRAWALS:
        before = Paypal(ACCOUNT, "Europe/Berlin", tuple(done)).balances(at)["EUR"][0]
        amount = before // 100 * 100
        identity = _identity(seed, "withdrawal", name)
        done.append(
            PaypalEntry(
                identity, "T0400", -amount, "EUR", at,
                status="P" if fate == "under way" else "S",
                updated_at=at + timedelta(days=2),
                bank_reference=reference_of(identity),
            )
        )  # fmt: skip
        if fate == "returned":
            back = PaypalEntry(
                _identity(seed, "return", name), "T1101", amount, "EUR", _RETURNED_AT,
                reference_id=identity, subject="Returned by the bank", story=("BNK-02",),
            )  # fmt: skip
            done.append(back)
    return sorted(done, key=_moment)


def reference_of(transaction_id: str) -> str:
    """The text a withdrawal carries to the bank."""
    return f"PP{transaction_id[:10]}"


def _disputes(orders: dict[str, Order]) -> tuple[PaypalDispute, ...]:
    """One won, one lost, one open."""
    table = (
        (11, "RESOLVED", "RESOLVED_SELLER_FAVOUR", "MERCHANDISE_OR_SERVICE_NOT_RECEIVED", _utc(9, 20, 10), _utc(10, 15, 10)),
        (14, "RESOLVED", "RESOLVED_BUYER_FAVOUR", "UNAUTHORISED", _utc(10, 2, 8), _utc(10, 3, 10)),
        (50, "WAITING_FOR_SELLER_RESPONSE", None, "MERCHANDISE_OR_SERVICE_NOT_AS_DESCRIBED", _utc(10, 25, 10), _utc(10, 25, 10)),
    )  # fmt: skip
    made = []
    for place, (count, status, outcome, reason, opened_at, updated_at) in enumerate(table, start=1):
        order = orders[number_of(count)]
        leg = order.charge_tender
        if leg is None or leg.charge_id is None:
            raise ValueError(f"{order.number} was not paid by PayPal")
        made.append(
            PaypalDispute(
                f"PP-R-EU{place}-{10_000_000 + count}", leg.charge_id, order.number, leg.amount_minor, "EUR",
                reason, status, outcome, opened_at, updated_at, order.email,
                f"{order.person.first_name} {order.person.last_name}",
            )
        )  # fmt: skip
    return tuple(made)


def make_bank_lines(seed: int, paypal: Paypal, orders: Iterable[Order]) -> list[BankLine]:
    """The statement: withdrawals as the bank books them, invoices that were paid by transfer, and the rent."""
    amounts = {entry.transaction_id: -entry.amount_minor for entry in paypal.entries if entry.event_code == "T0400"}
    merged: list[tuple[str, int]] = []
    lines: list[BankLine] = []
    for name, at, fate in _WITHDRAWALS:
        identity = _identity(seed, "withdrawal", name)
        arrived, reference = at.date() + timedelta(days=2), reference_of(identity)
        if fate == "merged":
            merged.append((reference, amounts[identity]))
        elif fate == "split":
            first = amounts[identity] // 3
            lines.append(_line(arrived, first, "PAYPAL TEILZAHLUNG 1", reference))
            lines.append(
                _line(arrived + timedelta(days=1), amounts[identity] - first, "PAYPAL TEILZAHLUNG 2", reference)
            )
        elif fate == "paid":
            lines.append(_line(arrived, amounts[identity], "PAYPAL AUSZAHLUNG", reference))
    both = " ".join(reference for reference, _ in merged)
    lines.append(_line(date(2026, 10, 23), sum(amount for _, amount in merged), f"PAYPAL SAMMELGUTSCHRIFT {both}", ""))
    lines += [line for order in orders for line in _transfers(order)]
    lines.append(_line(date(2026, 10, 2), -120_000, "MIETE LAGER", "MIETE-10"))
    return sorted(lines, key=lambda line: (line.booked_on, line.bank_line_id))


def _transfers(order: Order) -> list[BankLine]:
    """What a business customer sent for an invoice: all of it, or all less the discount for paying early."""
    paid = [leg for leg in order.tenders if leg.gateway == TERMS_METHOD]
    share = 980_000 if order.payment_terms == "2_10_net_30" else 1_000_000
    return [
        _line(leg.processed_at.astimezone(ZONE).date(), half_up(leg.amount_minor, share), f"UEBERWEISUNG {order.person.company}", order.number)
        for leg in paid
    ]  # fmt: skip


def _line(day: date, amount: int, description: str, reference: str) -> BankLine:
    key = token(0, "europe bank", day, amount, description, reference, length=6).upper()
    return BankLine(f"EU{day:%Y%m%d}{key}", day, day, amount, description, reference)
