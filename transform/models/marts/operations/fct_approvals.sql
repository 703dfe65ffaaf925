with

approvals as (
    select * from {{ ref('can_approvals') }}
)

select
    plan_id,
    approved_by,
    plan_hash,
    because,
    approved_at
from approvals
