with

differences as (
    {%- for model in [
        'fct_tender_differences', 'fct_charge_differences', 'fct_settlement_differences', 'fct_bank_differences',
        'fct_recognition_differences', 'fct_book_differences', 'fct_clearing_differences', 'fct_close_differences',
        'fct_tax_differences',
    ] %}
    select
        difference_id, entity_id, period_month, currency_code, bridge, from_system, to_system, reason_code, order_id,
        reference, amount_minor, evidence
    from {{ ref(model) }}
    {{ 'union all' if not loop.last }}
    {%- endfor %}
),

reason_codes as (
    select * from {{ ref('reason_codes') }}
),

explained as (
    select
        differences.difference_id,
        differences.entity_id,
        differences.period_month,
        differences.currency_code,
        differences.bridge,
        differences.from_system,
        differences.to_system,
        differences.reason_code,
        reason_codes.meaning as reason,
        differences.order_id,
        differences.reference,
        differences.amount_minor,
        differences.evidence,
        reason_codes.needs_a_human,
        nullif(reason_codes.action, 'none') as suggested_action
    from differences
    left join reason_codes on differences.reason_code = reason_codes.reason_code
)

select * from explained
