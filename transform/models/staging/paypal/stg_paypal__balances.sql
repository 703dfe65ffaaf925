with

source as (
    select * from {{ source('raw_paypal', 'balances') }}
),

parts as (
    select source.account_id, source.as_of_time, items.item
    from source
    cross join {{ json_items('source.balances') }}
),

renamed as (
    select
        account_id,
        {{ json_text('item', 'currency') }} as currency_code,
        {{ to_minor(json_text('item', 'total_balance.value'), json_text('item', 'currency')) }} as total_minor,
        {{ to_minor(json_text('item', 'available_balance.value'), json_text('item', 'currency')) }} as available_minor,
        {{ to_minor(json_text('item', 'withheld_balance.value'), json_text('item', 'currency')) }} as withheld_minor,
        {{ utc_timestamp('as_of_time') }} as as_of_at
    from parts
)

select * from renamed
