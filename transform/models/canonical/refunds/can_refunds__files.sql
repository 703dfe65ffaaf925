with

lines as (
    select * from {{ ref('stg_files__refunds') }}
),

accounts as (
    select * from {{ ref('accounts') }}
),

entities as (
    select * from {{ ref('entities') }}
),

-- One refund is one moment, one order, one tender: rows that share a refund_id differ only in what came back.
refunds as (
    select
        channel,
        platform_refund_id,
        coalesce(min(platform_order_id), platform_refund_id) as platform_order_id,
        min(refunded_at) as refunded_at,
        min(tender_type) as tender_type,
        min(currency_code) as currency_code,
        {{ sum_minor('net_minor + tax_minor') }} as amount_minor
    from lines
    group by channel, platform_refund_id
),

mapped as (
    select
        'files:' || refunds.channel || ':' || refunds.platform_refund_id as refund_id,
        'files:' || refunds.channel || ':' || refunds.platform_order_id as order_id,
        'files' as platform,
        refunds.channel as account_id,
        coalesce(accounts.entity_id, '{{ var("default_entity") }}') as entity_id,
        refunds.platform_refund_id,
        refunds.refunded_at,
        {{ local_date('refunds.refunded_at', "coalesce(entities.time_zone, '" ~ var('default_time_zone') ~ "')") }}
            as refund_date,
        'succeeded' as refund_status,
        refunds.tender_type,
        refunds.amount_minor,
        refunds.currency_code,
        cast(null as varchar) as processor_reference,
        cast(null as varchar) as reason
    from refunds
    left join accounts on accounts.platform = 'files' and accounts.account_id = refunds.channel
    left join entities on coalesce(accounts.entity_id, '{{ var("default_entity") }}') = entities.entity_id
)

select * from mapped
