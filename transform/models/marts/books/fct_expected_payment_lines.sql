with payments as (
    select * from {{ ref('fct_expected_payments') }}
),

credit_notes as (
    select * from {{ ref('fct_expected_credit_notes') }}
),

links as (
    select document_key, cast(1 as bigint) as line_number, 'invoice' as linked_type, invoice_key as linked_key,
        applied_minor + discount_minor as line_amount_minor
    from payments
    union all
    select payments.document_key, cast(2 as bigint), 'credit_memo', credit_notes.document_key, payments.discount_minor
    from payments
    inner join {{ ref('fct_invoice_settlements') }} as settlements on payments.settlement_key = settlements.settlement_key
    inner join credit_notes
        on credit_notes.document_key = 'je:' || settlements.entity_id || ':' || settlements.source_key || ':discounted:0'
    where payments.discount_minor > 0
    union all
    select payments.document_key, cast(2 as bigint), 'credit_memo', credit_notes.document_key, payments.applied_minor
    from payments
    inner join {{ ref('fct_invoice_settlements') }} as settlements on payments.settlement_key = settlements.settlement_key
    inner join credit_notes on settlements.refund_id = credit_notes.refund_id
    where payments.settlement_type = 'credited'
),

linked as (
    select
        links.document_key, links.line_number, links.linked_type, links.linked_key,
        coalesce(invoices.platform_document_id, credit_notes.platform_document_id) as linked_document_id,
        case
            when links.linked_type = 'invoice' then invoices.is_in_books
            else credit_notes.is_in_books
        end as is_linked_in_books,
        links.line_amount_minor
    from links
    -- The kind stands inside the key: as a condition beside it, every line would be held against every document.
    left join {{ ref('fct_expected_invoices') }} as invoices
        on case when links.linked_type = 'invoice' then links.linked_key end = invoices.document_key
    left join credit_notes
        on case when links.linked_type = 'credit_memo' then links.linked_key end = credit_notes.document_key
)

select * from linked
