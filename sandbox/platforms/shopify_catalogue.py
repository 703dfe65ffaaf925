"""Products, variants, stock and places in Shopify's words."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from sandbox.facts import Product
from sandbox.platforms.shopify_fulfilments import committed_units
from sandbox.platforms.shopify_money import decimal, gid, money, stamp
from sandbox.platforms.shopify_paging import Node, nested
from sandbox.platforms.shopify_products import metafield_node, product_changes

if TYPE_CHECKING:
    from sandbox.world import World

_PLACED = "2024-09-01T00:00:00Z"


def product_node(world: World, product: Product) -> Node:
    """A Product object; every product here has one variant."""
    changed = product_changes(world).get(product.shopify_product_id)
    return {
        "__typename": "Product",
        "id": gid("Product", product.shopify_product_id),
        "legacyResourceId": str(product.shopify_product_id),
        "title": product.title,
        "handle": product.title.lower().replace(" ", "-"),
        "status": changed.status if changed else "ACTIVE",
        "vendor": product.supplier,
        "productType": product.category,
        "tags": [],
        "createdAt": _PLACED,
        "updatedAt": stamp(changed.updated_at if changed else product.updated_at),
        "publishedAt": _PLACED,
        "isGiftCard": product.is_gift_card,
        "totalInventory": _listed(world, product),
        "tracksInventory": not product.is_gift_card,
        "metafield": lambda _, key, namespace=None: metafield_node(world, product, namespace, key),
        "variants": nested(lambda: [variant_node(world, product)]),
    }


def _listed(world: World, product: Product) -> int:
    return sum(world.shopify_available.get((product.sku, place.location_id), 0) for place in world.locations)


def variant_node(world: World, product: Product) -> Node:
    """A ProductVariant object."""
    return {
        "__typename": "ProductVariant",
        "id": gid("ProductVariant", product.shopify_variant_id),
        "legacyResourceId": str(product.shopify_variant_id),
        "title": "Default Title",
        "displayName": f"{product.title} - Default Title",
        "sku": product.sku,
        "barcode": product.barcode,
        "price": decimal(product.price_minor),
        "compareAtPrice": None,
        "taxable": not product.is_gift_card,
        "position": 1,
        "availableForSale": product.is_gift_card or _listed(world, product) > 0,
        "inventoryQuantity": _listed(world, product),
        "createdAt": _PLACED,
        "updatedAt": stamp(product.updated_at),
        "inventoryItem": lambda _: item_node(world, product),
        "product": lambda _: product_node(world, product),
    }


def item_node(world: World, product: Product) -> Node:
    """An InventoryItem object; gift cards are not tracked and have no levels."""
    places = [] if product.is_gift_card else [place.location_id for place in world.locations]
    return {
        "__typename": "InventoryItem",
        "id": gid("InventoryItem", product.shopify_inventory_item_id),
        "legacyResourceId": str(product.shopify_inventory_item_id),
        "sku": product.sku,
        "tracked": not product.is_gift_card,
        "requiresShipping": not product.is_gift_card,
        "unitCost": money(product.cost_minor) if product.cost_minor else None,
        "createdAt": _PLACED,
        "updatedAt": stamp(product.updated_at),
        "variant": lambda _: variant_node(world, product),
        "inventoryLevel": lambda _, locationId: next(
            (level_node(world, product, place) for place in places if _place_gid(world, place) == locationId), None
        ),
        "inventoryLevels": nested(lambda: [level_node(world, product, place) for place in places]),
    }


def quantities(world: World, sku: str, location_id: str) -> dict[str, int]:
    """Shopify's states of one item at one place: on_hand is the sum of the others, incoming apart."""
    level = world.stock[(sku, location_id)]
    states = {
        "available": world.shopify_available[(sku, location_id)],
        "committed": committed_units(world).get(sku, 0) if location_id == "newark" else 0,
        "reserved": level.reserved,
        "safety_stock": 0,
        "damaged": level.damaged,
        "quality_control": level.quality_control,
    }
    return {**states, "on_hand": sum(states.values()), "incoming": level.incoming}


def level_node(world: World, product: Product, location_id: str) -> Node:
    """An InventoryLevel object."""
    number = f"{product.shopify_inventory_item_id}{1 if location_id == 'newark' else 2}"
    changed = world.state("shopify").get("level_changes", {}).get((product.sku, location_id), product.updated_at)

    def named(_: Any, names: list[str]) -> list[Node]:
        have = quantities(world, product.sku, location_id)
        return [
            {
                "id": gid("InventoryQuantity", f"{number}?name={name}"),
                "name": name,
                "quantity": have[name],
                "updatedAt": stamp(changed),
            }
            for name in names
            if name in have
        ]

    return {
        "__typename": "InventoryLevel",
        "id": f"{gid('InventoryLevel', number)}?inventory_item_id={product.shopify_inventory_item_id}",
        "isActive": True,
        "canDeactivate": False,
        "createdAt": _PLACED,
        "updatedAt": stamp(changed),
        "location": location_node(world, location_id),
        "item": lambda _: item_node(world, product),
        "quantities": named,
    }


def _place_gid(world: World, location_id: str) -> str:
    return gid("Location", next(place.shopify_id for place in world.locations if place.location_id == location_id))


def location_node(world: World, location_id: str) -> Node:
    """A Location object."""
    place = next(place for place in world.locations if place.location_id == location_id)
    return {
        "__typename": "Location",
        "id": gid("Location", place.shopify_id),
        "legacyResourceId": str(place.shopify_id),
        "name": place.name,
        "isActive": True,
        "shipsInventory": True,
        "fulfillsOnlineOrders": True,
        "hasActiveInventory": True,
        "createdAt": _PLACED,
        "updatedAt": _PLACED,
        "address": {
            "address1": place.address.line1,
            "city": place.address.city,
            "country": "United States",
            "countryCode": place.address.country_code,
            "province": place.address.region,
            "provinceCode": place.address.region_code,
            "zip": place.address.postcode,
        },
    }
