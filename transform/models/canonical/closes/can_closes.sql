with

closes as (
    select
        close_id,
        entity_id,
        period_month,
        closed_at,
        closed_by,
        because,
        snapshot,
        rules_digest
    from {{ ref('stg_ledger__closes') }}
)

select * from closes
