with

advances as (
    select * from {{ ref('fct_expected_advances') }}
),

entries as (
    {%- for place, item, account, amount, label in [
        (1, 'Deferred revenue', 'deferred', 'deferred_minor', 'Paid before it is sent'),
        (2, 'Sales tax', 'tax', 'tax_minor', 'Sales tax due when it is paid'),
        (3, 'Overpayment', 'overpayment', 'overpaid_minor', 'Paid beyond the order'),
        (4, 'Gift card', 'tender_gift_card', "case tender when 'gift_card' then -paid_minor else 0 end", 'Paid with a gift card'),
        (5, 'Store credit', 'tender_store_credit', "case tender when 'store_credit' then -paid_minor else 0 end", 'Paid with store credit'),
        (6, 'Manual payment', 'tender_manual', "case when tender in ('clearing', 'gift_card', 'store_credit') then 0 else -paid_minor end", 'Paid outside the processor'),
        (7, 'Fee', 'fee_processing', '-fee_minor', 'Processing fee'),
    ] %}
    select document_key, {{ place }} as place, '{{ item }}' as item_name, accounts.{{ account }} as account_number, '{{ label }}' as line_description,
        {{ amount }} as line_amount_minor
    from advances
    inner join {{ ref('dim_posting_accounts') }} as accounts using (entity_id)
    {{ 'union all' if not loop.last }}
    {%- endfor %}
)

select
    document_key,
    cast(row_number() over (partition by document_key order by place) as bigint) as line_number,
    item_name, account_number, line_description, cast(line_amount_minor as bigint) as line_amount_minor
from entries
where line_amount_minor != 0
