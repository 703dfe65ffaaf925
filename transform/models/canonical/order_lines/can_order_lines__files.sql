with

lines as (
    select * from {{ ref('stg_files__order_lines') }}
),

accounts as (
    select * from {{ ref('accounts') }}
),

mapped as (
    select
        'files:' || lines.channel || ':' || lines.platform_order_id || ':' || lines.platform_line_id as order_line_id,
        'files:' || lines.channel || ':' || lines.platform_order_id as order_id,
        'files' as platform,
        lines.channel as account_id,
        coalesce(accounts.entity_id, '{{ var("default_entity") }}') as entity_id,
        lines.platform_line_id,
        lines.line_type,
        lines.sku,
        lines.title,
        lines.quantity,
        lines.unit_price_minor,
        cast(lines.quantity * lines.unit_price_minor as bigint) as gross_minor,
        lines.discount_minor,
        cast(lines.quantity * lines.unit_price_minor - lines.discount_minor as bigint) as net_minor,
        lines.tax_minor,
        lines.currency_code
    from lines
    left join accounts on accounts.platform = 'files' and accounts.account_id = lines.channel
)

select * from mapped
