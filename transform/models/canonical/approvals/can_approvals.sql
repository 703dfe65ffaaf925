with

approvals as (
    select
        plan_id,
        approved_by,
        plan_hash,
        because,
        approved_at
    from {{ ref('stg_ledger__approvals') }}
)

select * from approvals
