with

source as (
    select * from {{ source('raw_ledger', 'exceptions') }}
),

renamed as (
    select
        exception_id,
        root_cause,
        severity,
        exception_status,
        code as error_code,
        kind as error_kind,
        sync,
        destination,
        record_key,
        delivery_id,
        plan_id,
        money_minor,
        currency_code,
        message as error_message,
        owner,
        occurrences,
        {{ utc_timestamp('opened_at') }} as opened_at,
        {{ utc_timestamp('seen_at') }} as last_seen_at,
        {{ utc_timestamp('snoozed_until') }} as snoozed_until,
        {{ utc_timestamp('ended_at') }} as ended_at,
        ended_by,
        ended_because
    from source
)

select * from renamed
