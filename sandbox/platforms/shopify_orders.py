"""Orders in Shopify's words: plain dicts for graphql-core, with a function where a field is costly or has arguments."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sandbox.facts import Address, Order, Person
from sandbox.platforms.shopify_boxes import fulfilment_node, fulfilment_orders
from sandbox.platforms.shopify_fulfilments import display_fulfilment_status, fulfilments_of
from sandbox.platforms.shopify_lines import line_node, shipping_node, tax_line
from sandbox.platforms.shopify_money import bag, gid, money, stamp
from sandbox.platforms.shopify_paging import Node, nested
from sandbox.platforms.shopify_payments import refund_node, transactions

if TYPE_CHECKING:
    from sandbox.world import World


def order_node(world: World, order: Order) -> Node:
    """An Order object."""
    return {
        "__typename": "Order",
        "id": gid("Order", order.platform_id),
        "legacyResourceId": str(order.platform_id),
        "name": order.number,
        "createdAt": stamp(order.placed_at),
        "updatedAt": stamp(order.updated_at),
        "processedAt": stamp(order.placed_at),
        "cancelledAt": stamp(order.cancelled_at),
        "cancelReason": "CUSTOMER" if order.cancelled_at else None,
        "closedAt": None,
        "confirmed": True,
        "test": order.is_test,
        "tags": ["B2B"] if order.is_b2b else [],
        "email": order.email,
        "phone": None if order.email else order.person.phone,
        "note": None,
        "poNumber": order.po_number,
        "sourceName": "web",
        "discountCode": order.discount_code,
        "discountCodes": [order.discount_code] if order.discount_code else [],
        "taxesIncluded": False,
        "dutiesIncluded": False,
        "currencyCode": world.currency,
        "presentmentCurrencyCode": world.currency,
        "displayFinancialStatus": order.payment_status.upper(),
        "displayFulfillmentStatus": lambda _: display_fulfilment_status(world, order),
        "paymentGatewayNames": sorted({leg.gateway for leg in order.tenders}),
        "paymentTerms": _payment_terms(order),
        "purchasingEntity": _purchasing_company(order),
        "taxLines": [tax_line(order, order.tax_minor)] if order.tax_minor else [],
        **_totals(order),
        **_people(order),
        **_connections(world, order),
    }


def _totals(order: Order) -> Node:
    received = sum(leg.amount_minor for leg in order.tenders if leg.kind in {"sale", "capture"})
    outstanding = order.total_minor - received if order.payment_status in {"pending", "authorized"} else 0
    return {
        "fullyPaid": received == order.total_minor,
        "unpaid": received == 0,
        "subtotalPriceSet": bag(order.product_net_minor + order.gift_card_sold_minor),
        "totalPriceSet": bag(order.total_minor),
        "currentTotalPriceSet": bag(0 if order.cancelled_at else order.total_minor - order.refunded_minor),
        "totalTaxSet": bag(order.tax_minor),
        "totalDiscountsSet": bag(order.discount_minor),
        "totalShippingPriceSet": bag(order.shipping_minor),
        "totalTipReceivedSet": bag(order.tip_minor),
        "additionalFees": [],
        "totalRefundedSet": bag(order.refunded_minor),
        "totalReceivedSet": bag(received),
        "totalOutstandingSet": bag(outstanding),
        "netPaymentSet": bag(received - order.refunded_minor),
        "currentTotalDutiesSet": None,
        "originalTotalDutiesSet": None,
    }


def _people(order: Order) -> Node:
    address = address_node(order.address, order.platform_id, order.person) if order.address else None
    return {
        "customer": None if order.is_guest or order.person.shopify_id is None else customer_node(order.person),
        "shippingAddress": address,
        "billingAddress": address,
    }


def _connections(world: World, order: Order) -> Node:
    return {
        "lineItems": nested(lambda: [line_node(world, order, line) for line in order.lines]),
        "shippingLines": nested(lambda: [shipping_node(order, place) for place in range(len(order.shipping))]),
        "transactions": lambda _, first=None: list(transactions(order))[:first],
        "refunds": lambda _, first=None: [refund_node(world, order, refund) for refund in order.refunds][:first],
        "fulfillments": lambda _, first=None: [
            fulfilment_node(world, order, made, place)
            for place, made in enumerate(fulfilments_of(world, order)[:first], start=1)
        ],
        "fulfillmentOrders": nested(lambda: list(fulfilment_orders(world, order))),
    }


def _payment_terms(order: Order) -> Node | None:
    if order.payment_terms is None:
        return None
    days = int(order.payment_terms.removeprefix("net_"))
    return {
        "id": gid("PaymentTerms", order.platform_id),
        "paymentTermsName": f"Net {days}",
        "paymentTermsType": "NET",
        "dueInDays": days,
        "overdue": False,
    }


def _purchasing_company(order: Order) -> Node | None:
    """The company of a B2B order; nobody else buys through one here."""
    if not order.is_b2b or order.person.company is None:
        return None
    key, name = order.person.key, order.person.company
    return {
        "__typename": "PurchasingCompany",
        "company": {"__typename": "Company", "id": gid("Company", key), "name": name},
        "location": {
            "__typename": "CompanyLocation",
            "id": gid("CompanyLocation", key),
            "name": name,
            "taxSettings": {"taxRegistrationId": order.vat_number},
        },
    }


def address_node(address: Address, identity: int, person: Person) -> Node:
    return {
        "id": gid("MailingAddress", identity),
        "firstName": address.first_name,
        "lastName": address.last_name,
        "name": f"{address.first_name} {address.last_name}",
        "company": person.company,
        "address1": address.line1,
        "address2": None,
        "city": address.city,
        "province": address.region,
        "provinceCode": address.region_code,
        "zip": address.postcode,
        "country": "United States",
        "countryCodeV2": address.country_code,
        "phone": person.phone,
    }


def customer_node(person: Person) -> Node:
    """A Customer object (account holders only)."""
    return {
        "__typename": "Customer",
        "id": gid("Customer", person.shopify_id or 0),
        "legacyResourceId": str(person.shopify_id),
        "email": person.email,
        "phone": person.phone,
        "firstName": person.first_name,
        "lastName": person.last_name,
        "displayName": f"{person.first_name} {person.last_name}",
        "createdAt": stamp(person.created_at),
        "updatedAt": stamp(person.created_at),
        "state": "ENABLED",
        "numberOfOrders": "0",
        "amountSpent": money(0),
        "tags": ["B2B"] if person.company else [],
        "taxExempt": person.company is not None,
        "verifiedEmail": person.email is not None,
        "note": None,
        "defaultAddress": address_node(person.address, person.shopify_id or 0, person),
        "defaultEmailAddress": {"emailAddress": person.email, "validFormat": True} if person.email else None,
        "defaultPhoneNumber": {"phoneNumber": person.phone} if person.phone else None,
    }
