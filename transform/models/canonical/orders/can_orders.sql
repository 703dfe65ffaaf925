select
    order_id, platform, account_id, entity_id, channel, platform_order_id, order_number, placed_at, order_date,
    cancelled_at, reclaimed_at, updated_at, is_test, is_b2b, payment_terms, company_name, tax_id, po_number, currency_code, platform_customer_id,
    customer_email, customer_phone, shipping_country_code, shipping_postcode, shipping_address_key,
    order_payment_status, order_fulfilment_status, is_fulfilled_by_channel, is_tax_included, total_minor, tax_minor
from {{ ref('can_orders__files') }}
where order_id not in (select order_id from {{ ref('can_orders__superseded') }})

union all

select
    order_id, platform, account_id, entity_id, channel, platform_order_id, order_number, placed_at, order_date,
    cancelled_at, reclaimed_at, updated_at, is_test, is_b2b, payment_terms, company_name, tax_id, po_number, currency_code, platform_customer_id,
    customer_email, customer_phone, shipping_country_code, shipping_postcode, shipping_address_key,
    order_payment_status, order_fulfilment_status, is_fulfilled_by_channel, is_tax_included, total_minor, tax_minor
from {{ ref('can_orders__amazon') }}

union all

select
    order_id, platform, account_id, entity_id, channel, platform_order_id, order_number, placed_at, order_date,
    cancelled_at, reclaimed_at, updated_at, is_test, is_b2b, payment_terms, company_name, tax_id, po_number, currency_code, platform_customer_id,
    customer_email, customer_phone, shipping_country_code, shipping_postcode, shipping_address_key,
    order_payment_status, order_fulfilment_status, is_fulfilled_by_channel, is_tax_included, total_minor, tax_minor
from {{ ref('can_orders__shopify') }}

union all

select
    order_id, platform, account_id, entity_id, channel, platform_order_id, order_number, placed_at, order_date,
    cancelled_at, reclaimed_at, updated_at, is_test, is_b2b, payment_terms, company_name, tax_id, po_number, currency_code, platform_customer_id,
    customer_email, customer_phone, shipping_country_code, shipping_postcode, shipping_address_key,
    order_payment_status, order_fulfilment_status, is_fulfilled_by_channel, is_tax_included, total_minor, tax_minor
from {{ ref('can_orders__woocommerce') }}
