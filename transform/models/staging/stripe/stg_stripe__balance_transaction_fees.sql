with

source as (
    select * from {{ source('raw_stripe', 'balance_transactions') }}
),

unnested as (
    select
        source.account_id,
        source.id as platform_movement_id,
        items.item_number as fee_number,
        items.item as fee
    from source
    cross join {{ json_items('source.fee_details') }}
),

renamed as (
    select
        account_id,
        platform_movement_id,
        cast(fee_number as bigint) as fee_number,
        {{ json_text('fee', 'type') }} as platform_fee_type,
        {{ json_text('fee', 'description') }} as description,
        upper({{ json_text('fee', 'currency') }}) as currency_code,
        {{ stripe_to_minor(json_text('fee', 'amount'), 'upper(' ~ json_text('fee', 'currency') ~ ')') }} as amount_minor
    from unnested
)

select * from renamed
