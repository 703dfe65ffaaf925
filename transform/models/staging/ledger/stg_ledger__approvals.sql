with

source as (
    select * from {{ source('raw_ledger', 'approvals') }}
),

renamed as (
    select
        plan_id,
        approved_by,
        plan_hash,
        because,
        {{ utc_timestamp('approved_at') }} as approved_at
    from source
)

select * from renamed
