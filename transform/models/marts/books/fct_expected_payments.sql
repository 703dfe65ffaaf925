with invoices as (
    select * from {{ ref('fct_expected_invoices') }}
),

settlements as (
    select * from {{ ref('fct_invoice_settlements') }} where applied_minor > 0
),

booked as (
    select entity_id, memo, min(platform_document_id) as platform_document_id
    from {{ ref('can_book_documents') }}
    where memo is not null and document_type = 'payment' and not is_deleted
    group by entity_id, memo
),

-- A payment somebody entered on the invoice may be this very money: only a person can tell.
paid_by_hand as (
    select distinct links.linked_document_id
    from {{ ref('can_book_links') }} as links
    inner join {{ ref('can_book_documents') }} as documents on links.document_id = documents.document_id
    where links.linked_type = 'invoice' and documents.document_type = 'payment' and not documents.is_deleted
        and coalesce(documents.memo, '') not like 'je:%'
),

held as (
    select documents.entity_id, documents.platform_document_id, paid_by_hand.linked_document_id
    from {{ ref('can_book_documents') }} as documents
    inner join paid_by_hand on documents.document_id = paid_by_hand.linked_document_id
),

-- A refund that somebody booked in another way has no credit note to apply.
credited_by_hand as (
    select refund_id from {{ ref('fct_expected_credit_notes') }} where is_in_books and platform_document_id is null
),

keyed as (
    select
        settlements.*,
        'je:' || settlements.entity_id || ':' || settlements.source_key
            || case when settlements.settlement_type = 'credited' then ':applied:0' else ':received:0' end as payment_key
    from settlements
),

payments as (
    select
        keyed.payment_key as document_key,
        keyed.settlement_key,
        keyed.settlement_type,
        keyed.document_key as invoice_key,
        keyed.entity_id,
        keyed.order_id,
        keyed.settled_date as document_date,
        invoices.document_number as payment_reference,
        invoices.customer_key,
        invoices.customer_name,
        -- A processor's money waits in clearing; any other in undeposited funds, until the bank shows it.
        case when keyed.tender_type = 'card' and keyed.settlement_type = 'received' then accounts.clearing else accounts.tender_manual end
            as deposit_account_number,
        case when keyed.settlement_type = 'credited' then 0 else keyed.applied_minor end as total_minor,
        keyed.applied_minor,
        keyed.discount_minor,
        keyed.bank_line_id,
        keyed.currency_code,
        booked.memo is not null as is_in_books,
        booked.platform_document_id,
        case
            when invoices.held_back_reason is not null then 'invoice_held_back'
            when keyed.settled_date < cast('{{ var("books_from", "2026-10-01") }}' as date) then 'before_books_from'
            when held.linked_document_id is not null and booked.memo is null then 'paid_by_hand'
            when credited_by_hand.refund_id is not null and booked.memo is null then 'credited_by_hand'
        end as held_back_reason
    from keyed
    inner join {{ ref('dim_posting_accounts') }} as accounts on keyed.entity_id = accounts.entity_id
    inner join invoices on keyed.document_key = invoices.document_key
    left join booked on keyed.entity_id = booked.entity_id and keyed.payment_key = booked.memo
    left join credited_by_hand on keyed.refund_id = credited_by_hand.refund_id
    left join held
        on keyed.entity_id = held.entity_id and invoices.platform_document_id = held.platform_document_id
)

select * from payments
