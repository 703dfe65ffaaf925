with

flow_runs as (
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
    from {{ ref('stg_ledger__flow_runs') }}
)

select * from flow_runs
