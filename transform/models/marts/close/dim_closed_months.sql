with

closes as (
    select * from {{ ref('can_closes') }}
)

select close_id, entity_id, period_month, closed_at, closed_by, because, snapshot, rules_digest
from closes
