with

plan_changes as (
    select * from {{ ref('stg_ledger__plan_changes') }}
)

select
    delivery_id,
    change_number,
    plan_id,
    sync,
    record_key,
    action,
    field_name,
    before_value,
    after_value,
    planned_at
from plan_changes
