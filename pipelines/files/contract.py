"""The file drop's contract: which kinds of file there are, their columns, and what each column means.

A channel without a connector (a wholesale portal, a till, an old shop) is loaded from these files into `raw_files`;
staging then gives the same canonical events as any connector. No reading here, only the declaration.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from pipelines.errors import ConfigurationError

SUFFIXES = ("csv", "csv.gz", "parquet", "jsonl", "jsonl.gz", "ndjson", "ndjson.gz")

SQL_TYPES = {
    "text": "varchar",
    "integer": "bigint",
    "money": "decimal(38, 9)",
    "timestamp": "timestamptz",
    "date": "date",
    "boolean": "boolean",
}


@dataclass(frozen=True)
class Column:
    """One column: its type, whether it must be filled, what it means, and its allowed words if only some are."""

    name: str
    type: str
    meaning: str
    required: bool = False
    allowed: tuple[str, ...] = ()


@dataclass(frozen=True)
class Kind:
    """One kind of file. key: columns that identify a row within its channel. parent: the kind its `order_id` must be in."""

    name: str
    meaning: str
    columns: tuple[Column, ...]
    key: tuple[str, ...]
    parent: str | None = None

    def column(self, name: str) -> Column:
        return next(column for column in self.columns if column.name == name)


CHANNEL = Column("channel", "text", "your name for where the orders were taken, such as wholesale", required=True)
CURRENCY = Column("currency_code", "text", "ISO 4217 code, such as USD", required=True)
ORDER = Column("order_id", "text", "the order's id in its channel", required=True)
LINE_TYPES = ("product", "gift_card", "shipping", "tip", "fee", "duty", "cash_rounding")
TENDERS = ("card", "gift_card", "store_credit", "terms", "manual", "other")

KINDS = (
    Kind(
        "orders",
        "one row per order as placed; its total is the sum of its lines",
        (
            CHANNEL,
            ORDER,
            Column("placed_at", "timestamp", "when it was placed; UTC unless an offset is given", required=True),
            CURRENCY,
            Column("order_number", "text", "the number people quote; default: order_id"),
            Column("customer_id", "text", "the buyer's id in the channel; empty for a guest"),
            Column("email", "text", "the buyer's address; merges the buyer with other channels"),
            Column("phone", "text", "the buyer's phone number"),
            Column("country_code", "text", "ISO 3166 code of the shipping country"),
            Column("postcode", "text", "shipping postcode"),
            Column("cancelled_at", "timestamp", "when it was cancelled, if it was"),
            Column("is_test", "boolean", "true leaves it out of every figure"),
            Column("is_b2b", "boolean", "true for a business customer"),
            Column("payment_terms", "text", "such as net_30, for an order paid on invoice"),
            Column("company_name", "text", "the business that buys"),
            Column("tax_id", "text", "its tax or VAT number"),
            Column("po_number", "text", "its own number of the order"),
            Column("is_fulfilled", "boolean", "true when everything has been shipped"),
        ),
        key=("order_id",),
    ),
    Kind(
        "order_lines",
        "one row per line of an order; amount = quantity × unit_price − discount, without tax",
        (
            CHANNEL,
            ORDER,
            Column("line_id", "text", "the line's id, unique within the order", required=True),
            Column("quantity", "integer", "units; negative on a correction", required=True),
            Column("unit_price", "money", "price of one unit without tax", required=True),
            CURRENCY,
            Column("line_type", "text", "default: product", allowed=LINE_TYPES),
            Column("sku", "text", "your stock keeping unit"),
            Column("title", "text", "what it is called"),
            Column("discount", "money", "taken off the line, not negative; default 0"),
            Column("tax", "money", "tax on the line; default 0"),
            Column("tax_rate_ppm", "integer", "its rate in parts per million, such as 190000 for 19 %"),
            Column("is_tax_collected_by_channel", "boolean", "true when the marketplace, not you, pays the tax"),
        ),
        key=("order_id", "line_id"),
        parent="orders",
    ),
    Kind(
        "payments",
        "one row per payment that succeeded",
        (
            CHANNEL,
            ORDER,
            Column("payment_id", "text", "the payment's id, unique within the order", required=True),
            Column("amount", "money", "what was paid", required=True),
            CURRENCY,
            Column("paid_at", "timestamp", "when; UTC unless an offset is given", required=True),
            Column("tender_type", "text", "how it was paid; default: other", allowed=TENDERS),
            Column("gateway", "text", "who processed it"),
            Column("processor_reference", "text", "the processor's id of the charge, such as ch_…"),
        ),
        key=("order_id", "payment_id"),
        parent="orders",
    ),
    Kind(
        "refunds",
        "one row per refunded line, or per refund when it is not by line; several rows may share a refund_id",
        (
            CHANNEL,
            Column("refund_id", "text", "the refund's or credit note's id", required=True),
            Column("refund_line_id", "text", "unique within the refund", required=True),
            Column("refunded_at", "timestamp", "when; UTC unless an offset is given", required=True),
            CURRENCY,
            Column("amount", "money", "given back without tax, not negative for a refund", required=True),
            Column("tax", "money", "tax given back; default 0"),
            Column("order_id", "text", "the order refunded; empty when the credit note names none"),
            Column("line_id", "text", "the order line refunded"),
            Column("sku", "text", "what came back"),
            Column("quantity", "integer", "units that came back; default 0"),
            Column("line_type", "text", "default: product", allowed=(*LINE_TYPES, "adjustment")),
            Column("is_restocked", "boolean", "true when the goods are back on the shelf"),
            Column("customer_id", "text", "the buyer, for a credit note without an order"),
            Column("email", "text", "the buyer's address, for a credit note without an order"),
            Column("tender_type", "text", "how it was given back; default: other", allowed=TENDERS),
        ),
        key=("refund_id", "refund_line_id"),
        parent="orders",
    ),
    Kind(
        "shipments",
        "one row per parcel",
        (
            CHANNEL,
            ORDER,
            Column("parcel_id", "text", "the parcel's id", required=True),
            Column("shipment_status", "text", "what is known of it", required=True, allowed=(
                "label_created", "in_transit", "out_for_delivery", "delivered", "exception", "voided")),
            Column("tracking_number", "text", "the carrier's number"),
            Column("carrier", "text", "who carries it"),
            Column("shipped_at", "timestamp", "when it left"),
            Column("delivered_at", "timestamp", "when it arrived"),
        ),
        key=("parcel_id",),
        parent="orders",
    ),
    Kind(
        "customers",
        "one row per buyer",
        (
            CHANNEL,
            Column("customer_id", "text", "the buyer's id in the channel", required=True),
            Column("email", "text", "address"),
            Column("phone", "text", "phone number"),
            Column("first_name", "text", "given name"),
            Column("last_name", "text", "family name"),
            Column("created_at", "timestamp", "since when; UTC unless an offset is given"),
        ),
        key=("customer_id",),
    ),
    Kind(
        "products",
        "one row per SKU",
        (
            CHANNEL,
            Column("sku", "text", "your stock keeping unit", required=True),
            CURRENCY,
            Column("title", "text", "what it is called"),
            Column("barcode", "text", "EAN, UPC or ISBN"),
            Column("price", "money", "list price without tax"),
            Column("unit_cost", "money", "what one unit costs you"),
            Column("is_gift_card", "boolean", "true for gift cards"),
        ),
        key=("sku",),
    ),
    Kind(
        "stock",
        "one row per SKU and location: what is on the shelf",
        (
            CHANNEL,
            Column("sku", "text", "your stock keeping unit", required=True),
            Column("location_id", "text", "your name of the location", required=True),
            Column("on_hand", "integer", "units physically there", required=True),
            Column("as_of", "timestamp", "when it was counted; UTC unless an offset is given", required=True),
            Column("incoming", "integer", "units on open purchase orders; default 0"),
            Column("damaged", "integer", "units on hand that cannot be sold; default 0"),
        ),
        key=("sku", "location_id"),
    ),
)  # fmt: skip


def kind(name: str) -> Kind:
    return next(kind for kind in KINDS if kind.name == name)


def kind_of(file_name: str) -> Kind | None:
    """The kind a file's name says: `orders.csv`, `order_lines-2026-10.parquet`; None when it says none."""
    for candidate in sorted(KINDS, key=lambda kind: len(kind.name), reverse=True):
        if re.fullmatch(rf"{candidate.name}([-_. ].*)?\.({'|'.join(SUFFIXES)})", file_name.lower()):
            return candidate
    return None


def render(name: str | None = None) -> str:
    """The contract for a person. Raises ConfigurationError for a kind that does not exist."""
    if name is not None and name not in {kind.name for kind in KINDS}:
        raise ConfigurationError(f"There is no kind of file '{name}'. Known: {', '.join(kind.name for kind in KINDS)}.")
    parts = [
        "Put files into one folder and run `cartwheel load FOLDER`. The kind is the beginning of the file's name "
        "(orders.csv, order_lines-2026-10.parquet).\nFormats: CSV with a header, Parquet, JSON lines; money as text or "
        "DECIMAL, never DOUBLE. * = must be filled."
    ]
    for found in KINDS:
        if name is None or found.name == name:
            parts.append(_section(found))
    return "\n\n".join(parts)


def _section(found: Kind) -> str:
    width = max(len(column.name) for column in found.columns) + 2
    lines = [f"{found.name}: {found.meaning}. Key: {', '.join(('channel', *found.key))}."]
    for column in found.columns:
        words = f" ({' | '.join(column.allowed)})" if column.allowed else ""
        star = "*" if column.required else " "
        lines.append(f"  {star} {column.name:<{width}}{column.type:<11}{column.meaning}{words}")
    return "\n".join(lines)
