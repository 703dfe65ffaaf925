with

flow_runs as (
    select * from {{ ref('can_flow_runs') }}
)

select
    run_id,
    flow,
    plan_id,
    started_at,
    finished_at,
    accepted,
    rejected,
    in_doubt,
    waiting,
    requests,
    stopped_code,
    stopped_message
from flow_runs
