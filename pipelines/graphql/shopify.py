"""The GraphQL documents the Shopify connector sends, API 2026-10; a contract test validates each against the schema.

Page sizes keep every document under 1,000 points counted the dear way: one point for each object, money included, and
a connection as large as it asks for. What does not fit into a page is drained by `more`.
"""

from __future__ import annotations

MONEY = "{ shopMoney { amount currencyCode } presentmentMoney { amount currencyCode } }"
SHOP_MONEY = "{ shopMoney { amount currencyCode } }"
PAGE_INFO = "pageInfo { hasNextPage endCursor }"
TAX_LINES = f"{{ title ratePercentage channelLiable priceSet {SHOP_MONEY} }}"
DISCOUNTS = f"{{ allocatedAmountSet {SHOP_MONEY} }}"
ADDRESS = "{ firstName lastName company address1 address2 city provinceCode zip countryCodeV2 phone }"

LINE_ITEM = f"""
  id sku title variantTitle quantity currentQuantity isGiftCard taxable requiresShipping
  originalUnitPriceSet {SHOP_MONEY} originalTotalSet {SHOP_MONEY}
  discountAllocations {DISCOUNTS} taxLines {TAX_LINES}
  duties {{ id price {SHOP_MONEY} taxLines {TAX_LINES} }}
  product {{ id }} variant {{ id }}
"""

SHIPPING_LINE = f"""
  id code title source originalPriceSet {SHOP_MONEY} discountAllocations {DISCOUNTS} taxLines {TAX_LINES}
"""

TRANSACTION = f"""
  id kind status gateway formattedGateway manualPaymentGateway test createdAt processedAt paymentId receiptJson
  amountSet {MONEY} parentTransaction {{ id }} fees {{ id type amount {{ amount currencyCode }} }}
"""

FULFILLMENT = """
  id status displayStatus createdAt updatedAt deliveredAt inTransitAt location { id }
  trackingInfo(first: 10) { company number url }
"""

FULFILLMENT_ORDER_LINE = "id sku remainingQuantity totalQuantity lineItem { id }"

FULFILLMENT_ORDER = f"""
  id status requestStatus createdAt updatedAt assignedLocation {{ location {{ id }} }}
  lineItems(first: 10) {{ nodes {{ {FULFILLMENT_ORDER_LINE} }} {PAGE_INFO} }}
"""

ORDER = f"""
  id name createdAt processedAt updatedAt cancelledAt cancelReason closedAt test currencyCode
  presentmentCurrencyCode taxesIncluded email phone tags note poNumber sourceName displayFinancialStatus
  displayFulfillmentStatus customer {{ id email: defaultEmailAddress {{ emailAddress }} }}
  shippingAddress {ADDRESS} billingAddress {ADDRESS}
  paymentTerms {{ paymentTermsName paymentTermsType dueInDays }}
  purchasingEntity {{ __typename ... on PurchasingCompany {{
    company {{ id name }} location {{ id taxSettings {{ taxRegistrationId }} }}
  }} }}
  totalPriceSet {MONEY} subtotalPriceSet {SHOP_MONEY} totalDiscountsSet {SHOP_MONEY} totalTaxSet {SHOP_MONEY}
  totalShippingPriceSet {SHOP_MONEY} totalTipReceivedSet {SHOP_MONEY} currentTotalPriceSet {SHOP_MONEY}
  totalReceivedSet {SHOP_MONEY} totalRefundedSet {SHOP_MONEY} totalOutstandingSet {SHOP_MONEY}
  additionalFees {{ id name price {SHOP_MONEY} taxLines {TAX_LINES} }}
  lineItems(first: 4) {{ nodes {{ {LINE_ITEM} }} {PAGE_INFO} }}
  shippingLines(first: 2) {{ nodes {{ {SHIPPING_LINE} }} {PAGE_INFO} }}
  transactions(first: 4) {{ {TRANSACTION} }}
  refunds(first: 10) {{ id }}
  fulfillments(first: 3) {{ {FULFILLMENT} }}
  fulfillmentOrders(first: 3) {{ nodes {{ {FULFILLMENT_ORDER} }} {PAGE_INFO} }}
"""

REFUND_LINE_ITEM = f"""
  id quantity restockType lineItem {{ id sku isGiftCard }} subtotalSet {SHOP_MONEY} totalTaxSet {SHOP_MONEY}
"""

REFUND_SHIPPING_LINE = f"id shippingLine {{ id }} subtotalAmountSet {SHOP_MONEY} taxAmountSet {SHOP_MONEY}"

ORDER_ADJUSTMENT = f"id reason amountSet {SHOP_MONEY} taxAmountSet {SHOP_MONEY}"

REFUND = f"""
  id createdAt processedAt updatedAt note totalRefundedSet {MONEY} duties {{ amountSet {SHOP_MONEY} }}
  refundLineItems(first: 20) {{ nodes {{ {REFUND_LINE_ITEM} }} {PAGE_INFO} }}
  refundShippingLines(first: 5) {{ nodes {{ {REFUND_SHIPPING_LINE} }} {PAGE_INFO} }}
  orderAdjustments(first: 5) {{ nodes {{ {ORDER_ADJUSTMENT} }} {PAGE_INFO} }}
  transactions(first: 10) {{ nodes {{ {TRANSACTION} }} {PAGE_INFO} }}
"""

# Our own mark on a product that we hid, so that we never show what somebody else hid.
PRODUCT = """
  id title handle status productType vendor isGiftCard createdAt updatedAt
  hiddenBy: metafield(namespace: "cartwheel", key: "hidden_by") { value updatedAt }
"""

PRODUCT_VARIANT = """
  id sku title displayName barcode price compareAtPrice inventoryQuantity createdAt updatedAt
  product { id title isGiftCard status } inventoryItem { id tracked unitCost { amount currencyCode } }
"""

INVENTORY_NAMES = (
    "available", "on_hand", "committed", "incoming", "reserved", "damaged", "safety_stock", "quality_control",
)  # fmt: skip

INVENTORY_LEVEL = f"""
  id isActive updatedAt location {{ id }}
  quantities(names: [{", ".join(f'"{name}"' for name in INVENTORY_NAMES)}]) {{ name quantity }}
"""

INVENTORY_ITEM = f"""
  id sku tracked updatedAt unitCost {{ amount currencyCode }}
  inventoryLevels(first: 5) {{ nodes {{ {INVENTORY_LEVEL} }} {PAGE_INFO} }}
"""

CUSTOMER = """
  id firstName lastName createdAt updatedAt state tags verifiedEmail numberOfOrders amountSpent { amount currencyCode }
  defaultEmailAddress { emailAddress } defaultPhoneNumber { phoneNumber }
"""

LOCATION = "id name isActive fulfillsOnlineOrders createdAt updatedAt address { countryCode zip }"


def listing(field: str, node: str, first: int, extra: str = "", query: bool = True) -> str:
    """A page of a root connection, oldest change first where the field can sort."""
    declared = "$after: String, $query: String" if query else "$after: String"
    passed = "after: $after, query: $query" if query else "after: $after"
    return f"""query {field}({declared}) {{
  {field}(first: {first}, {passed}{extra}) {{ nodes {{ {node} }} {PAGE_INFO} }}
}}"""


def more(parent: str, field: str, node: str, first: int) -> str:
    """The next page of a connection inside one parent."""
    return f"""query more_{field}($id: ID!, $after: String) {{
  node(id: $id) {{ ... on {parent} {{ {field}(first: {first}, after: $after) {{ nodes {{ {node} }} {PAGE_INFO} }} }} }}
}}"""


def whole(parent: str, field: str, node: str, first: int) -> str:
    """A longer cut of a plain list, which GraphQL gives no cursor for."""
    return f"""query whole_{field}($id: ID!) {{
  node(id: $id) {{ ... on {parent} {{ {field}(first: {first}) {{ {node} }} }} }}
}}"""


ORDERS = listing("orders", ORDER, 3, ", sortKey: UPDATED_AT")
PRODUCTS = listing("products", PRODUCT, 100, ", sortKey: UPDATED_AT")
PRODUCT_VARIANTS = listing("productVariants", PRODUCT_VARIANT, 100)
INVENTORY_ITEMS = listing("inventoryItems", INVENTORY_ITEM, 10)
CUSTOMERS = listing("customers", CUSTOMER, 100, ", sortKey: UPDATED_AT")
LOCATIONS = listing("locations", LOCATION, 50, ", includeInactive: true", query=False)
ORDER_BY_ID = f"query order($id: ID!) {{ node(id: $id) {{ ... on Order {{ {ORDER} }} }} }}"
ORDER_OF_FULFILLMENT_ORDER = "query order_of($id: ID!) { fulfillmentOrder(id: $id) { orderId } }"
INVENTORY_ITEM_BY_ID = (
    f"query inventory_item($id: ID!) {{ node(id: $id) {{ ... on InventoryItem {{ {INVENTORY_ITEM} }} }} }}"
)
REFUND_BY_ID = f"query refund($id: ID!) {{ node(id: $id) {{ ... on Refund {{ {REFUND} }} }} }}"

# Connections inside one parent: (parent type, field) → the document of its next page.
MORE = {
    ("Order", "lineItems"): more("Order", "lineItems", LINE_ITEM, 20),
    ("Order", "shippingLines"): more("Order", "shippingLines", SHIPPING_LINE, 20),
    ("Order", "fulfillmentOrders"): more("Order", "fulfillmentOrders", FULFILLMENT_ORDER, 10),
    ("FulfillmentOrder", "lineItems"): more("FulfillmentOrder", "lineItems", FULFILLMENT_ORDER_LINE, 100),
    ("Refund", "refundLineItems"): more("Refund", "refundLineItems", REFUND_LINE_ITEM, 50),
    ("Refund", "refundShippingLines"): more("Refund", "refundShippingLines", REFUND_SHIPPING_LINE, 50),
    ("Refund", "orderAdjustments"): more("Refund", "orderAdjustments", ORDER_ADJUSTMENT, 50),
    ("Refund", "transactions"): more("Refund", "transactions", TRANSACTION, 20),
    ("InventoryItem", "inventoryLevels"): more("InventoryItem", "inventoryLevels", INVENTORY_LEVEL, 50),
}

# Plain lists of an order: field → (how many the page asks for, how many the longer cut asks for, its document).
WHOLE = {
    "transactions": (4, 60, whole("Order", "transactions", TRANSACTION, 60)),
    "refunds": (10, 250, whole("Order", "refunds", "id", 250)),
    "fulfillments": (3, 60, whole("Order", "fulfillments", FULFILLMENT, 60)),
}

DOCUMENTS = {
    "orders": ORDERS,
    "products": PRODUCTS,
    "product_variants": PRODUCT_VARIANTS,
    "inventory_items": INVENTORY_ITEMS,
    "customers": CUSTOMERS,
    "locations": LOCATIONS,
    "order": ORDER_BY_ID,
    "order_of_fulfillment_order": ORDER_OF_FULFILLMENT_ORDER,
    "inventory_item": INVENTORY_ITEM_BY_ID,
    "refund": REFUND_BY_ID,
    **{f"more_{parent}_{field}": document for (parent, field), document in MORE.items()},
    **{f"whole_{field}": document for field, (_, _, document) in WHOLE.items()},
}
