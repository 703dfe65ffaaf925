with deposits as (
    select * from {{ ref('fct_expected_payment_deposits') }}
),

entries as (
    select document_key, 1 as place, '1140' as account_number, payment_key as linked_key, payment_document_id as linked_document_id,
        'Paid on invoice ' || payment_reference as line_description, payment_minor as line_amount_minor
    from deposits
    where payment_minor > 0
    union all
    select document_key, 2, '2330', null, null, 'Paid beyond invoice ' || payment_reference, overpaid_minor
    from deposits
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
