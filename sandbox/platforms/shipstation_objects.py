"""Facts in ShipStation V1's words."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING, Any
from zoneinfo import ZoneInfo

from sandbox.decimal_json import amount
from sandbox.facts import Address, Order, Parcel

if TYPE_CHECKING:
    from sandbox.world import World

PACIFIC = ZoneInfo("America/Los_Angeles")
USER = "7f6b0c52-1d3e-4a58-9a7e-0d5c5c0f1b11"
WAREHOUSES = {"newark": 310_001, "reno": 310_002}
CARRIERS = {"usps": "stamps_com", "ups": "ups_walleted", "fedex": "fedex", "dhl": "dhl_express_worldwide"}
STORES = {"shopify": 410_001, "woocommerce": 410_002}
NO_INSURANCE = {"provider": None, "insureShipment": False, "insuredValue": 0}


def order_id(world: World, number: str) -> int:
    """ShipStation's own id of an order: its number, moved into a range of its channel's store."""
    digits = int("".join(letter for letter in number if letter.isdigit()))
    return (700_000_000 if number.startswith("#") else 800_000_000) + digits


def is_shippable(order: Order) -> bool:
    """Orders with goods that the shop exports."""
    return not order.is_test and any(not line.is_gift_card for line in order.lines)


def order_status(world: World, order: Order) -> str:
    """awaiting_payment, awaiting_shipment, shipped or cancelled."""
    if order.cancelled_at is not None or order.payment_status == "voided":
        return "cancelled"
    sent = {(line.line_id): 0 for line in order.lines if not line.is_gift_card}
    for parcel in world.parcels_of(order):
        for line in parcel.lines if parcel.voided_at is None else ():
            sent[line.line_id] = sent.get(line.line_id, 0) + line.quantity
    if all(sent[line.line_id] >= line.quantity for line in order.lines if not line.is_gift_card):
        return "shipped"
    return "awaiting_payment" if order.payment_status == "pending" else "awaiting_shipment"


def shipment(world: World, parcel: Parcel, with_items: bool) -> dict[str, Any]:
    """A label bought for a parcel."""
    order = world.order(parcel.order_number)
    return {
        "shipmentId": parcel.parcel_id,
        "orderId": order_id(world, parcel.order_number),
        "orderKey": str(order.platform_id) if order else parcel.order_number,
        "userId": USER,
        "customerEmail": (order.email if order else None) or "",
        "orderNumber": parcel.order_number,
        "createDate": local(parcel.created_at),
        "shipDate": local_date(parcel.shipped_at),
        "shipmentCost": amount(parcel.cost_minor),
        "insuranceCost": 0,
        "trackingNumber": parcel.tracking_number,
        "isReturnLabel": False,
        "batchNumber": "",
        "carrierCode": _carrier(parcel.carrier),
        "serviceCode": parcel.service,
        "packageCode": "package",
        "confirmation": "delivery",
        "warehouseId": WAREHOUSES.get(parcel.location_id, 310_001),
        "voided": parcel.voided_at is not None,
        "voidDate": local(parcel.voided_at) if parcel.voided_at else None,
        "marketplaceNotified": parcel.is_known_to_storefront,
        "notifyErrorMessage": None,
        "shipTo": ship_to(order.address if order else None),
        "weight": _weight(parcel.weight_grams),
        "dimensions": None,
        "insuranceOptions": NO_INSURANCE,
        "advancedOptions": None,
        "shipmentItems": [_item(world, order, line.line_id, line.sku, line.quantity) for line in parcel.lines]
        if with_items
        else None,
        "labelData": None,
        "formData": None,
    }


def fulfillment(world: World, parcel: Parcel) -> dict[str, Any]:
    """The same parcel as a fulfilment, with the day it arrived if it did."""
    order = world.order(parcel.order_number)
    return {
        "fulfillmentId": parcel.parcel_id,
        "orderId": order_id(world, parcel.order_number),
        "orderNumber": parcel.order_number,
        "userId": USER,
        "customerEmail": (order.email if order else None) or "",
        "trackingNumber": parcel.tracking_number,
        "createDate": local(parcel.created_at),
        "shipDate": local(parcel.shipped_at),
        "voidDate": local(parcel.voided_at) if parcel.voided_at else None,
        "deliveryDate": local(parcel.delivered_at) if parcel.delivered_at else None,
        "carrierCode": _carrier(parcel.carrier),
        "fulfillmentProviderCode": None,
        "fulfillmentServiceCode": None,
        "fulfillmentFee": 0,
        "voidRequested": parcel.voided_at is not None,
        "voided": parcel.voided_at is not None,
        "marketplaceNotified": parcel.is_known_to_storefront,
        "notifyErrorMessage": None,
        "shipTo": ship_to(order.address if order else None),
    }


def order(world: World, fact: Order) -> dict[str, Any]:
    """An order as imported from its store."""
    address = ship_to(fact.address)
    goods = [line for line in fact.lines if not line.is_gift_card]
    return {
        "orderId": order_id(world, fact.number),
        "orderNumber": fact.number,
        "orderKey": str(fact.platform_id),
        "orderDate": local(fact.placed_at),
        "createDate": local(fact.placed_at),
        "modifyDate": local(fact.updated_at),
        "paymentDate": local(fact.placed_at),
        "shipByDate": None,
        "orderStatus": order_status(world, fact),
        "customerId": fact.person.key,
        "customerUsername": fact.email or "",
        "customerEmail": fact.email or "",
        "billTo": {**address, "addressVerified": None},
        "shipTo": address,
        "items": [_item(world, fact, line.line_id, line.sku, line.quantity) for line in goods],
        "orderTotal": amount(fact.total_minor),
        "amountPaid": amount(fact.captured_minor),
        "taxAmount": amount(fact.tax_minor),
        "shippingAmount": amount(fact.shipping_minor),
        "customerNotes": None,
        "internalNotes": None,
        "gift": False,
        "giftMessage": None,
        "paymentMethod": fact.tenders[0].gateway if fact.tenders else None,
        "requestedShippingService": fact.shipping[0].title if fact.shipping else None,
        "carrierCode": None,
        "serviceCode": None,
        "packageCode": "package",
        "confirmation": "delivery",
        "shipDate": None,
        "holdUntilDate": None,
        "weight": _weight(sum(world.products[line.sku].weight_grams * line.quantity for line in goods)),
        "dimensions": None,
        "insuranceOptions": NO_INSURANCE,
        "internationalOptions": {"contents": None, "customsItems": None, "nonDelivery": None},
        "advancedOptions": {"storeId": STORES[fact.channel], "warehouseId": WAREHOUSES.get(fact.location_id, 310_001)},
        "tagIds": None,
        "userId": None,
        "externallyFulfilled": False,
        "externallyFulfilledBy": None,
    }


def _item(world: World, order: Order | None, line_id: int, sku: str, quantity: int) -> dict[str, Any]:
    sold = next((line for line in order.lines if line.line_id == line_id), None) if order else None
    product = world.products[sku]
    return {
        "orderItemId": line_id,
        "lineItemKey": str(line_id),
        "sku": sku,
        "name": product.title,
        "imageUrl": None,
        "weight": _weight(product.weight_grams),
        "quantity": quantity,
        "unitPrice": amount(sold.unit_price_minor if sold else product.price_minor),
        "warehouseLocation": None,
        "options": None,
        "productId": product.shopify_product_id % 2_000_000_000,
        "fulfillmentSku": None,
    }


def ship_to(address: Address | None) -> dict[str, Any]:
    """An address block; the vendor sends all keys, empty ones as null."""
    return {
        "name": f"{address.first_name} {address.last_name}" if address else None,
        "company": None,
        "street1": address.line1 if address else None,
        "street2": None,
        "street3": None,
        "city": address.city if address else None,
        "state": address.region_code if address else None,
        "postalCode": address.postcode if address else None,
        "country": address.country_code if address else None,
        "phone": address.phone if address else None,
        "residential": True,
        "addressVerified": "Address validated successfully",
    }


def _weight(grams: int) -> dict[str, Any]:
    return {"value": grams, "units": "grams", "WeightUnits": 2}


def _carrier(name: str) -> str:
    return CARRIERS.get(name.lower(), name.lower())


def local(moment: datetime) -> str:
    """US Pacific wall-clock time, seven decimals and no offset."""
    return moment.astimezone(PACIFIC).strftime("%Y-%m-%dT%H:%M:%S.%f") + "0"


def local_date(moment: datetime) -> str:
    return moment.astimezone(PACIFIC).date().isoformat()
