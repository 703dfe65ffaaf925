select
    check_code,
    cast(position as bigint) as position,
    cast(step as bigint) as step,
    step_name,
    claim,
    source_table,
    is_blocking,
    is_acceptable,
    what_to_do
from {{ ref('close_checks') }}
