with booked as (
    select entity_id, memo, min(total_minor) as booked_total_minor
    from {{ ref('can_book_documents') }}
    where memo is not null and not is_deleted
    group by entity_id, memo
),

summaries as (
    select
        summary_key as document_key, document_type, entity_id, channel, customer_type, document_date, customer_name,
        deposit_account_number, currency_code,
        cast(count(*) as bigint) as documents,
        {{ sum_minor('total_minor') }} as total_minor
    from {{ ref('fct_expected_summary_members') }}
    group by summary_key, document_type, entity_id, channel, customer_type, document_date, customer_name,
        deposit_account_number, currency_code
),

judged as (
    select
        summaries.document_key, summaries.document_type, summaries.entity_id, summaries.channel, summaries.customer_type,
        summaries.document_date,
        case summaries.document_type when 'sales_receipt' then 'S' else 'R' end || left(summaries.customer_type, 1) || '-'
            || right(summaries.deposit_account_number, 4) || '-' || {{ date_digits('summaries.document_date') }} || '-'
            || left({{ digest(['summaries.document_key']) }}, 4) as document_number,
        summaries.customer_name, summaries.deposit_account_number, summaries.currency_code, summaries.documents,
        summaries.total_minor, booked.memo is not null as is_in_books, booked.booked_total_minor,
        case
            -- An order that came after its day was booked: only a person can say how the books get it.
            when booked.memo is not null and booked.booked_total_minor <> summaries.total_minor then 'differs_from_the_books'
        end as held_back_reason
    from summaries
    left join booked on summaries.entity_id = booked.entity_id and summaries.document_key = booked.memo
)

select * from judged
