with

source as (
    select * from {{ source('raw_ledger', 'plan_changes') }}
),

renamed as (
    select
        delivery_id,
        change_number,
        plan_id,
        sync,
        record_key,
        action,
        field as field_name,
        before_value,
        after_value,
        {{ utc_timestamp('planned_at') }} as planned_at
    from source
)

select * from renamed
