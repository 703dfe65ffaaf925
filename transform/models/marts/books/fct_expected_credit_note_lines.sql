with credit_notes as (
    select * from {{ ref('fct_expected_credit_notes') }}
),

returned as (
    select lines.document_key, lines.line_number, lines.item_name, lines.account_number, lines.line_description, lines.line_amount_minor
    from {{ ref('fct_expected_refund_receipt_lines') }} as lines
    inner join credit_notes on lines.document_key = credit_notes.document_key
),

-- Paying early is a discount on what was sold, and so on its tax (J-21).
discounts as (
    select document_key, cast(1 as bigint) as line_number, 'Discount' as item_name, accounts.discount_early_payment as account_number,
        'Discount for paying early' as line_description, total_minor - tax_minor as line_amount_minor
    from credit_notes
    inner join {{ ref('dim_posting_accounts') }} as accounts using (entity_id)
    where credit_type = 'early_payment'
    union all
    select document_key, cast(2 as bigint), 'Sales tax', accounts.tax, 'Sales tax on the discount', tax_minor
    from credit_notes
    inner join {{ ref('dim_posting_accounts') }} as accounts using (entity_id)
    where credit_type = 'early_payment' and tax_minor <> 0
),

lines as (
    select * from returned
    union all
    select * from discounts
)

select * from lines
