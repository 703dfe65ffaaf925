with

lines as (
    select * from {{ ref('stg_woocommerce__order_lines') }}
),

accounts as (
    select * from {{ ref('accounts') }}
),

mapped as (
    select
        'woocommerce:' || lines.account_id || ':' || lines.platform_line_id as order_line_id,
        'woocommerce:' || lines.account_id || ':' || lines.platform_order_id as order_id,
        'woocommerce' as platform,
        lines.account_id,
        coalesce(accounts.entity_id, '{{ var("default_entity") }}') as entity_id,
        lines.platform_line_id,
        lines.line_type,
        lines.sku,
        lines.title,
        lines.quantity,
        {{ floor_divide('lines.gross_minor', 'nullif(lines.quantity, 0)') }} as unit_price_minor,
        lines.gross_minor,
        lines.gross_minor - lines.net_minor as discount_minor,
        lines.net_minor,
        lines.tax_minor,
        lines.currency_code
    from lines
    left join accounts
        on accounts.platform = 'woocommerce' and lines.account_id = accounts.account_id
)

select * from mapped
