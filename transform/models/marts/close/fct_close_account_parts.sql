-- Why an account is not the same in ledger and books: each event whose documents, as the books should hold them, post otherwise there.
with

expected as (
    select {{ document_story('document_key') }} as story, entity_id, {{ month_key('document_date') }} as period_month, account_number, currency_code,
        document_number, document_date, is_in_books, held_back_reason, signed_minor
    from {{ ref('fct_expected_document_postings') }}
    -- A payout the bank has not seen has no day yet, and stands in no month.
    where document_date is not null
),

deposits as (
    select entity_id, document_number, min(document_key) as document_key
    from {{ ref('fct_expected_deposits') }}
    group by entity_id, document_number
),

-- A document is about the event whose key its memo bears, else about the one whose number it bears; else about nothing we know.
documents as (
    select booked.document_id, booked.entity_id, booked.document_number, booked.document_date, {{ month_key('booked.document_date') }} as period_month,
        coalesce(
            case when booked.memo like 'je:%' then {{ document_story('booked.memo') }} end, {{ document_story('matches.book_event_id') }},
            {{ document_story('deposits.document_key') }}, booked.document_id
        ) as story
    from {{ ref('can_book_documents') }} as booked
    left join {{ ref('fct_book_matches') }} as matches on booked.document_id = matches.document_id
    left join deposits
        on booked.document_type = 'deposit' and booked.entity_id = deposits.entity_id and booked.document_number = deposits.document_number
    where not booked.is_deleted
),

corrections as (
    select {{ document_story('document_key') }} as story, entity_id, period_month, corrected_month, account_number, currency_code, signed_minor
    from {{ ref('fct_close_corrections') }}
),

sides as (
    select story, entity_id, period_month, account_number, currency_code, signed_minor as expected_minor, cast(0 as bigint) as booked_minor from expected
    union all
    select story, entity_id, period_month, account_number, currency_code, -signed_minor, 0 from corrections
    union all
    select story, entity_id, corrected_month, account_number, currency_code, signed_minor, 0 from corrections
    union all
    select documents.story, documents.entity_id, documents.period_month, coalesce(lines.account_number, 'unmapped'), lines.currency_code, 0, lines.signed_minor
    from documents
    inner join {{ ref('can_book_lines') }} as lines on documents.document_id = lines.document_id
),

stories as (
    select story, entity_id, period_month, account_number, currency_code, {{ sum_minor('expected_minor') }} as expected_minor,
        {{ sum_minor('booked_minor') }} as booked_minor
    from sides
    group by story, entity_id, period_month, account_number, currency_code
    having sum(expected_minor) != sum(booked_minor)
),

wanted as (
    select story, max(document_number) as document_number, min(document_date) as document_date, bool_or(is_in_books) as is_in_books,
        min(held_back_reason) as held_back_reason
    from expected
    group by story
),

found as (
    select story, period_month, count(*) as documents, min(document_number) as document_number, min(document_date) as document_date
    from documents
    group by story, period_month
),

told as (
    select
        stories.entity_id, stories.period_month, stories.account_number, stories.currency_code, stories.story,
        coalesce(wanted.document_number, found.document_number) as document_number, coalesce(found.document_date, wanted.document_date) as document_date,
        cast(coalesce(found.documents, 0) as bigint) as documents,
        case
            when wanted.story is null then 'nobodys'
            when found.documents is not null and {{ month_key('wanted.document_date') }} = stories.period_month then 'differs'
            when found.documents is not null or wanted.is_in_books then 'other_month'
            when wanted.held_back_reason is not null then 'held_back'
            else 'missing'
        end as standing,
        case when not wanted.is_in_books then wanted.held_back_reason end as held_back_reason,
        stories.expected_minor, stories.booked_minor
    from stories
    left join wanted on stories.story = wanted.story
    left join found on stories.story = found.story and stories.period_month = found.period_month
),

-- What the ledger has and no document would book, or the other way round: see the limits in the guide for finance.
compared as (
    select entity_id, period_month, account_number, currency_code, booked_minor - expected_minor as explained_minor, cast(0 as bigint) as difference_minor from told
    union all
    select entity_id, period_month, account_number, currency_code, 0, difference_minor from {{ ref('fct_close_trial_balance') }}
),

parts as (
    select * from told
    union all
    select
        entity_id, period_month, account_number, currency_code, 'no document', cast(null as varchar), cast(null as date), 0, 'no_document',
        cast(null as varchar), {{ sum_minor('explained_minor - difference_minor') }}, 0
    from compared
    group by entity_id, period_month, account_number, currency_code
    having sum(explained_minor) != sum(difference_minor)
)

select
    entity_id || ':' || period_month || ':' || account_number || ':' || currency_code as close_account_id,
    entity_id, period_month, account_number, currency_code, story as document_story, document_number, document_date, documents, standing, held_back_reason,
    expected_minor, booked_minor, booked_minor - expected_minor as difference_minor
from parts
