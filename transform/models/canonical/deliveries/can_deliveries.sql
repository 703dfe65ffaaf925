with

deliveries as (
    select * from {{ ref('stg_ledger__deliveries') }}
),

attempts as (
    select
        delivery_id,
        cast(count(*) as bigint) as attempts,
        max(finished_at) as last_answer_at
    from {{ ref('stg_ledger__attempts') }}
    group by delivery_id
),

counted as (
    select
        deliveries.delivery_id,
        deliveries.plan_id,
        deliveries.sync,
        deliveries.destination,
        deliveries.record_key,
        deliveries.action,
        deliveries.delivery_status,
        deliveries.reason,
        deliveries.source_key,
        deliveries.money_minor,
        deliveries.currency_code,
        deliveries.error_code,
        deliveries.destination_record_id,
        coalesce(attempts.attempts, 0) as attempts,
        deliveries.planned_at,
        deliveries.status_changed_at,
        attempts.last_answer_at,
        deliveries.heard_at,
        deliveries.happened_at,
        deliveries.acknowledged_at
    from deliveries
    left join attempts on deliveries.delivery_id = attempts.delivery_id
)

select * from counted
