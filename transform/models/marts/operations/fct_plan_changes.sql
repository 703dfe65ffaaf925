with

plan_changes as (
    select * from {{ ref('can_plan_changes') }}
),

deliveries as (
    select * from {{ ref('can_deliveries') }}
)

select
    plan_changes.delivery_id,
    plan_changes.change_number,
    plan_changes.plan_id,
    plan_changes.sync,
    deliveries.destination,
    plan_changes.record_key,
    plan_changes.action,
    plan_changes.field_name,
    plan_changes.before_value,
    plan_changes.after_value,
    deliveries.delivery_status,
    deliveries.reason,
    deliveries.source_key,
    plan_changes.planned_at,
    deliveries.status_changed_at
from plan_changes
inner join deliveries on plan_changes.delivery_id = deliveries.delivery_id
