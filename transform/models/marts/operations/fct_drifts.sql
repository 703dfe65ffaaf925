with

drifts as (
    select * from {{ ref('can_drifts') }}
)

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
from drifts
