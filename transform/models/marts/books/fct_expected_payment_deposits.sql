with settlements as (
    select * from {{ ref('fct_invoice_settlements') }} where bank_line_id is not null
),

payments as (
    select * from {{ ref('fct_expected_payments') }} where bank_line_id is not null
),

invoices as (
    select * from {{ ref('fct_expected_invoices') }}
),

booked as (
    select distinct entity_id, memo
    from {{ ref('can_book_documents') }}
    where memo is not null and document_type = 'deposit' and not is_deleted
),

keyed as (
    select *, 'je:' || entity_id || ':' || bank_line_id || ':banked:0' as deposit_key from settlements
),

deposits as (
    select
        keyed.deposit_key as document_key,
        keyed.bank_line_id,
        keyed.entity_id,
        invoices.document_number as payment_reference,
        keyed.bank_value_date as document_date,
        accounts.bank as deposit_account_number,
        keyed.amount_minor as total_minor,
        payments.document_key as payment_key,
        coalesce(payments.is_in_books, false) as is_payment_in_books,
        payments.platform_document_id as payment_document_id,
        coalesce(payments.total_minor, 0) as payment_minor,
        keyed.left_over_minor as overpaid_minor,
        keyed.currency_code,
        booked.memo is not null as is_in_books,
        case
            when invoices.held_back_reason is not null then 'invoice_held_back'
            when keyed.bank_value_date < cast('{{ var("books_from", "2026-10-01") }}' as date) then 'before_books_from'
            when payments.held_back_reason is not null then 'payment_held_back'
        end as held_back_reason
    from keyed
    inner join {{ ref('dim_posting_accounts') }} as accounts on keyed.entity_id = accounts.entity_id
    inner join invoices on keyed.document_key = invoices.document_key
    left join payments on keyed.settlement_key = payments.settlement_key
    left join booked on keyed.entity_id = booked.entity_id and keyed.deposit_key = booked.memo
)

select * from deposits
