{{ config(severity='warn', tags=['identity'], meta={'identity': 'S-08', 'severity': 'warns'}) }}
-- S-08: units put back ≤ units given back ≤ units that left, per order and SKU; a refund without a disposition moves nothing.
-- A row is a refund that put goods on the shelf which had never left it: the storefront's restock is to be corrected.
with put_back as (
    select refund_lines.order_id, coalesce(components.component_sku, refund_lines.sku) as sku,
        cast(sum(refund_lines.quantity * coalesce(components.quantity, 1)) as bigint) as units
    from {{ ref('can_refund_lines') }} as refund_lines
    left join {{ ref('dim_bundle_components') }} as components on refund_lines.sku = components.bundle_sku
    where refund_lines.line_type = 'product' and refund_lines.restock_type = 'restocked' and refund_lines.sku is not null
    group by refund_lines.order_id, coalesce(components.component_sku, refund_lines.sku)
)

select put_back.order_id, put_back.sku, put_back.units as put_back, units.returned, units.shipped
from put_back
inner join {{ ref('fct_order_units') }} as units on put_back.order_id = units.order_id and put_back.sku = units.sku
where put_back.units > units.returned or units.returned > units.shipped
