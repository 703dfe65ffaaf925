with

order_lines as (
    select * from {{ ref('stg_shopify__order_lines') }}
),

charges as (
    select * from {{ ref('stg_shopify__order_charges') }}
),

orders as (
    select * from {{ ref('stg_shopify__orders') }}
),

accounts as (
    select * from {{ ref('accounts') }}
),

tips_on_lines as (
    select account_id, platform_order_id, {{ sum_minor('price_minor') }} as tip_minor
    from order_lines
    where line_type = 'tip'
    group by account_id, platform_order_id
),

-- The order's tip total, unless the buyer's tip already is a line of the order.
tips as (
    select orders.account_id, orders.platform_order_id, orders.currency_code, orders.tip_minor - coalesce(tips_on_lines.tip_minor, 0) as tip_minor
    from orders
    left join tips_on_lines
        on orders.account_id = tips_on_lines.account_id and orders.platform_order_id = tips_on_lines.platform_order_id
    where orders.tip_minor - coalesce(tips_on_lines.tip_minor, 0) > 0
),

lines as (
    select
        account_id, platform_order_id, platform_line_id, platform_line_id as key_part, line_type, sku, title, quantity, unit_price_minor,
        -- A price that holds its tax is made net by taking out exactly the tax the platform states.
        price_minor - case when is_tax_included then tax_minor else 0 end as gross_minor,
        discount_minor, tax_minor, currency_code
    from order_lines
    union all
    select
        account_id, platform_order_id, platform_line_id, platform_line_id as key_part, line_type, null as sku, title, 1 as quantity, price_minor as unit_price_minor,
        price_minor - case when is_tax_included then tax_minor else 0 end as gross_minor,
        discount_minor, tax_minor, currency_code
    from charges
    union all
    select
        account_id, platform_order_id, 'tip' as platform_line_id, platform_order_id || ':tip' as key_part, 'tip' as line_type, null as sku, 'Tip' as title, 1 as quantity, tip_minor as unit_price_minor,
        tip_minor as gross_minor, 0 as discount_minor, 0 as tax_minor, currency_code
    from tips
),

mapped as (
    select
        'shopify:' || lines.account_id || ':' || lines.key_part as order_line_id,
        'shopify:' || lines.account_id || ':' || lines.platform_order_id as order_id,
        'shopify' as platform,
        lines.account_id,
        coalesce(accounts.entity_id, '{{ var("default_entity") }}') as entity_id,
        lines.platform_line_id,
        lines.line_type,
        lines.sku,
        lines.title,
        cast(lines.quantity as bigint) as quantity,
        lines.unit_price_minor,
        cast(lines.gross_minor as bigint) as gross_minor,
        cast(lines.discount_minor as bigint) as discount_minor,
        cast(lines.gross_minor - lines.discount_minor as bigint) as net_minor,
        cast(lines.tax_minor as bigint) as tax_minor,
        lines.currency_code
    from lines
    left join accounts
        on accounts.platform = 'shopify' and lines.account_id = accounts.account_id
)

select * from mapped
