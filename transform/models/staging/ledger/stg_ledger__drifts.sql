with

source as (
    select * from {{ source('raw_ledger', 'drifts') }}
),

renamed as (
    select
        sync,
        record_key,
        field,
        accepted_value,
        observed_value,
        wanted_value,
        choice,
        chosen_by,
        because,
        {{ utc_timestamp('found_at') }} as found_at,
        {{ utc_timestamp('chosen_at') }} as chosen_at
    from source
)

select * from renamed
