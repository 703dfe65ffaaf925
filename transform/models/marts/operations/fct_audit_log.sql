with

audit_log as (
    select * from {{ ref('can_audit_log') }}
)

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
from audit_log
