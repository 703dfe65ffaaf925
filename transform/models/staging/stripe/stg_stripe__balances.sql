with

source as (
    select * from {{ source('raw_stripe', 'balance') }}
),

available as (
    select source.account_id, source.read_at, source._dlt_load_id, 'available' as part, items.item
    from source
    cross join {{ json_items('source.available') }}
),

pending as (
    select source.account_id, source.read_at, source._dlt_load_id, 'pending' as part, items.item
    from source
    cross join {{ json_items('source.pending') }}
),

parts as (
    select * from available
    union all
    select * from pending
),

renamed as (
    select
        account_id,
        part as balance_part,
        upper({{ json_text('item', 'currency') }}) as currency_code,
        {{ stripe_to_minor(json_text('item', 'amount'), 'upper(' ~ json_text('item', 'currency') ~ ')') }} as amount_minor,
        -- An answer without a Date header is dated by its load.
        coalesce(
            {{ utc_timestamp('read_at') }},
            {{ epoch_timestamp('cast(_dlt_load_id as decimal(20, 6))') }}
        ) as as_of_at
    from parts
)

select * from renamed
