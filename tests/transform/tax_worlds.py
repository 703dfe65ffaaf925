"""Canonical rows of a German company for tests of tax: it sells at home, to France under the One Stop Shop, and beyond."""

from __future__ import annotations

from datetime import date, datetime, time
from typing import Any

from tests.transform.canonical_rows import CanonicalRows
from tests.transform.raw_rows import RawRows

Row = dict[str, Any]
DAY = date(2026, 10, 10)
EUROPE: Row = {"entity_id": "europe", "platform": "woocommerce", "account_id": "eu", "currency_code": "EUR"}


class TaxWorld:
    """Orders with their taxes, told one at a time; `rows()` is the tables of them all."""

    def __init__(self, entity: str = "europe", currency: str = "EUR") -> None:
        self.shared = EUROPE | {"entity_id": entity, "currency_code": currency}
        self.tables: dict[str, list[Row]] = {
            f"can_{noun}": []
            for noun in ("orders", "order_lines", "tax_lines", "order_payments", "refunds", "refund_lines")
        }

    def _add(self, noun: str, **row: Any) -> None:
        self.tables[f"can_{noun}"].append(self.shared | row)

    def sell(
        self,
        number: str,
        net: int,
        *taxes: tuple[int | None, int],
        to: str = "DE",
        taxed_in: str | None = None,
        day: date = DAY,
        is_business: bool = False,
        **line: Any,
    ) -> TaxWorld:
        """A paid order of one line, or one more line of it; taxes: (rate in ppm, amount), none is line 0."""
        if not any(row["order_id"] == number for row in self.tables["can_orders"]):
            at = datetime.combine(day, time(10))
            buyer = {"is_b2b": is_business, "is_test": False, "tax_id": "NL004495445B01" if is_business else None}
            self._add("orders", order_id=number, order_number=number, channel="eu", placed_at=at, order_date=day, total_minor=0, tax_minor=0, shipping_country_code=to, **buyer)  # fmt: skip
            self._add("order_payments", order_payment_id=number, order_id=number, payment_type="sale", payment_status="succeeded", tender_type="card", amount_minor=1, processed_at=at)  # fmt: skip
        place = sum(row["order_id"] == number for row in self.tables["can_order_lines"]) + 1
        line_id = f"{number}/{place}"
        known = {"order_line_id": line_id, "order_id": number, "line_type": line.get("line_type", "product")}
        self._add("order_lines", sku=line.get("sku", f"sku-{place}"), quantity=1, gross_minor=net, discount_minor=0, net_minor=net, tax_minor=sum(amount for _, amount in taxes), **known)  # fmt: skip
        order = self.order(number)
        order["tax_minor"] += sum(amount for _, amount in taxes)
        order["total_minor"] += net + sum(amount for _, amount in taxes)
        is_compound = line.get("is_compound", False)
        for nth, (rate, amount) in enumerate(taxes or ((0, 0),), start=1 if taxes else 0):
            base = net + (taxes[0][1] if is_compound and nth > 1 else 0)
            self._add(
                "tax_lines", tax_line_id=f"{line_id}:{nth}", tax_line_number=nth, buyer_place=to, jurisdiction=taxed_in or to, tax_name="VAT",
                rate_ppm=rate, is_compound=is_compound and nth > 1, is_included=True, is_collected_by_marketplace=line.get("is_marketplace", False),
                taxable_minor=base, tax_minor=amount, **known,
            )  # fmt: skip
        return self

    def order(self, number: str) -> Row:
        """The row of an order."""
        return next(row for row in self.tables["can_orders"] if row["order_id"] == number)

    def round_header(self, number: str, cents: int, is_in_total: bool = True) -> TaxWorld:
        """Lets an order's header state other tax than its lines; in its total too, unless prices hold the tax."""
        self.order(number)["tax_minor"] += cents
        self.order(number)["total_minor"] += cents if is_in_total else 0
        return self

    def give_back(self, number: str, net: int, tax: int, line: int | None = 1, day: date = DAY) -> TaxWorld:
        """A refund of one line of an order, or of none."""
        name = f"{number}-R{len(self.tables['can_refunds']) + 1}"
        at = datetime.combine(day, time(12))
        self._add("refunds", refund_id=name, order_id=number, refunded_at=at, refund_date=day, refund_status="succeeded", amount_minor=net + tax)  # fmt: skip
        where = f"{number}/{line}" if line else None
        self._add("refund_lines", refund_line_id=name, refund_id=name, order_id=number, order_line_id=where, line_type="product" if line else "adjustment", quantity=1, net_minor=net, tax_minor=tax)  # fmt: skip
        return self

    def rows(self, **seeds: list[Row]) -> RawRows:
        """The tables, with these rows in place of a seed's own where given."""
        made = RawRows()
        for name, found in seeds.items():
            made.seed(name, *found)
        for table, rows in self.tables.items():
            made.rows(table, *rows)
        return made


def checked(world: TaxWorld, **seeds: list[Row]) -> list[tuple[Any, ...]]:
    """(code, difference, expected scheme, scheme) of every line."""
    return found(world.rows(**seeds), "fct_tax_checks", "reason_code, difference_minor, expected_scheme, scheme", "order_line_id")  # fmt: skip


def found(rows: CanonicalRows, model: str, columns: str, order_by: str = "1") -> list[tuple[Any, ...]]:
    """Columns of a model in an order of their own."""
    return rows.query(f"select {columns} from {{{{ ref('{model}') }}}} order by {order_by}")
