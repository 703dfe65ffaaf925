with

exceptions as (
    select * from {{ ref('can_exceptions') }}
),

-- The queue is as old as the last thing the ledger saw, not as the clock of whoever asks.
moments as (
    select max(status_changed_at) as moment from {{ ref('can_deliveries') }}
    union all
    select max(greatest(last_seen_at, coalesce(ended_at, last_seen_at))) from exceptions
    union all
    select max(finished_at) from {{ ref('can_flow_runs') }}
    union all
    select max(happened_at) from {{ ref('can_audit_log') }}
),

newest as (
    select max(moment) as as_of from moments
),

aged as (
    select
        exceptions.*,
        newest.as_of,
        case when exceptions.exception_status = 'resolved' then exceptions.ended_at else newest.as_of end as aged_until
    from exceptions
    cross join newest
)

select
    exception_id,
    root_cause,
    severity,
    exception_status,
    error_code,
    error_kind,
    sync,
    destination,
    record_key,
    delivery_id,
    plan_id,
    money_minor,
    currency_code,
    error_message,
    owner,
    occurrences,
    opened_at,
    last_seen_at,
    snoozed_until,
    ended_at,
    ended_by,
    ended_because,
    cast(datesub('day', opened_at, aged_until) as bigint) as age_days,
    cast(datesub('hour', opened_at, aged_until) as bigint) as age_hours,
    exception_status = 'open' or (exception_status = 'snoozed' and snoozed_until <= as_of) as is_due
from aged
