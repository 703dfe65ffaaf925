"""The queries a connector would send, and a plain way to send them."""

from __future__ import annotations

from typing import Any

import httpx

from sandbox.server import CREDENTIALS, Sandbox

MONEY = "{ shopMoney { amount currencyCode } presentmentMoney { amount currencyCode } }"
ORDERS = """
query Orders($first: Int!, $after: String, $query: String) {
  orders(first: $first, after: $after, query: $query, sortKey: UPDATED_AT) {
    pageInfo { hasNextPage endCursor }
    nodes {
      id legacyResourceId name createdAt updatedAt processedAt cancelledAt test tags email phone taxesIncluded currencyCode
      displayFinancialStatus displayFulfillmentStatus discountCodes
      totalPriceSet MONEY currentTotalPriceSet MONEY totalTaxSet MONEY totalDiscountsSet MONEY
      totalShippingPriceSet MONEY totalTipReceivedSet MONEY totalRefundedSet MONEY
      customer { id email phone firstName lastName } paymentTerms { paymentTermsName paymentTermsType dueInDays }
      shippingAddress { address1 city provinceCode zip countryCodeV2 }
      lineItems(first: 20) {
        pageInfo { hasNextPage endCursor }
        nodes {
          id sku title quantity currentQuantity isGiftCard originalUnitPriceSet MONEY discountedTotalSet(withCodeDiscounts: true) MONEY
          discountAllocations { allocatedAmountSet MONEY discountApplication { allocationMethod ... on DiscountCodeApplication { code } } }
          taxLines { title rate priceSet MONEY }
        }
      }
      shippingLines(first: 5) { nodes { id title discountedPriceSet MONEY taxLines { priceSet MONEY } } }
      transactions { id kind status gateway amountSet MONEY paymentId receiptJson authorizationCode processedAt parentTransaction { id } }
      refunds {
        id createdAt note totalRefundedSet MONEY
        refundLineItems(first: 20) { nodes { quantity restockType subtotalSet MONEY totalTaxSet MONEY lineItem { id sku } } }
        refundShippingLines(first: 5) { nodes { id } }
        transactions(first: 5) { nodes { id amountSet MONEY gateway receiptJson } }
      }
      fulfillments {
        id status displayStatus createdAt deliveredAt trackingInfo { company number url }
        fulfillmentLineItems(first: 20) { nodes { id quantity lineItem { id } } }
      }
      fulfillmentOrders(first: 5) {
        nodes { id status assignedLocation { location { id } } lineItems(first: 20) { nodes { id remainingQuantity totalQuantity sku lineItem { id } } } }
      }
    }
  }
}
""".replace("MONEY", MONEY)
STOCK = """
query Stock($first: Int!, $after: String) {
  productVariants(first: $first, after: $after) {
    pageInfo { hasNextPage endCursor }
    nodes {
      id sku barcode price updatedAt product { id title isGiftCard }
      inventoryItem {
        id tracked unitCost { amount currencyCode }
        inventoryLevels(first: 10) {
          nodes { id updatedAt location { id name } quantities(names: ["available", "on_hand", "committed", "incoming", "reserved", "damaged", "quality_control", "safety_stock"]) { name quantity } }
        }
      }
    }
  }
}
"""
PEOPLE_AND_PLACES = """
{ customers(first: 50) { pageInfo { hasNextPage endCursor } nodes { id email phone firstName lastName createdAt updatedAt } }
  locations(first: 10) { nodes { id name isActive } }
  products(first: 100, sortKey: UPDATED_AT) { nodes { id title isGiftCard updatedAt variants(first: 5) { nodes { id sku } } } }
  shop { name currencyCode ianaTimezone } }
"""
SET_STOCK = """
mutation SetStock($input: InventorySetQuantitiesInput!, $key: String!) {
  inventorySetQuantities(input: $input) @idempotent(key: $key) {
    inventoryAdjustmentGroup { id reason referenceDocumentUri changes { name delta quantityAfterChange } }
    userErrors { code field message }
  }
}
"""
FULFIL = """
mutation Fulfil($fulfillment: FulfillmentInput!) {
  fulfillmentCreate(fulfillment: $fulfillment) { fulfillment { id status trackingInfo { number company } } userErrors { field message } }
}
"""
TRACK = """
mutation Track($id: ID!, $tracking: FulfillmentTrackingInput!) {
  fulfillmentTrackingInfoUpdate(fulfillmentId: $id, trackingInfoInput: $tracking, notifyCustomer: false) {
    fulfillment { id trackingInfo { number } } userErrors { field message }
  }
}
"""
DOCUMENTS = (ORDERS, STOCK, PEOPLE_AND_PLACES, SET_STOCK, FULFIL, TRACK)


def post(sandbox: Sandbox, document: str, token: str | None = None, **variables: Any) -> httpx.Response:
    headers = {"X-Shopify-Access-Token": token or CREDENTIALS["shopify"]["access_token"]}
    url = sandbox.base_urls["shopify"] + "/admin/api/2026-10/graphql.json"
    return httpx.post(url, json={"query": document, "variables": variables}, headers=headers, timeout=30)


def ask(sandbox: Sandbox, document: str, **variables: Any) -> Any:
    """The data of an answer without errors."""
    answer = post(sandbox, document, **variables).json()
    assert "errors" not in answer, answer["errors"]
    return answer["data"]


def all_orders(sandbox: Sandbox, search: str | None = None, first: int = 80) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = []
    after = None
    while True:
        page = ask(sandbox, ORDERS, first=first, after=after, query=search)["orders"]
        found += page["nodes"]
        after = page["pageInfo"]["endCursor"]
        if not page["pageInfo"]["hasNextPage"]:
            return found
