select
    tax_line_id, order_line_id, order_id, platform, account_id, entity_id, tax_line_number, line_type, buyer_place, jurisdiction,
    tax_name, rate_ppm, is_compound, is_included, is_collected_by_marketplace, taxable_minor, tax_minor, currency_code
from {{ ref('can_tax_lines__files') }}
where order_id not in (select order_id from {{ ref('can_orders__superseded') }})

union all

select
    tax_line_id, order_line_id, order_id, platform, account_id, entity_id, tax_line_number, line_type, buyer_place, jurisdiction,
    tax_name, rate_ppm, is_compound, is_included, is_collected_by_marketplace, taxable_minor, tax_minor, currency_code
from {{ ref('can_tax_lines__amazon') }}

union all

select
    tax_line_id, order_line_id, order_id, platform, account_id, entity_id, tax_line_number, line_type, buyer_place, jurisdiction,
    tax_name, rate_ppm, is_compound, is_included, is_collected_by_marketplace, taxable_minor, tax_minor, currency_code
from {{ ref('can_tax_lines__shopify') }}

union all

select
    tax_line_id, order_line_id, order_id, platform, account_id, entity_id, tax_line_number, line_type, buyer_place, jurisdiction,
    tax_name, rate_ppm, is_compound, is_included, is_collected_by_marketplace, taxable_minor, tax_minor, currency_code
from {{ ref('can_tax_lines__woocommerce') }}
