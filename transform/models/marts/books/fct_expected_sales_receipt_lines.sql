with receipts as (
    select * from {{ ref('fct_expected_sales_receipts') }} where captured_minor > 0
),

sold as (
    {{ order_document_lines('receipts') }}
),

deductions as (
    {%- for place, item, account, column, label in [
        (10, 'Gift card', 'tender_gift_card', 'gift_card_minor', 'Paid with a gift card'),
        (11, 'Store credit', 'tender_store_credit', 'store_credit_minor', 'Paid with store credit'),
        (12, 'Manual payment', 'tender_manual', 'manual_minor', 'Paid outside the processor'),
        (13, 'Fee', 'fee_processing', 'fee_minor', 'Processing fee'),
        (14, 'Deferred revenue', 'deferred', 'advance_minor', 'Paid before it was sent'),
        (15, 'Sales tax', 'tax', 'advance_tax_minor', 'Sales tax that was due when it was paid'),
    ] %}
    select document_key, {{ place }} as place, '' as place_key, '{{ item }}' as item_name, accounts.{{ account }} as account_number,
        '{{ label }}' as line_description, -{{ column }} as line_amount_minor
    from receipts
    inner join {{ ref('dim_posting_accounts') }} as accounts using (entity_id)
    {% if not loop.last %}union all{% endif %}
    {%- endfor %}
),

entries as (
    select * from sold
    union all
    select * from deductions
),

lines as (
    select
        document_key,
        cast(row_number() over (partition by document_key order by place, place_key) as bigint) as line_number,
        item_name,
        account_number,
        line_description,
        cast(line_amount_minor as bigint) as line_amount_minor
    from entries
    where line_amount_minor <> 0
)

select * from lines
