with

deliveries as (
    select * from {{ ref('can_deliveries') }}
)

select
    delivery_id,
    plan_id,
    sync,
    destination,
    record_key,
    action,
    delivery_status,
    reason,
    source_key,
    money_minor,
    currency_code,
    error_code,
    destination_record_id,
    attempts,
    planned_at,
    status_changed_at,
    last_answer_at,
    heard_at,
    happened_at,
    acknowledged_at,
    {{ milliseconds_between('heard_at', 'acknowledged_at') }} as latency_ms,
    -- What was sent before the ledger knew when an event happened counts from when it was heard.
    {{ milliseconds_between('coalesce(happened_at, heard_at)', 'acknowledged_at') }} as exposed_ms
from deliveries
