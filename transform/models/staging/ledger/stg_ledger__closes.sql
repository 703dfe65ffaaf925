with

source as (
    select * from {{ source('raw_ledger', 'closes') }}
),

renamed as (
    select
        close_id,
        entity_id,
        period_month,
        {{ utc_timestamp('closed_at') }} as closed_at,
        closed_by,
        because,
        snapshot,
        rules_digest
    from source
)

select * from renamed
