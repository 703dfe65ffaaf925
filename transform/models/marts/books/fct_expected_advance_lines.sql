with

advances as (
    select * from {{ ref('fct_expected_advances') }}
),

entries as (
    {%- for place, item, account, amount, label in [
        (1, 'Deferred revenue', '2300', 'deferred_minor', 'Paid before it is sent'),
        (2, 'Sales tax', '2100', 'tax_minor', 'Sales tax due when it is paid'),
        (3, 'Overpayment', '2330', 'overpaid_minor', 'Paid beyond the order'),
        (4, 'Gift card', '2200', "case tender_account_number when '2200' then -paid_minor else 0 end", 'Paid with a gift card'),
        (5, 'Store credit', '2210', "case tender_account_number when '2210' then -paid_minor else 0 end", 'Paid with store credit'),
        (6, 'Manual payment', '1140', "case tender_account_number when '1140' then -paid_minor else 0 end", 'Paid outside the processor'),
        (7, 'Fee', '6000', '-fee_minor', 'Processing fee'),
    ] %}
    select document_key, {{ place }} as place, '{{ item }}' as item_name, '{{ account }}' as account_number, '{{ label }}' as line_description,
        {{ amount }} as line_amount_minor
    from advances
    {{ 'union all' if not loop.last }}
    {%- endfor %}
)

select
    document_key,
    cast(row_number() over (partition by document_key order by place) as bigint) as line_number,
    item_name, account_number, line_description, cast(line_amount_minor as bigint) as line_amount_minor
from entries
where line_amount_minor != 0
