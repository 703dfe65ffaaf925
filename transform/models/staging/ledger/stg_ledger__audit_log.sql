with

source as (
    select * from {{ source('raw_ledger', 'audit_log') }}
),

renamed as (
    select
        number as audit_number,
        {{ utc_timestamp('happened_at') }} as happened_at,
        who as decided_by,
        action,
        subject,
        because,
        details,
        digest,
        previous_digest
    from source
)

select * from renamed
