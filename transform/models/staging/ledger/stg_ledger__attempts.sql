with

source as (
    select * from {{ source('raw_ledger', 'attempts') }}
),

renamed as (
    select
        attempt_id,
        delivery_id,
        purpose,
        result as attempt_result,
        code as error_code,
        http_status,
        provider_request_id,
        {{ utc_timestamp('started_at') }} as started_at,
        {{ utc_timestamp('finished_at') }} as finished_at
    from source
)

select * from renamed
