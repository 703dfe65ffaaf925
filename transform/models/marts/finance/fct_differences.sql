with

differences as (
    {%- for model in [
        'fct_tender_differences', 'fct_charge_differences', 'fct_settlement_differences', 'fct_bank_differences',
        'fct_recognition_differences', 'fct_book_differences', 'fct_clearing_differences',
    ] %}
    select
        difference_id, entity_id, period_month, currency_code, bridge, from_system, to_system, reason_code, order_id,
        reference, amount_minor, evidence
    from {{ ref(model) }}
    {{ 'union all' if not loop.last }}
    {%- endfor %}
)

select * from differences
