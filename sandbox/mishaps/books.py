"""In the books: what people leave out, type twice, put on the wrong account or on the wrong day."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

from sandbox.book_entries import book_line
from sandbox.facts import BookDocument, Order
from sandbox.mishaps.scene import Expected, Mishap, Scene


def _unbooked(scene: Scene) -> Order:
    order = scene.place(scene.draft())
    scene.charge(order)
    return order


def missing(scene: Scene) -> list[Expected]:
    order = _unbooked(scene)
    return [Expected(order.number, -order.revenue_minor)]


def twice(scene: Scene) -> list[Expected]:
    order = scene.sell()
    scene.book(
        order,
        lambda document: replace(document, created_at=document.created_at + timedelta(hours=1), memo="weekly import"),
    )
    return [Expected(order.number, order.revenue_minor)]


def without_the_discount(scene: Scene) -> list[Expected]:
    draft = scene.draft()
    draft.lines[0].discount, draft.discount_code = 250, "THANKYOU"
    order = scene.place(draft)
    scene.charge(order)
    scene.book(
        order,
        lambda document: replace(document, lines=tuple(line for line in document.lines if line.item != "Discount")),
    )
    return [Expected(order.number, 250)]


def by_hand(scene: Scene) -> list[Expected]:
    order = _unbooked(scene)
    scene.book(order)
    number = f"BY-HAND-{scene.code}"
    scene.book(
        order, lambda document: replace(document, number=number, lines=(book_line("Product", 1_111, "correction"),))
    )
    return [Expected(number, 1_111)]


def refund_missing(scene: Scene) -> list[Expected]:
    order, refund, charge = scene.sell_and_refund()
    scene.pay_back(refund, charge)
    scene.world.documents.tail.pop()
    return [Expected(order.number, refund.net_minor)]


def in_another_month(scene: Scene) -> list[Expected]:
    order = _unbooked(scene)
    scene.book(order, lambda document: replace(document, document_date=document.document_date.replace(month=12, day=3)))
    return [Expected(order.number, -order.revenue_minor), Expected(order.number, order.revenue_minor)]


def tax_as_revenue(scene: Scene) -> list[Expected]:
    order = _unbooked(scene)
    scene.book(order, lambda document: _posted_to(document, "Sales tax", "4000"))
    return [Expected(order.number, order.tax_minor)]


def gift_card_as_revenue(scene: Scene) -> list[Expected]:
    draft = scene.draft()
    draft.lines.append(scene.gift_card_line(3_000))
    order = scene.place(draft)
    scene.charge(order)
    scene.book(order, lambda document: _posted_to(document, "Gift card", "4000"))
    return [Expected(order.number, 3_000)]


def rounded(scene: Scene) -> list[Expected]:
    order = _unbooked(scene)

    def whole(document: BookDocument) -> BookDocument:
        lines = [
            replace(line, amount_minor=(line.amount_minor + 50) // 100 * 100)
            if line.item in {"Product", "Shipping"}
            else line
            for line in document.lines
        ]
        return replace(document, lines=tuple(lines))

    booked = scene.book(order, whole)
    return [Expected(order.number, booked.revenue_minor - order.revenue_minor)]


def _posted_to(document: BookDocument, item: str, account: str) -> BookDocument:
    lines = (replace(line, account_number=account) if line.item == item else line for line in document.lines)
    return replace(document, lines=tuple(lines))


MISHAPS = (
    Mishap("BKS-01", "an order is never typed into the books", missing),
    Mishap("BKS-02", "an order is typed twice", twice),
    Mishap("BKS-07", "an order is typed without its discount", without_the_discount),
    Mishap("BKS-08", "somebody books a correction nobody can explain", by_hand),
    Mishap("BKS-11", "a refund is never typed into the books", refund_missing),
    Mishap("TAX-04", "tax is booked as revenue", tax_as_revenue),
    Mishap("LIA-01", "a sold gift card is booked as revenue", gift_card_as_revenue),
    Mishap("RND-03", "a document is rounded by hand", rounded),
    Mishap("TIM-11", "a document is dated in December", in_another_month),
)
