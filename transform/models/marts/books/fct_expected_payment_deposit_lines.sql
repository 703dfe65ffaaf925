with deposits as (
    select * from {{ ref('fct_expected_payment_deposits') }}
),

entries as (
    select document_key, 1 as place, accounts.tender_manual as account_number, payment_key as linked_key, payment_document_id as linked_document_id,
        'Paid on invoice ' || payment_reference as line_description, payment_minor as line_amount_minor
    from deposits
    inner join {{ ref('dim_posting_accounts') }} as accounts using (entity_id)
    where payment_minor > 0
    union all
    select document_key, 2, accounts.overpayment, null, null, 'Paid beyond invoice ' || payment_reference, overpaid_minor
    from deposits
    inner join {{ ref('dim_posting_accounts') }} as accounts using (entity_id)
    where overpaid_minor > 0
),

lines as (
    select
        document_key,
        cast(row_number() over (partition by document_key order by place) as bigint) as line_number,
        account_number, linked_key, linked_document_id, line_description,
        cast(line_amount_minor as bigint) as line_amount_minor
    from entries
)

select * from lines
