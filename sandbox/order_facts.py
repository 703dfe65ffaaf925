"""Facts of the shop: people, products, orders, payments as the shop knows them, refunds, parcels."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

Story = tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Address:
    """Where parcels go."""

    first_name: str
    last_name: str
    line1: str
    city: str
    region_code: str
    region: str
    postcode: str
    country_code: str = "US"
    phone: str | None = None


@dataclass(frozen=True, slots=True)
class Person:
    """A buyer; `shopify_id` / `woo_id` are None while the person has no account there (guests)."""

    key: int
    email: str | None
    first_name: str
    last_name: str
    phone: str | None
    address: Address
    created_at: datetime
    shopify_id: int | None = None
    woo_id: int | None = None
    company: str | None = None


@dataclass(frozen=True, slots=True)
class Product:
    """One SKU; each product has one variant everywhere, except that `woo_variation_id` marks Woo's variable ones."""

    sku: str
    title: str
    category: str
    barcode: str
    price_minor: int
    cost_minor: int
    weight_grams: int
    shopify_product_id: int
    shopify_variant_id: int
    shopify_inventory_item_id: int
    woo_product_id: int
    woo_variation_id: int | None
    cin7_id: str
    supplier: str
    updated_at: datetime
    is_gift_card: bool = False


@dataclass(frozen=True, slots=True)
class Line:
    """A line as sold; net = quantity x unit price - discount, tax on top."""

    line_id: int
    sku: str
    title: str
    quantity: int
    unit_price_minor: int
    discount_minor: int = 0
    tax_minor: int = 0
    is_gift_card: bool = False
    tax_rate_ppm: int | None = None  # None where the order's rate is every line's

    @property
    def gross_minor(self) -> int:
        return self.quantity * self.unit_price_minor

    @property
    def net_minor(self) -> int:
        return self.gross_minor - self.discount_minor


@dataclass(frozen=True, slots=True)
class Shipping:
    line_id: int
    title: str
    price_minor: int
    tax_minor: int = 0


@dataclass(frozen=True, slots=True)
class Tender:
    """One leg of payment. kind: authorization | capture | sale | void. type: card | gift_card | terms | manual."""

    tender_id: int
    kind: str
    type: str
    gateway: str
    amount_minor: int
    processed_at: datetime
    charge_id: str | None = None
    payment_intent_id: str | None = None
    parent_id: int | None = None
    status: str = "success"


@dataclass(frozen=True, slots=True)
class RefundLine:
    refund_line_id: int
    line_id: int
    sku: str
    quantity: int
    net_minor: int
    tax_minor: int
    is_restocked: bool


@dataclass(frozen=True, slots=True)
class Refund:
    """Money given back on one order; always through the processor in this world."""

    refund_id: int
    order_number: str
    sequence: int
    created_at: datetime
    lines: tuple[RefundLine, ...]
    tender_id: int
    stripe_refund_id: str
    charge_id: str
    reason: str
    note: str = ""
    story: Story = ()

    @property
    def net_minor(self) -> int:
        return sum(line.net_minor for line in self.lines)

    @property
    def tax_minor(self) -> int:
        return sum(line.tax_minor for line in self.lines)

    @property
    def amount_minor(self) -> int:
        return self.net_minor + self.tax_minor


@dataclass(frozen=True, slots=True)
class ParcelLine:
    line_id: int
    sku: str
    quantity: int


@dataclass(frozen=True, slots=True)
class Parcel:
    """A box that left. status: label_created | in_transit | out_for_delivery | delivered | exception | voided."""

    parcel_id: int
    order_number: str
    lines: tuple[ParcelLine, ...]
    location_id: str
    carrier: str
    service: str
    tracking_number: str
    created_at: datetime
    shipped_at: datetime
    delivered_at: datetime | None
    voided_at: datetime | None
    status: str
    cost_minor: int
    weight_grams: int
    is_known_to_storefront: bool
    storefront_fulfilment_id: int


@dataclass(frozen=True, slots=True)
class Order:
    """An order as the shop took it. `number` is the natural key everywhere: '#1042' (Shopify) or 'W-2042' (Woo).

    payment_status: authorized | paid | pending | voided | partially_refunded | refunded.
    story: the reason codes of the causes the order carries; for tests, never shown by a twin.
    """

    number: str
    channel: str
    platform_id: int
    placed_at: datetime
    updated_at: datetime
    lines: tuple[Line, ...]
    shipping: tuple[Shipping, ...]
    tip_minor: int
    tenders: tuple[Tender, ...]
    person: Person
    email: str | None
    is_guest: bool
    address: Address | None
    tax_rate_ppm: int
    tax_title: str
    payment_status: str
    location_id: str = "newark"
    discount_code: str | None = None
    refunds: tuple[Refund, ...] = ()
    cancelled_at: datetime | None = None
    is_test: bool = False
    is_b2b: bool = False
    payment_terms: str | None = None
    currency_code: str | None = None  # None means the world's
    vat_number: str | None = None
    po_number: str | None = None
    story: Story = ()

    @property
    def product_net_minor(self) -> int:
        return sum(line.net_minor for line in self.lines if not line.is_gift_card)

    @property
    def gift_card_sold_minor(self) -> int:
        return sum(line.net_minor for line in self.lines if line.is_gift_card)

    @property
    def discount_minor(self) -> int:
        return sum(line.discount_minor for line in self.lines)

    @property
    def shipping_minor(self) -> int:
        return sum(ship.price_minor for ship in self.shipping)

    @property
    def tax_minor(self) -> int:
        return sum(line.tax_minor for line in self.lines) + sum(ship.tax_minor for ship in self.shipping)

    @property
    def total_minor(self) -> int:
        """As placed: products, gift cards sold, shipping, tax and tip, before refunds."""
        net = sum(line.net_minor for line in self.lines)
        return net + self.shipping_minor + self.tax_minor + self.tip_minor

    @property
    def revenue_minor(self) -> int:
        """Net revenue of the order before returns: products and shipping, no tax, gift cards or tips."""
        return self.product_net_minor + self.shipping_minor

    @property
    def refunded_minor(self) -> int:
        return sum(refund.amount_minor for refund in self.refunds)

    @property
    def charge_tender(self) -> Tender | None:
        """The leg the processor knows (authorisation or captured charge), if any."""
        return next((leg for leg in self.tenders if leg.charge_id and leg.kind in {"sale", "authorization"}), None)

    @property
    def captured_minor(self) -> int:
        """What the processor captured for it."""
        return sum(leg.amount_minor for leg in self.tenders if leg.charge_id and leg.kind in {"sale", "capture"})
