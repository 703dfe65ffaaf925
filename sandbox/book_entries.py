"""What people typed into the books before anyone reconciled them, with the mistakes of the month's story.

Items post to fixed accounts: Product 4000, Discount 4010, Return 4020, Shipping 4030, Gift card 2200, Sales tax 2100,
Tip 2340; a wrongly posted line says the account it really went to.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace
from datetime import timedelta
from zoneinfo import ZoneInfo

from sandbox.facts import BookDocument, BookLine, Order, Refund

TAX_AS_REVENUE = 260_000
ACCOUNTS = {
    "Product": "4000", "Discount": "4010", "Return": "4020", "Shipping": "4030", "Gift card": "2200",
    "Sales tax": "2100", "Tip": "2340", "Fee": "6000", "Dispute fee": "6010",
}  # fmt: skip
CLEARING, RECEIVABLE = "1100", "1200"


def book_line(item: str, amount: int, description: str = "", account: str | None = None, quantity: int = 1) -> BookLine:
    """A line of an item, on its own account unless told otherwise."""
    return BookLine(item, account or ACCOUNTS[item], amount, description, quantity)


def typed_documents(orders: Iterable[Order], zone: ZoneInfo) -> list[BookDocument]:
    """All documents of the written orders, oldest first; ids follow the order they were typed in."""
    orders = [order for order in orders if not order.is_test and order.payment_status not in {"authorized", "voided"}]
    misposted = _tax_as_revenue([o for o in orders if not o.story and o.placed_at.astimezone(zone).month == 10])
    documents: list[BookDocument] = []
    for order in orders:
        if "BKS-01" in order.story:
            continue
        story = ("TAX-04",) if order.number in misposted else order.story
        documents.append(_receipt(order, story, zone))
        if "BKS-02" in order.story:
            again = documents[-1]
            late = again.created_at + timedelta(days=2, hours=1)
            documents.append(replace(again, created_at=late, updated_at=late, memo="weekly import"))
    for order in orders:
        documents += [refund_receipt(refund, order, zone) for refund in order.refunds if "BKS-11" not in refund.story]
    documents.sort(key=lambda document: (document.created_at, document.number))
    return [replace(document, document_id=5_000_000 + place) for place, document in enumerate(documents, start=1)]


def _receipt(order: Order, story: tuple[str, ...], zone: ZoneInfo) -> BookDocument:
    receipt = sales_receipt(order, zone)
    return replace(receipt, lines=_mistyped(receipt.lines, story), story=story)


def sales_receipt(order: Order, zone: ZoneInfo) -> BookDocument:
    """The order as it should be booked."""
    typed = order.placed_at + timedelta(hours=5, minutes=order.platform_id % 97)
    person = order.person
    return BookDocument(
        document_id=0,
        kind="invoice" if order.is_b2b else "sales_receipt",
        number=order.number,
        document_date=order.placed_at.astimezone(zone).date(),
        customer_name=person.company or f"{person.first_name} {person.last_name}",
        customer_email=person.email,
        memo="",
        lines=tuple(_lines(order)),
        deposit_account=RECEIVABLE if order.is_b2b else CLEARING,
        created_at=typed,
        updated_at=typed,
        order_number=order.number,
    )


def _lines(order: Order) -> Iterable[BookLine]:
    for line in order.lines:
        item = "Gift card" if line.is_gift_card else "Product"
        yield book_line(item, line.gross_minor, f"{line.sku} {line.title}", quantity=line.quantity)
    if order.discount_minor:
        yield book_line("Discount", -order.discount_minor, order.discount_code or "")
    if order.shipping_minor:
        yield book_line("Shipping", order.shipping_minor)
    if order.tax_minor:
        yield book_line("Sales tax", order.tax_minor, order.tax_title)
    if order.tip_minor:
        yield book_line("Tip", order.tip_minor)
    redeemed = sum(leg.amount_minor for leg in order.tenders if leg.type == "gift_card")
    if redeemed:
        yield book_line("Gift card", -redeemed, "redeemed")


def _mistyped(lines: Sequence[BookLine], story: tuple[str, ...]) -> tuple[BookLine, ...]:
    """The document as it was really typed."""
    if "TAX-04" in story:
        return tuple(replace(line, account_number="4000") if line.item == "Sales tax" else line for line in lines)
    if "LIA-01" in story:
        return tuple(
            replace(line, account_number="4000") if line.item == "Gift card" and line.amount_minor > 0 else line
            for line in lines
        )
    if "BKS-07" in story:
        return tuple(line for line in lines if line.item != "Discount")
    if "RND-03" in story:
        return tuple(
            replace(line, amount_minor=(line.amount_minor + 50) // 100 * 100)
            if line.item in {"Product", "Shipping"}
            else line
            for line in lines
        )
    return tuple(lines)


def refund_receipt(refund: Refund, order: Order, zone: ZoneInfo) -> BookDocument:
    """A refund as it should be booked; its lines are positive and mean money back."""
    typed = refund.created_at + timedelta(hours=6)
    lines = [book_line("Return", line.net_minor, line.sku, quantity=line.quantity) for line in refund.lines]
    if refund.tax_minor:
        lines.append(book_line("Sales tax", refund.tax_minor))
    return BookDocument(
        document_id=0,
        kind="refund_receipt",
        number=f"{order.number}-R{refund.sequence}",
        document_date=refund.created_at.astimezone(zone).date(),
        customer_name=f"{order.person.first_name} {order.person.last_name}",
        customer_email=order.person.email,
        memo=refund.reason,
        lines=tuple(lines),
        deposit_account=CLEARING,
        created_at=typed,
        updated_at=typed,
        order_number=order.number,
    )


def _tax_as_revenue(orders: Sequence[Order]) -> set[str]:
    """Numbers of orders whose taxes add up to exactly TAX_AS_REVENUE; the last three are searched for."""
    left = TAX_AS_REVENUE
    chosen: set[str] = set()
    rest = [order for order in orders if order.tax_minor]
    for order in list(rest[::2]) + list(rest[1::2]):
        if left - order.tax_minor < 3_000:
            break
        chosen.add(order.number)
        left -= order.tax_minor
    spare = [order for order in rest if order.number not in chosen]
    by_tax = {order.tax_minor: order.number for order in spare}
    for first in spare:
        for second in spare:
            third = by_tax.get(left - first.tax_minor - second.tax_minor)
            if third is not None and len({first.number, second.number, third}) == 3:
                return chosen | {first.number, second.number, third}
    raise ValueError("no three receipts close the misposted tax")
