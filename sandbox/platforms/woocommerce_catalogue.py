"""Products, variations and customers in WooCommerce's words (REST v3)."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING

from sandbox.facts import Person, Product
from sandbox.platforms.woocommerce_objects import Row, address_row, amount, dates

if TYPE_CHECKING:
    from sandbox.world import World


def _stock(world: World, product: Product) -> Row:
    quantity = world.woo_quantity[product.sku]
    return {
        "manage_stock": True,
        "stock_quantity": quantity,
        "stock_status": "instock" if quantity > 0 else "outofstock",
        "backorders": "no",
        "backorders_allowed": False,
        "backordered": False,
    }


def _changed(world: World, product: Product) -> datetime:
    moment: datetime = world.state("woocommerce").get("stock_changes", {}).get(product.sku, product.updated_at)
    return moment


def _sold(world: World, product: Product) -> Row:
    return {
        "price": amount(product.price_minor),
        "regular_price": amount(product.price_minor),
        "sale_price": "",
        "on_sale": False,
        "status": "publish",
        "purchasable": True,
        "virtual": False,
        "downloadable": False,
        "tax_status": "taxable",
        "tax_class": "",
        "weight": f"{product.weight_grams / 1000:.2f}",
        "description": "",
        "menu_order": 0,
        "meta_data": [{"id": product.woo_product_id * 10, "key": "_global_unique_id", "value": product.barcode}],
        **dates(world, "date_created", product.updated_at),
        **dates(world, "date_modified", _changed(world, product)),
    }


def _changes(world: World, product: Product) -> Row:
    """What was written to a product beside its stock."""
    changes: Row = world.state("woocommerce").get("product_changes", {}).get(product.woo_product_id, {})
    return changes


def product_row(world: World, product: Product) -> Row:
    """A product; a variable one keeps SKU and stock on its variation."""
    is_variable = product.woo_variation_id is not None
    sold, meta = _sold(world, product), _changes(world, product).get("meta_data", {})
    first = product.woo_product_id * 10 + 1
    added = [{"id": first + place, "key": key, "value": value} for place, (key, value) in enumerate(meta.items())]
    stock = {"manage_stock": False, "stock_quantity": None, "stock_status": "instock", "backorders": "no"}
    return {
        "id": product.woo_product_id,
        "name": product.title,
        "slug": product.title.lower().replace(" ", "-"),
        "permalink": f"https://shop.example.com/product/{product.woo_product_id}/",
        "type": "variable" if is_variable else "simple",
        "catalog_visibility": _changes(world, product).get("catalog_visibility", "visible"),
        "sku": "" if is_variable else product.sku,
        "categories": [
            {"id": sum(map(ord, product.category)), "name": product.category, "slug": product.category.lower()}
        ],
        "parent_id": 0,
        "variations": [product.woo_variation_id] if is_variable else [],
        **sold,
        "meta_data": [*sold["meta_data"], *added],
        **(stock if is_variable else _stock(world, product)),
    }


def variation_row(world: World, product: Product) -> Row:
    """The one variation of a variable product."""
    return {
        "id": product.woo_variation_id,
        "permalink": f"https://shop.example.com/product/{product.woo_product_id}/?attribute=standard",
        "sku": product.sku,
        "attributes": [{"id": 0, "name": "Size", "option": "Standard"}],
        **_sold(world, product),
        **_stock(world, product),
    }


def customer_row(world: World, person: Person) -> Row:
    """An account; guests are not customers here."""
    return {
        "id": person.woo_id,
        **dates(world, "date_created", person.created_at),
        **dates(world, "date_modified", person.created_at),
        "email": person.email or "",
        "first_name": person.first_name,
        "last_name": person.last_name,
        "role": "customer",
        "username": (person.email or f"customer{person.key}").split("@", 1)[0],
        "billing": address_row(person.address, person, person.email or ""),
        "shipping": address_row(person.address, person, None),
        "is_paying_customer": True,
        "avatar_url": "",
        "meta_data": [],
    }
