with

source as (
    select * from {{ source('raw_ledger', 'flow_runs') }}
),

renamed as (
    select
        run_id,
        flow,
        plan_id,
        {{ utc_timestamp('started_at') }} as started_at,
        {{ utc_timestamp('finished_at') }} as finished_at,
        accepted,
        rejected,
        in_doubt,
        waiting,
        requests,
        stopped_code,
        stopped as stopped_message
    from source
)

select * from renamed
