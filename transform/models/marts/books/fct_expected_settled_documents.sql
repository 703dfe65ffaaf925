-- What moves no bank account is an invoice that its own lines settle, in books that take no journals: an order or an advance paid by gift card
-- or outside the processor, goods that leave after they were paid, what had come back of them before, a correction without money.
with

policies as (
    select order_id, booking_policy from {{ ref('fct_order_book_policies') }}
),

sales as (
    select
        document_key, order_id, entity_id, channel, customer_name, document_number, document_date, currency_code, is_in_books, 1 as sign,
        case when advance_minor + advance_tax_minor > 0 then 'Sent on ' else 'Sold on ' end || cast(document_date as varchar)
            || case when advance_minor + advance_tax_minor > 0 then ', paid in advance' else ', paid without a processor' end as occasion
    from {{ ref('fct_expected_sales_receipts') }}
    where held_back_reason is null and total_minor = 0
),

advances as (
    select document_key, order_id, entity_id, channel, customer_name, document_number, document_date, currency_code, is_in_books, 1,
        'Paid in advance on ' || cast(document_date as varchar) || ', without a processor'
    from {{ ref('fct_expected_advances') }}
    where held_back_reason is null and total_minor = 0
),

returns as (
    select document_key, order_id, entity_id, channel, customer_name, document_number, document_date, currency_code, is_in_books, -1,
        'Sent on ' || cast(document_date as varchar) || ', without what had come back'
    from {{ ref('fct_expected_refund_receipts') }}
    where held_back_reason is null and gives_back = 'released'
),

per_order as (
    select * from sales
    union all
    select * from advances
    union all
    select * from returns
),

per_day as (
    select
        document_key, document_key as order_id, entity_id, channel, customer_name, document_number, document_date, currency_code, is_in_books,
        case document_type when 'sales_receipt' then 1 else -1 end,
        cast(documents as varchar) || ' orders of ' || cast(document_date as varchar) || ' in one document'
    from {{ ref('fct_expected_receipt_summaries') }}
    inner join {{ ref('dim_posting_accounts') }} as accounts using (entity_id)
    where held_back_reason is null and total_minor = 0 and deposit_account_number = accounts.clearing
),

corrections as (
    select
        document_key, order_id, entity_id, channel, customer_name, document_number, document_date, currency_code, false, 1,
        'SRC-07, ' || cause || ' after ' || period_month || ' was closed'
    from {{ ref('fct_expected_corrections') }}
    where held_back_reason is null and clearing_minor = 0
),

entries as (
    select
        transactions.document_key, transactions.document_key as order_id, transactions.entity_id, transactions.platform as channel, transactions.platform as customer_name,
        documents.document_number, transactions.document_date, transactions.currency_code, transactions.is_in_books, 1,
        documents.title || ' on ' || cast(transactions.document_date as varchar)
    from {{ ref('fct_expected_bank_transactions') }} as transactions
    inner join {{ ref('fct_expected_journal_documents') }} as documents using (document_key)
    where transactions.held_back_reason = 'not_through_clearing'
),

documents as (
    select per_order.*
    from per_order
    inner join policies using (order_id)
    where policies.booking_policy = 'per_order'
    union all
    select * from per_day
    union all
    select * from corrections
    union all
    select * from entries
)

select
    document_key, order_id, entity_id, channel, 'channel:' || entity_id || ':' || channel as customer_key, customer_name, document_number,
    document_date, currency_code, is_in_books, cast(sign as bigint) as sign, occasion
from documents
