with

lines as (
    select * from {{ ref('stg_files__refunds') }}
),

accounts as (
    select * from {{ ref('accounts') }}
),

mapped as (
    select
        'files:' || lines.channel || ':' || lines.platform_refund_id || ':' || lines.platform_refund_line_id
            as refund_line_id,
        'files:' || lines.channel || ':' || lines.platform_refund_id as refund_id,
        'files:' || lines.channel || ':' || coalesce(lines.platform_order_id, lines.platform_refund_id) as order_id,
        'files:' || lines.channel || ':' || lines.platform_order_id || ':' || lines.platform_line_id as order_line_id,
        'files' as platform,
        lines.channel as account_id,
        coalesce(accounts.entity_id, '{{ var("default_entity") }}') as entity_id,
        lines.line_type,
        lines.sku,
        lines.quantity,
        lines.net_minor,
        lines.tax_minor,
        case when lines.is_restocked then 'restocked' else 'not_restocked' end as restock_type,
        lines.currency_code
    from lines
    left join accounts on accounts.platform = 'files' and accounts.account_id = lines.channel
)

select * from mapped
