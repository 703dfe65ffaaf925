with

source as (
    select * from {{ source('raw_ledger', 'deliveries') }}
),

renamed as (
    select
        delivery_id,
        plan_id,
        sync,
        destination,
        object,
        record_key,
        action,
        reason,
        source_key,
        money_minor,
        currency_code,
        idempotency_key,
        state as delivery_status,
        code as error_code,
        message as error_message,
        destination_id as destination_record_id,
        {{ utc_timestamp('planned_at') }} as planned_at,
        {{ utc_timestamp('state_at') }} as status_changed_at,
        {{ utc_timestamp('heard_at') }} as heard_at,
        {{ utc_timestamp('happened_at') }} as happened_at,
        {{ utc_timestamp('acknowledged_at') }} as acknowledged_at
    from source
)

select * from renamed
