with

documents as (
    select *, upper(replace(trim(document_number), '#', '')) as number_key, {{ corrected_key('memo') }} as event_key,
        case when document_type in ('sales_receipt', 'invoice') then 'sale'
            when document_type in ('refund_receipt', 'credit_memo') then 'refund' end as event_type
    from {{ ref('can_book_documents') }}
    where document_type != 'unmapped'
),

revenue_accounts as (
    select cast(account_number as varchar) as account_number
    from {{ ref('chart_of_accounts') }}
    where account_type in ('income', 'contra_income')
),

postings as (
    select
        book_lines.document_id,
        {{ sum_minor('case when revenue_accounts.account_number is not null then -book_lines.signed_minor else 0 end') }} as revenue_minor,
        {{ sum_minor("case when book_lines.account_number = accounts.tax then -book_lines.signed_minor else 0 end") }} as tax_minor,
        {{ sum_minor("case when book_lines.account_number = accounts.discount then book_lines.signed_minor else 0 end") }} as discount_minor,
        {{ sum_minor("case when book_lines.account_number = accounts.tender_gift_card and book_lines.signed_minor < 0 then -book_lines.signed_minor else 0 end") }} as gift_card_minor
    from {{ ref('can_book_lines') }} as book_lines
    left join {{ ref('dim_posting_accounts') }} as accounts on book_lines.entity_id = accounts.entity_id
    left join revenue_accounts on book_lines.account_number = revenue_accounts.account_number
    group by book_lines.document_id
),

-- What a document of the books provides for returns is no revenue that happened; beyond that it is a document like any other.
provided as (
    select lines.entry_id, lines.currency_code, -{{ sum_minor('lines.signed_minor') }} as revenue_minor
    from {{ ref('fct_returns_provision_lines') }} as lines
    inner join revenue_accounts using (account_number)
    group by lines.entry_id, lines.currency_code
),

events as (
    select * from {{ ref('fct_book_events') }}
),

-- Two orders with one number prove nothing about a document that bears it.
unique_numbers as (
    select entity_id, event_type, currency_code, number_key, min(book_event_id) as book_event_id
    from events
    where number_key is not null
    group by entity_id, event_type, currency_code, number_key
    having count(*) = 1
),

-- Our own key in the memo is proof, that of a correction too; the number is what people type.
matched as (
    select
        documents.document_id, documents.platform_document_id, documents.entity_id, documents.document_type, documents.document_number,
        documents.document_date, {{ month_key('documents.document_date') }} as document_month,
        documents.currency_code, documents.is_deleted, documents.memo, coalesce(documents.memo like 'je:%:correct', false) as is_correction,
        coalesce(keyed.book_event_id, unique_numbers.book_event_id) as book_event_id,
        case when keyed.book_event_id is not null then 1 when unique_numbers.book_event_id is not null then 2 end as match_strength,
        coalesce(postings.revenue_minor, 0) - coalesce(provided.revenue_minor, 0) as booked_revenue_minor,
        coalesce(postings.tax_minor, 0) as booked_tax_minor,
        coalesce(postings.discount_minor, 0) as booked_discount_minor,
        coalesce(postings.gift_card_minor, 0) as booked_gift_card_minor
    from documents
    left join postings using (document_id)
    left join provided
        on documents.memo = provided.entry_id
        and documents.currency_code = provided.currency_code
    left join events as keyed
        on documents.event_key = keyed.book_event_id
        and documents.currency_code = keyed.currency_code
    left join unique_numbers
        on documents.entity_id = unique_numbers.entity_id
        and documents.event_type = unique_numbers.event_type
        and documents.currency_code = unique_numbers.currency_code
        and documents.number_key = unique_numbers.number_key
),

numbered as (
    select
        document_id, entity_id, document_type, document_number, document_date, document_month, currency_code, is_deleted, is_correction,
        book_event_id, cast(match_strength as bigint) as match_strength,
        cast(row_number() over (
            partition by coalesce(book_event_id, entity_id), is_deleted order by match_strength nulls last, document_date, platform_document_id, document_id
        ) as bigint) as nth,
        booked_revenue_minor, booked_tax_minor, booked_discount_minor, booked_gift_card_minor
    from matched
)

select * from numbered
