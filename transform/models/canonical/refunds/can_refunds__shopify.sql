with

refunds as (
    select * from {{ ref('stg_shopify__refunds') }}
),

legs as (
    select
        *,
        row_number() over (
            partition by account_id, platform_refund_id
            order by case when payment_status = 'failed' then 1 else 0 end, amount_minor desc, platform_payment_id
        ) as leg_number
    from {{ ref('stg_shopify__refund_transactions') }}
    where payment_type = 'refund'
),

-- What the merchant decided to give back is not what moved: money is counted from the refund's own transactions.
moved as (
    select
        account_id,
        platform_refund_id,
        {{ sum_minor("case when payment_status = 'failed' then 0 else amount_minor end") }} as amount_minor,
        {{ sum_minor('amount_minor') }} as attempted_minor,
        count(*) as legs,
        count(case when payment_status = 'failed' then 1 end) as failed_legs,
        count(case when payment_status = 'pending' then 1 end) as pending_legs,
        count(case when payment_status = 'unmapped' then 1 end) as unmapped_legs
    from legs
    group by account_id, platform_refund_id
),

accounts as (
    select * from {{ ref('accounts') }}
),

entities as (
    select * from {{ ref('entities') }}
),

mapped as (
    select
        'shopify:' || refunds.account_id || ':' || refunds.platform_refund_id as refund_id,
        'shopify:' || refunds.account_id || ':' || refunds.platform_order_id as order_id,
        'shopify' as platform,
        refunds.account_id,
        coalesce(accounts.entity_id, '{{ var("default_entity") }}') as entity_id,
        refunds.platform_refund_id,
        refunds.refunded_at,
        {{ local_date('refunds.refunded_at', "coalesce(entities.time_zone, '" ~ var('default_time_zone') ~ "')") }} as refund_date,
        case
            when moved.unmapped_legs > 0 then 'unmapped'
            when moved.failed_legs = moved.legs then 'failed'
            when moved.pending_legs > 0 then 'pending'
            else 'succeeded'
        end as refund_status,
        coalesce(legs.tender_type, 'other') as tender_type,
        cast(case when moved.failed_legs = moved.legs then moved.attempted_minor else coalesce(moved.amount_minor, 0) end as bigint) as amount_minor,
        refunds.currency_code,
        coalesce(legs.refund_reference, legs.charge_reference) as processor_reference,
        refunds.reason
    from refunds
    left join moved
        on refunds.account_id = moved.account_id and refunds.platform_refund_id = moved.platform_refund_id
    left join legs
        on refunds.account_id = legs.account_id and refunds.platform_refund_id = legs.platform_refund_id and legs.leg_number = 1
    left join accounts
        on accounts.platform = 'shopify' and refunds.account_id = accounts.account_id
    left join entities
        on coalesce(accounts.entity_id, '{{ var("default_entity") }}') = entities.entity_id
)

select * from mapped
