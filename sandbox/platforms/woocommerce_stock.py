"""What is written to WooCommerce's products: stock, catalogue visibility and meta data; no key, no compare, repeats count."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from sandbox.facts import Product
from sandbox.platforms.woocommerce_catalogue import product_row, variation_row
from sandbox.platforms.woocommerce_objects import Row
from sandbox.webhooks import events

if TYPE_CHECKING:
    from sandbox.world import World

BATCH_LIMIT = 100


class Refusal(Exception):
    """An error body of the vendor's: code, message, status."""

    def __init__(self, code: str, message: str, status: int) -> None:
        super().__init__(message)
        self.body = {"code": code, "message": message, "data": {"status": status}}
        self.status = status


def product_by_id(world: World, product_id: int) -> Product:
    for product in world.catalogue:
        if product.woo_product_id == product_id and not product.is_gift_card:
            return product
    raise Refusal("woocommerce_rest_product_invalid_id", "Invalid ID.", 404)


def variation_by_id(world: World, product_id: int, variation_id: int) -> Product:
    product = product_by_id(world, product_id)
    if product.woo_variation_id != variation_id:
        raise Refusal("woocommerce_rest_product_variation_invalid_id", "Invalid ID.", 404)
    return product


def write_stock(world: World, product: Product, asked: dict[str, Any], is_variation: bool) -> Row:
    """Apply what is given of stock and visibility, and answer the whole object; other fields are accepted and ignored."""
    if not is_variation:
        _write_visibility(world, product, asked)
    if "stock_quantity" in asked:
        quantity = asked["stock_quantity"]
        if isinstance(quantity, bool) or not isinstance(quantity, int):
            raise Refusal("rest_invalid_param", "Invalid parameter(s): stock_quantity", 400)
        # A variable product's own quantity isn't its variations': the vendor keeps both, this shop manages only those.
        if is_variation or product.woo_variation_id is None:
            now = world.clock.advance(1)
            world.stock_log.written("woocommerce", product.sku, None, quantity, world.woo_quantity[product.sku])
            world.woo_quantity[product.sku] = quantity
            world.state("woocommerce").setdefault("stock_changes", {})[product.sku] = now
            key = (
                f"{product.woo_product_id}/{product.woo_variation_id}" if is_variation else str(product.woo_product_id)
            )
            world.effects.record("woocommerce", "stock_quantity_set", key)
            events.woo_product_changed(world, product)
    return variation_row(world, product) if is_variation else product_row(world, product)


def _write_visibility(world: World, product: Product, asked: dict[str, Any]) -> None:
    """The catalogue visibility and the meta data of a product, each entry by its key."""
    if not {"catalog_visibility", "meta_data"} & set(asked):
        return
    shown = asked.get("catalog_visibility")
    if shown not in {None, "visible", "catalog", "search", "hidden"}:
        raise Refusal("rest_invalid_param", "Invalid parameter(s): catalog_visibility", 400)
    changes = world.state("woocommerce").setdefault("product_changes", {}).setdefault(product.woo_product_id, {})
    if shown is not None:
        changes["catalog_visibility"] = shown
        world.effects.record("woocommerce", "visibility_set", str(product.woo_product_id))
    changes.setdefault("meta_data", {}).update({str(row["key"]): row["value"] for row in asked.get("meta_data") or ()})
    world.state("woocommerce").setdefault("stock_changes", {})[product.sku] = world.clock.advance(0.001)
    events.woo_page_changed(world, product)


def write_batch(world: World, asked: dict[str, Any], parent_id: int | None) -> Row:
    """Update many; each object has its own outcome, an error stands where its object would."""
    rows = asked.get("update") or []
    if asked.get("create") or asked.get("delete"):
        raise Refusal("sandbox_not_offered", "The sandbox only updates products.", 400)
    if len(rows) > BATCH_LIMIT:
        message = f"Unable to accept more than {BATCH_LIMIT} items for this request."
        raise Refusal("woocommerce_rest_request_entity_too_large", message, 413)
    done: list[Row] = []
    for row in rows:
        try:
            if parent_id is None:
                done.append(write_stock(world, product_by_id(world, int(row["id"])), row, is_variation=False))
            else:
                done.append(
                    write_stock(world, variation_by_id(world, parent_id, int(row["id"])), row, is_variation=True)
                )
        except Refusal as refusal:
            done.append({"id": row["id"], "error": refusal.body})
    return {"update": done}
