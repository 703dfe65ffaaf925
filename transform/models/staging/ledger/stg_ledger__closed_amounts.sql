with

source as (
    select * from {{ source('raw_ledger', 'closed_amounts') }}
),

renamed as (
    select
        close_id,
        entity_id,
        period_month,
        table_name,
        measure,
        row_key,
        currency_code,
        amount_minor,
        order_id,
        refund_id
    from source
)

select * from renamed
