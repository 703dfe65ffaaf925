with

closed_amounts as (
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
    from {{ ref('stg_ledger__closed_amounts') }}
)

select * from closed_amounts
