with

exceptions as (
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
        ended_because
    from {{ ref('stg_ledger__exceptions') }}
)

select * from exceptions
