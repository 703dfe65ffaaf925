with

audit_log as (
    select
        audit_number,
        happened_at,
        decided_by,
        action,
        subject,
        because,
        details,
        digest,
        previous_digest
    from {{ ref('stg_ledger__audit_log') }}
)

select * from audit_log
