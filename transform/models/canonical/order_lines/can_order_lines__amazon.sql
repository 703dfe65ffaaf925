with

items as (
    select * from {{ ref('stg_amazon__order_items') }}
),

orders as (
    select * from {{ ref('can_orders__amazon') }}
),

proceeds as (
    select
        account_id,
        platform_order_id,
        platform_line_id,
        part,
        count(case when category not in ('TAX', 'DISCOUNT') then 1 end) > 0 as is_sold,
        {{ sum_minor("case when category not in ('TAX', 'DISCOUNT') then amount_minor else 0 end") }} as gross_minor,
        -- What it lowers the price by is written as less than nothing.
        {{ sum_minor("case when category = 'DISCOUNT' then -amount_minor else 0 end") }} as discount_minor,
        {{ sum_minor("case when category = 'TAX' then amount_minor else 0 end") }} as tax_minor
    from {{ ref('stg_amazon__item_proceeds') }}
    group by account_id, platform_order_id, platform_line_id, part
),

-- The goods are a line whether or not they have a price yet; shipping and gift wrap are lines once they cost something.
goods as (
    select
        items.account_id, items.platform_order_id, items.platform_line_id, 'product' as line_type, items.sku, items.title, items.quantity,
        proceeds.gross_minor is not null as is_priced,
        coalesce(proceeds.gross_minor, 0) as gross_minor,
        coalesce(proceeds.discount_minor, 0) as discount_minor,
        coalesce(proceeds.tax_minor, 0) as tax_minor
    from items
    left join proceeds
        on items.account_id = proceeds.account_id
        and items.platform_order_id = proceeds.platform_order_id
        and items.platform_line_id = proceeds.platform_line_id
        and proceeds.part = 'ITEM'
),

charges as (
    select
        items.account_id, items.platform_order_id, items.platform_line_id || ':' || lower(proceeds.part) as platform_line_id,
        case when proceeds.part = 'SHIPPING' then 'shipping' else 'fee' end as line_type,
        cast(null as varchar) as sku, lower(replace(proceeds.part, '_', ' ')) as title, cast(1 as bigint) as quantity,
        true as is_priced, proceeds.gross_minor, proceeds.discount_minor, proceeds.tax_minor
    from items
    inner join proceeds
        on items.account_id = proceeds.account_id
        and items.platform_order_id = proceeds.platform_order_id
        and items.platform_line_id = proceeds.platform_line_id
    where proceeds.part != 'ITEM' and (proceeds.is_sold or proceeds.discount_minor != 0 or proceeds.tax_minor != 0)
),

lines as (
    select * from goods
    union all
    select * from charges
),

mapped as (
    select
        'amazon:' || lines.account_id || ':' || lines.platform_line_id as order_line_id,
        orders.order_id,
        'amazon' as platform,
        lines.account_id,
        orders.entity_id,
        lines.platform_line_id,
        lines.line_type,
        lines.sku,
        lines.title,
        lines.quantity,
        case when lines.is_priced then {{ floor_divide('lines.gross_minor', 'nullif(lines.quantity, 0)') }} end as unit_price_minor,
        lines.gross_minor,
        lines.discount_minor,
        lines.gross_minor - lines.discount_minor as net_minor,
        lines.tax_minor,
        orders.currency_code
    from lines
    inner join orders
        on lines.account_id = orders.account_id
        and lines.platform_order_id = orders.platform_order_id
)

select * from mapped
