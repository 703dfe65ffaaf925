with

refund_lines as (
    select * from {{ ref('stg_woocommerce__refund_lines') }}
),

refunds as (
    select * from {{ ref('stg_woocommerce__refunds') }}
),

accounts as (
    select * from {{ ref('accounts') }}
),

itemised as (
    select account_id, platform_refund_id, {{ sum_minor('net_minor + tax_minor') }} as itemised_minor
    from refund_lines
    group by account_id, platform_refund_id
),

-- An amount given back without saying for what: allowed by the platform, and then an adjustment here.
rests as (
    select
        refunds.account_id, refunds.platform_order_id, refunds.platform_refund_id, 'adjustment' as platform_refund_line_id,
        cast(null as varchar) as platform_line_id, 'adjustment' as line_type, cast(null as varchar) as sku, cast(0 as bigint) as quantity,
        refunds.currency_code, refunds.amount_minor - coalesce(itemised.itemised_minor, 0) as net_minor, cast(0 as bigint) as tax_minor
    from refunds
    left join itemised
        on refunds.account_id = itemised.account_id and refunds.platform_refund_id = itemised.platform_refund_id
    where refunds.amount_minor <> coalesce(itemised.itemised_minor, 0)
),

parts as (
    select
        account_id, platform_order_id, platform_refund_id, platform_refund_line_id, platform_line_id, line_type, sku, quantity,
        currency_code, net_minor, tax_minor
    from refund_lines
    union all
    select * from rests
),

mapped as (
    select
        'woocommerce:' || parts.account_id || ':' || parts.platform_refund_id || ':' || parts.platform_refund_line_id as refund_line_id,
        'woocommerce:' || parts.account_id || ':' || parts.platform_refund_id as refund_id,
        'woocommerce:' || parts.account_id || ':' || parts.platform_order_id as order_id,
        'woocommerce:' || parts.account_id || ':' || parts.platform_line_id as order_line_id,
        'woocommerce' as platform,
        parts.account_id,
        coalesce(accounts.entity_id, '{{ var("default_entity") }}') as entity_id,
        parts.line_type,
        parts.sku,
        parts.quantity,
        parts.net_minor,
        parts.tax_minor,
        -- Whether goods went back on the shelf is asked when refunding and not kept; a stock level tells, a refund does not.
        'not_restocked' as restock_type,
        parts.currency_code
    from parts
    left join accounts
        on accounts.platform = 'woocommerce' and parts.account_id = accounts.account_id
)

select * from mapped
