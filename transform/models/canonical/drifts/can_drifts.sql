with

drifts as (
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
        found_at,
        chosen_at
    from {{ ref('stg_ledger__drifts') }}
)

select * from drifts
