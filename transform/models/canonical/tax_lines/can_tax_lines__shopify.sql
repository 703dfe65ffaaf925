with

lines as (
    select * from {{ ref('can_order_lines__shopify') }}
),

taxes as (
    select * from {{ ref('stg_shopify__tax_lines') }}
),

orders as (
    select *, {{ tax_jurisdiction('shipping_country_code', 'shipping_region') }} as buyer_place
    from {{ ref('stg_shopify__orders') }}
),

-- Goods, shipping and fees that cost something and bear no tax are taxed with nothing: line 0. Gift cards, tips and duties appear when they are taxed.
mapped as (
    select
        lines.order_line_id || ':' || cast(coalesce(taxes.tax_line_number, 0) as varchar) as tax_line_id,
        lines.order_line_id,
        lines.order_id,
        'shopify' as platform,
        lines.account_id,
        lines.entity_id,
        coalesce(taxes.tax_line_number, 0) as tax_line_number,
        lines.line_type,
        orders.buyer_place,
        -- The platform taxes by the place of the buyer and states no place beside a tax.
        orders.buyer_place as jurisdiction,
        taxes.tax_name,
        case when taxes.tax_line_number is null then cast(0 as bigint) else taxes.rate_ppm end as rate_ppm,
        false as is_compound,
        orders.is_tax_included as is_included,
        coalesce(taxes.is_collected_by_marketplace, false) as is_collected_by_marketplace,
        lines.net_minor as taxable_minor,
        coalesce(taxes.tax_minor, 0) as tax_minor,
        lines.currency_code
    from lines
    inner join orders
        on lines.order_id = 'shopify:' || orders.account_id || ':' || orders.platform_order_id
    left join taxes
        on lines.account_id = taxes.account_id and lines.platform_line_id = taxes.platform_line_id
    where taxes.tax_line_number is not null or (lines.net_minor != 0 and lines.line_type in ('product', 'shipping', 'fee'))
)

select * from mapped
