with

refunds as (
    select * from {{ ref('stg_woocommerce__refunds') }}
),

payments as (
    select order_id, tender_type, processor_reference
    from {{ ref('can_order_payments__woocommerce') }}
    where tender_type <> 'gift_card'
),

accounts as (
    select * from {{ ref('accounts') }}
),

entities as (
    select * from {{ ref('entities') }}
),

keyed as (
    select
        refunds.*,
        'woocommerce:' || refunds.account_id || ':' || refunds.platform_order_id as order_id,
        coalesce(accounts.entity_id, '{{ var("default_entity") }}') as entity_id
    from refunds
    left join accounts
        on accounts.platform = 'woocommerce' and refunds.account_id = accounts.account_id
),

mapped as (
    select
        'woocommerce:' || keyed.account_id || ':' || keyed.platform_refund_id as refund_id,
        keyed.order_id,
        'woocommerce' as platform,
        keyed.account_id,
        keyed.entity_id,
        keyed.platform_refund_id,
        keyed.refunded_at,
        {{ local_date('keyed.refunded_at', "coalesce(entities.time_zone, '" ~ var('default_time_zone') ~ "')") }} as refund_date,
        -- A refund is written down once its money has gone; the platform has no word for one that is under way.
        'succeeded' as refund_status,
        case when keyed.is_refunded_by_gateway then coalesce(payments.tender_type, 'other') else 'manual' end as tender_type,
        keyed.amount_minor,
        keyed.currency_code,
        coalesce(
            keyed.refund_reference,
            case when keyed.is_refunded_by_gateway then payments.processor_reference end
        ) as processor_reference,
        keyed.reason
    from keyed
    left join payments on keyed.order_id = payments.order_id
    left join entities on keyed.entity_id = entities.entity_id
)

select * from mapped
