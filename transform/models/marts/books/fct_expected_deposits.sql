with payouts as (
    select * from {{ ref('fct_payouts') }} where payout_status in ('paid', 'in_transit')
),

booked as (
    select entity_id, document_number, memo
    from {{ ref('can_book_documents') }}
    where document_type = 'deposit' and not is_deleted
),

booked_numbers as (
    select distinct entity_id, document_number from booked where document_number is not null
),

booked_memos as (
    select distinct entity_id, memo from booked where memo is not null
),

keyed as (
    select
        payouts.*,
        'je:' || payouts.entity_id || ':' || payouts.payout_id || ':paid:0' as document_key,
        -- The books take at most 21 characters as a number; the end of the platform's id is the part that differs.
        right(payouts.platform_payout_id, 21) as document_number
    from payouts
),

deposits as (
    select
        keyed.document_key,
        keyed.payout_id,
        keyed.entity_id,
        keyed.platform,
        keyed.platform_payout_id,
        keyed.document_number,
        keyed.bank_value_date as document_date,
        accounts.bank as deposit_account_number,
        accounts.clearing as source_account_number,
        keyed.amount_minor as total_minor,
        keyed.currency_code,
        keyed.reference,
        keyed.bank_line_id,
        booked_numbers.document_number is not null or booked_memos.memo is not null as is_in_books,
        case
            when accounts.unmapped is not null then 'unmapped_account'
            when keyed.bank_line_id is null then 'not_seen_at_bank'
            when keyed.bank_value_date < cast('{{ var("books_from", "2026-10-01") }}' as date) then 'before_books_from'
            when keyed.amount_minor <= 0 then 'negative_payout'
        end as held_back_reason
    from keyed
    inner join {{ ref('dim_posting_accounts') }} as accounts on keyed.entity_id = accounts.entity_id
    left join booked_numbers
        on keyed.entity_id = booked_numbers.entity_id and keyed.document_number = booked_numbers.document_number
    left join booked_memos on keyed.entity_id = booked_memos.entity_id and keyed.document_key = booked_memos.memo
)

select * from deposits
