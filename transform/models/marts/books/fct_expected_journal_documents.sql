-- To book other entries as journals, change this one step: a document is whatever shares a key in its lines.
with lines as (
    select * from {{ ref('fct_expected_journal_lines') }}
),

documents as (
    select
        document_key, entity_id, document_date, currency_code,
        min(movement_id) as movement_id,
        right(min(platform_movement_id), 21) as document_number,
        min(case when line_number = 1 then line_description end) as title,
        {{ sum_minor("case when side = 'debit' then line_amount_minor else 0 end") }} as total_minor,
        {{ sum_minor("case when side = 'debit' then line_amount_minor else -line_amount_minor end") }} as out_of_balance_minor,
        bool_or(coalesce(account_number, 'unmapped') = 'unmapped') as is_unmapped
    from lines
    group by document_key, entity_id, document_date, currency_code
),

booked as (
    select distinct entity_id, memo
    from {{ ref('can_book_documents') }}
    where memo is not null and not is_deleted
),

journals as (
    select
        documents.document_key, documents.entity_id, documents.movement_id, documents.document_number, documents.document_date,
        documents.title, documents.total_minor, documents.currency_code,
        booked.memo is not null as is_in_books,
        case
            when documents.is_unmapped then 'unmapped_account'
            when documents.out_of_balance_minor <> 0 then 'lines_do_not_add_up'
            when documents.document_date < cast('{{ var("books_from", "2026-10-01") }}' as date) then 'before_books_from'
        end as held_back_reason
    from documents
    left join booked on documents.entity_id = booked.entity_id and documents.document_key = booked.memo
)

select * from journals
