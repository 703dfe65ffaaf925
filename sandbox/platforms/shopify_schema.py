"""The part of the Admin schema that the Shopify twin answers, in the vendor's words; checked against the vendor's own."""

from __future__ import annotations

_CONNECTED = [
    "Order",
    "Product",
    "ProductVariant",
    "Location",
    "Customer",
    "InventoryItem",
    "InventoryLevel",
    "LineItem",
    "ShippingLine",
    "RefundLineItem",
    "RefundShippingLine",
    "OrderTransaction",
    "OrderAdjustment",
    "FulfillmentOrder",
    "FulfillmentOrderLineItem",
    "FulfillmentLineItem",
]

_TYPES = """
directive @idempotent(key: String!) on FIELD
scalar DateTime
scalar Decimal
scalar Money
scalar JSON
scalar URL
scalar UnsignedInt64
schema { query: QueryRoot mutation: Mutation }
interface Node { id: ID! }

type QueryRoot {
  node(id: ID!): Node
  shop: Shop!
  order(id: ID!): Order
  orders(first: Int, after: String, query: String, sortKey: OrderSortKeys = PROCESSED_AT, reverse: Boolean = false): OrderConnection!
  ordersCount(query: String, limit: Int = 10000): Count
  product(id: ID!): Product
  products(first: Int, after: String, query: String, sortKey: ProductSortKeys = ID, reverse: Boolean = false): ProductConnection!
  productVariants(first: Int, after: String, query: String, sortKey: ProductVariantSortKeys = ID, reverse: Boolean = false): ProductVariantConnection!
  inventoryItem(id: ID!): InventoryItem
  inventoryItems(first: Int, after: String, query: String, reverse: Boolean = false): InventoryItemConnection!
  location(id: ID): Location
  locations(first: Int, after: String, includeInactive: Boolean = false, query: String, reverse: Boolean = false): LocationConnection!
  customers(first: Int, after: String, query: String, sortKey: CustomerSortKeys = ID, reverse: Boolean = false): CustomerConnection!
  fulfillmentOrder(id: ID!): FulfillmentOrder
}

type Mutation {
  inventorySetQuantities(input: InventorySetQuantitiesInput!): InventorySetQuantitiesPayload
  productUpdate(product: ProductUpdateInput): ProductUpdatePayload
  fulfillmentCreate(fulfillment: FulfillmentInput!, message: String): FulfillmentCreatePayload
  fulfillmentTrackingInfoUpdate(fulfillmentId: ID!, notifyCustomer: Boolean, trackingInfoInput: FulfillmentTrackingInput!): FulfillmentTrackingInfoUpdatePayload
}

enum CountPrecision { AT_LEAST EXACT }
type Count { count: Int! precision: CountPrecision! }
enum OrderSortKeys { CREATED_AT ID ORDER_NUMBER PROCESSED_AT UPDATED_AT }
enum ProductSortKeys { CREATED_AT ID TITLE UPDATED_AT }
enum ProductVariantSortKeys { ID SKU TITLE }
enum CustomerSortKeys { CREATED_AT ID UPDATED_AT }
enum CurrencyCode { USD }
enum CountryCode { US CA }
enum OrderCancelReason { CUSTOMER DECLINED FRAUD INVENTORY OTHER STAFF }
enum OrderDisplayFinancialStatus { AUTHORIZED EXPIRED PAID PARTIALLY_PAID PARTIALLY_REFUNDED PENDING REFUNDED VOIDED }
enum OrderDisplayFulfillmentStatus { FULFILLED IN_PROGRESS ON_HOLD OPEN PARTIALLY_FULFILLED PENDING_FULFILLMENT RESTOCKED SCHEDULED UNFULFILLED }
enum OrderTransactionKind { AUTHORIZATION CAPTURE CHANGE REFUND SALE VOID }
enum OrderTransactionStatus { AWAITING_RESPONSE ERROR FAILURE PENDING SUCCESS UNKNOWN }
enum OrderAdjustmentDiscrepancyReason { CUSTOMER DAMAGE REFUND_DISCREPANCY RESTOCK }
enum RefundLineItemRestockType { CANCEL LEGACY_RESTOCK NO_RESTOCK RETURN }
enum FulfillmentStatus { CANCELLED ERROR FAILURE OPEN PENDING SUCCESS }
enum FulfillmentDisplayStatus { CANCELED DELIVERED FULFILLED IN_TRANSIT LABEL_PRINTED MARKED_AS_FULFILLED OUT_FOR_DELIVERY }
enum FulfillmentOrderStatus { CANCELLED CLOSED INCOMPLETE IN_PROGRESS ON_HOLD OPEN SCHEDULED }
enum FulfillmentOrderRequestStatus { ACCEPTED CLOSED SUBMITTED UNSUBMITTED }
enum PaymentTermsType { FIXED FULFILLMENT NET RECEIPT UNKNOWN }
enum CustomerState { DECLINED DISABLED ENABLED INVITED }
enum ProductStatus { ACTIVE ARCHIVED DRAFT UNLISTED }
enum DiscountApplicationAllocationMethod { ACROSS EACH ONE }
enum DiscountApplicationTargetSelection { ALL ENTITLED EXPLICIT }
enum DiscountApplicationTargetType { LINE_ITEM SHIPPING_LINE }
enum InventorySetQuantitiesUserErrorCode {
  CHANGE_FROM_QUANTITY_STALE IDEMPOTENCY_CONCURRENT_REQUEST IDEMPOTENCY_KEY_PARAMETER_MISMATCH
  IDEMPOTENCY_PREVIOUS_ATTEMPT_FAILED INVALID_INVENTORY_ITEM INVALID_LOCATION INVALID_NAME INVALID_QUANTITY_NEGATIVE
  INVALID_QUANTITY_TOO_HIGH INVALID_REASON NO_DUPLICATE_INVENTORY_ITEM_ID_GROUP_ID_PAIR
}

type PageInfo { hasNextPage: Boolean! hasPreviousPage: Boolean! startCursor: String endCursor: String }
type MoneyV2 { amount: Decimal! currencyCode: CurrencyCode! }
type MoneyBag { shopMoney: MoneyV2! presentmentMoney: MoneyV2! }
type Shop implements Node { id: ID! name: String! currencyCode: CurrencyCode! ianaTimezone: String! myshopifyDomain: String! email: String! }
type TaxLine { title: String! rate: Float ratePercentage: Float price: Money! priceSet: MoneyBag! channelLiable: Boolean source: String }
type MailingAddress implements Node {
  id: ID! firstName: String lastName: String name: String company: String address1: String address2: String city: String
  province: String provinceCode: String zip: String country: String countryCodeV2: CountryCode phone: String
}
type PricingPercentageValue { percentage: Float! }
union PricingValue = MoneyV2 | PricingPercentageValue
interface DiscountApplication {
  allocationMethod: DiscountApplicationAllocationMethod! index: Int! targetSelection: DiscountApplicationTargetSelection!
  targetType: DiscountApplicationTargetType! value: PricingValue!
}
type DiscountCodeApplication implements DiscountApplication {
  code: String! allocationMethod: DiscountApplicationAllocationMethod! index: Int!
  targetSelection: DiscountApplicationTargetSelection! targetType: DiscountApplicationTargetType! value: PricingValue!
}
type DiscountAllocation { allocatedAmount: MoneyV2! allocatedAmountSet: MoneyBag! discountApplication: DiscountApplication! }

type Order implements Node {
  id: ID! legacyResourceId: UnsignedInt64! name: String! createdAt: DateTime! updatedAt: DateTime! processedAt: DateTime!
  cancelledAt: DateTime cancelReason: OrderCancelReason closedAt: DateTime confirmed: Boolean! test: Boolean! tags: [String!]!
  email: String phone: String note: String poNumber: String sourceName: String discountCode: String discountCodes: [String!]!
  taxesIncluded: Boolean! dutiesIncluded: Boolean! currencyCode: CurrencyCode! presentmentCurrencyCode: CurrencyCode!
  displayFinancialStatus: OrderDisplayFinancialStatus displayFulfillmentStatus: OrderDisplayFulfillmentStatus!
  fullyPaid: Boolean! unpaid: Boolean! paymentGatewayNames: [String!]! paymentTerms: PaymentTerms
  subtotalPriceSet: MoneyBag totalPriceSet: MoneyBag! currentTotalPriceSet: MoneyBag! totalTaxSet: MoneyBag
  totalDiscountsSet: MoneyBag totalShippingPriceSet: MoneyBag! totalTipReceivedSet: MoneyBag! totalRefundedSet: MoneyBag!
  totalReceivedSet: MoneyBag! totalOutstandingSet: MoneyBag! netPaymentSet: MoneyBag!
  currentTotalDutiesSet: MoneyBag originalTotalDutiesSet: MoneyBag
  additionalFees: [AdditionalFee!]! purchasingEntity: PurchasingEntity
  customer: Customer shippingAddress: MailingAddress billingAddress: MailingAddress taxLines: [TaxLine!]!
  lineItems(first: Int, after: String, reverse: Boolean = false): LineItemConnection!
  shippingLines(first: Int, after: String, includeRemovals: Boolean = false, reverse: Boolean = false): ShippingLineConnection!
  transactions(first: Int): [OrderTransaction!]!
  refunds(first: Int): [Refund!]!
  fulfillments(first: Int): [Fulfillment!]!
  fulfillmentOrders(first: Int, after: String, displayable: Boolean = false, reverse: Boolean = false): FulfillmentOrderConnection!
}
type AdditionalFee implements Node { id: ID! name: String! price: MoneyBag! taxLines: [TaxLine!]! }
type Duty implements Node { id: ID! price: MoneyBag! taxLines: [TaxLine!]! }
type RefundDuty { amountSet: MoneyBag! originalDuty: Duty }
type TransactionFee implements Node { id: ID! type: String! amount: MoneyV2! }
type Company implements Node { id: ID! name: String! }
type CompanyLocationTaxSettings { taxRegistrationId: String }
type CompanyLocation implements Node { id: ID! name: String! taxSettings: CompanyLocationTaxSettings! }
type PurchasingCompany { company: Company! location: CompanyLocation! }
union PurchasingEntity = Customer | PurchasingCompany
type LineItem implements Node {
  id: ID! name: String! title: String! variantTitle: String sku: String vendor: String quantity: Int! currentQuantity: Int!
  unfulfilledQuantity: Int! refundableQuantity: Int! requiresShipping: Boolean! taxable: Boolean! isGiftCard: Boolean!
  originalUnitPriceSet: MoneyBag! originalTotalSet: MoneyBag! discountedTotalSet(withCodeDiscounts: Boolean = false): MoneyBag!
  discountedUnitPriceSet: MoneyBag! totalDiscountSet: MoneyBag! discountAllocations: [DiscountAllocation!]!
  taxLines(first: Int): [TaxLine!]! duties: [Duty!]! variant: ProductVariant product: Product
}
type ShippingLine {
  id: ID title: String! code: String source: String price: Money! originalPriceSet: MoneyBag! discountedPriceSet: MoneyBag!
  currentDiscountedPriceSet: MoneyBag! isRemoved: Boolean! taxLines: [TaxLine!]! discountAllocations: [DiscountAllocation!]!
}
type PaymentTerms implements Node { id: ID! paymentTermsName: String! paymentTermsType: PaymentTermsType! dueInDays: Int overdue: Boolean! }
type OrderTransaction implements Node {
  id: ID! kind: OrderTransactionKind! status: OrderTransactionStatus! gateway: String formattedGateway: String
  amountSet: MoneyBag! paymentId: String receiptJson: JSON authorizationCode: String createdAt: DateTime!
  fees: [TransactionFee!]! processedAt: DateTime parentTransaction: OrderTransaction test: Boolean! manualPaymentGateway: Boolean!
}
type Refund implements Node {
  id: ID! legacyResourceId: UnsignedInt64! createdAt: DateTime updatedAt: DateTime! processedAt: DateTime! note: String
  totalRefundedSet: MoneyBag! duties: [RefundDuty!]
  refundLineItems(first: Int, after: String, reverse: Boolean = false): RefundLineItemConnection!
  refundShippingLines(first: Int, after: String, reverse: Boolean = false): RefundShippingLineConnection!
  orderAdjustments(first: Int, after: String, reverse: Boolean = false): OrderAdjustmentConnection!
  transactions(first: Int, after: String, reverse: Boolean = false): OrderTransactionConnection!
}
type RefundLineItem {
  id: ID lineItem: LineItem! quantity: Int! priceSet: MoneyBag! subtotalSet: MoneyBag! totalTaxSet: MoneyBag!
  restockType: RefundLineItemRestockType! restocked: Boolean! location: Location
}
type RefundShippingLine implements Node { id: ID! shippingLine: ShippingLine! subtotalAmountSet: MoneyBag! taxAmountSet: MoneyBag! }
type OrderAdjustment implements Node { id: ID! amountSet: MoneyBag! taxAmountSet: MoneyBag! reason: OrderAdjustmentDiscrepancyReason }
type Fulfillment implements Node {
  id: ID! legacyResourceId: UnsignedInt64! name: String! status: FulfillmentStatus! displayStatus: FulfillmentDisplayStatus
  createdAt: DateTime! updatedAt: DateTime! deliveredAt: DateTime inTransitAt: DateTime totalQuantity: Int!
  requiresShipping: Boolean! trackingInfo(first: Int): [FulfillmentTrackingInfo!]! location: Location
  fulfillmentLineItems(first: Int, after: String, reverse: Boolean = false): FulfillmentLineItemConnection!
}
type FulfillmentTrackingInfo { company: String number: String url: URL }
type FulfillmentLineItem implements Node { id: ID! lineItem: LineItem! quantity: Int }
type FulfillmentOrder implements Node {
  id: ID! status: FulfillmentOrderStatus! requestStatus: FulfillmentOrderRequestStatus! createdAt: DateTime!
  updatedAt: DateTime! orderId: ID! orderName: String! assignedLocation: FulfillmentOrderAssignedLocation!
  lineItems(first: Int, after: String, reverse: Boolean = false): FulfillmentOrderLineItemConnection!
}
type FulfillmentOrderAssignedLocation { name: String! location: Location }
type FulfillmentOrderLineItem implements Node {
  id: ID! lineItem: LineItem! sku: String totalQuantity: Int! remainingQuantity: Int! inventoryItemId: ID
  productTitle: String! variant: ProductVariant
}
type Customer implements Node {
  id: ID! legacyResourceId: UnsignedInt64! email: String phone: String firstName: String lastName: String displayName: String!
  createdAt: DateTime! updatedAt: DateTime! state: CustomerState! numberOfOrders: UnsignedInt64! amountSpent: MoneyV2!
  tags: [String!]! taxExempt: Boolean! verifiedEmail: Boolean! note: String defaultAddress: MailingAddress
  defaultEmailAddress: CustomerEmailAddress defaultPhoneNumber: CustomerPhoneNumber
}
type CustomerEmailAddress { emailAddress: String! validFormat: Boolean! }
type CustomerPhoneNumber { phoneNumber: String! }
type Product implements Node {
  id: ID! legacyResourceId: UnsignedInt64! title: String! handle: String! status: ProductStatus! vendor: String!
  productType: String! tags: [String!]! createdAt: DateTime! updatedAt: DateTime! publishedAt: DateTime isGiftCard: Boolean!
  totalInventory: Int! tracksInventory: Boolean! metafield(namespace: String, key: String!): Metafield
  variants(first: Int, after: String, reverse: Boolean = false): ProductVariantConnection!
}
type Metafield implements Node { id: ID! namespace: String! key: String! value: String! type: String! createdAt: DateTime! updatedAt: DateTime! }
type ProductVariant implements Node {
  id: ID! legacyResourceId: UnsignedInt64! title: String! displayName: String! sku: String barcode: String price: Money!
  compareAtPrice: Money taxable: Boolean! position: Int! availableForSale: Boolean! inventoryQuantity: Int
  createdAt: DateTime! updatedAt: DateTime! inventoryItem: InventoryItem! product: Product!
}
type InventoryItem implements Node {
  id: ID! legacyResourceId: UnsignedInt64! sku: String tracked: Boolean! requiresShipping: Boolean! unitCost: MoneyV2
  createdAt: DateTime! updatedAt: DateTime! variant: ProductVariant!
  inventoryLevel(locationId: ID!): InventoryLevel
  inventoryLevels(first: Int, after: String, includeInactive: Boolean = false, reverse: Boolean = false): InventoryLevelConnection!
}
type InventoryLevel implements Node {
  id: ID! isActive: Boolean! canDeactivate: Boolean! createdAt: DateTime! updatedAt: DateTime! location: Location!
  item: InventoryItem! quantities(names: [String!]!): [InventoryQuantity!]!
}
type InventoryQuantity implements Node { id: ID! name: String! quantity: Int! updatedAt: DateTime }
type Location implements Node {
  id: ID! legacyResourceId: UnsignedInt64! name: String! isActive: Boolean! shipsInventory: Boolean!
  fulfillsOnlineOrders: Boolean! hasActiveInventory: Boolean! createdAt: DateTime! updatedAt: DateTime! address: LocationAddress!
}
type LocationAddress { address1: String city: String country: String countryCode: String province: String provinceCode: String zip: String }

interface DisplayableError { field: [String!] message: String! }
type UserError implements DisplayableError { field: [String!] message: String! }
type InventorySetQuantitiesUserError implements DisplayableError { code: InventorySetQuantitiesUserErrorCode field: [String!] message: String! }
type InventorySetQuantitiesPayload { inventoryAdjustmentGroup: InventoryAdjustmentGroup userErrors: [InventorySetQuantitiesUserError!]! }
type InventoryAdjustmentGroup implements Node { id: ID! createdAt: DateTime! reason: String! referenceDocumentUri: String changes: [InventoryChange!]! }
type InventoryChange { name: String! delta: Int! quantityAfterChange: Int item: InventoryItem location: Location }
type ProductUpdatePayload { product: Product userErrors: [UserError!]! }
type FulfillmentCreatePayload { fulfillment: Fulfillment userErrors: [UserError!]! }
type FulfillmentTrackingInfoUpdatePayload { fulfillment: Fulfillment userErrors: [UserError!]! }

input InventorySetQuantitiesInput { name: String! quantities: [InventoryQuantityInput!]! reason: String! referenceDocumentUri: String }
input InventoryQuantityInput { inventoryItemId: ID! locationId: ID! quantity: Int! changeFromQuantity: Int }
input ProductUpdateInput { id: ID status: ProductStatus metafields: [MetafieldInput!] }
input MetafieldInput { id: ID namespace: String key: String value: String type: String }
input FulfillmentInput { lineItemsByFulfillmentOrder: [FulfillmentOrderLineItemsInput!]! notifyCustomer: Boolean trackingInfo: FulfillmentTrackingInput }
input FulfillmentOrderLineItemsInput { fulfillmentOrderId: ID! fulfillmentOrderLineItems: [FulfillmentOrderLineItemInput!] }
input FulfillmentOrderLineItemInput { id: ID! quantity: Int! }
input FulfillmentTrackingInput { company: String number: String numbers: [String!] url: URL urls: [URL!] }
"""

SDL = _TYPES + "\n".join(
    f"type {name}Edge {{ cursor: String! node: {name}! }}\n"
    f"type {name}Connection {{ edges: [{name}Edge!]! nodes: [{name}!]! pageInfo: PageInfo! }}"
    for name in _CONNECTED
)
