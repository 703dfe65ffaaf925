with

ledger as (
    select entity_id, period_month, account_number, base_currency_code as currency_code,
        {{ sum_minor('base_debits_minor - base_credits_minor') }} as ledger_minor
    from {{ ref('fct_trial_balance') }}
    group by entity_id, period_month, account_number, base_currency_code
),

books as (
    select documents.entity_id, {{ month_key('documents.document_date') }} as period_month, lines.account_number, lines.currency_code,
        {{ sum_minor('lines.signed_minor') }} as books_minor
    from {{ ref('can_book_lines') }} as lines
    inner join {{ ref('can_book_documents') }} as documents using (document_id)
    where not documents.is_deleted
    group by documents.entity_id, {{ month_key('documents.document_date') }}, lines.account_number, lines.currency_code
),

-- A change of a closed month is in the ledger on its own day; the books get it in the open month in which it is corrected.
corrections as (
    select amounts.entity_id, amounts.period_month, {{ month_key('corrections.document_date') }} as corrected_month, amounts.account_number,
        amounts.currency_code, amounts.signed_minor
    from {{ ref('fct_expected_corrections') }} as corrections
    inner join {{ ref('fct_correction_amounts') }} as amounts on corrections.corrects_key = amounts.corrects_key
    union all
    select documents.entity_id, amounts.period_month, {{ month_key('documents.document_date') }}, lines.account_number, lines.currency_code,
        lines.signed_minor
    from {{ ref('can_book_documents') }} as documents
    inner join {{ ref('can_book_lines') }} as lines using (document_id)
    inner join (select distinct corrects_key, period_month from {{ ref('fct_correction_amounts') }}) as amounts
        on {{ corrected_key('documents.memo') }} = amounts.corrects_key
    where documents.memo like 'je:%:correct' and not documents.is_deleted
    union all
    -- What the books hold of an entry that is one document of its own.
    select revisions.entity_id, {{ month_key('booked.document_date') }}, {{ month_key('revisions.entry_date') }}, revisions.account_number,
        revisions.currency_code, revisions.signed_minor
    from {{ ref('fct_journal_revisions') }} as revisions
    inner join {{ ref('fct_booked_entries') }} as booked on revisions.event_id = booked.event_id and booked.is_newest
    where revisions.action = 'correct' and {{ is_ledger_document('revisions.event_id') }}
),

sides as (
    select entity_id, period_month, account_number, currency_code, ledger_minor, cast(0 as bigint) as books_minor from ledger
    union all
    select entity_id, period_month, account_number, currency_code, -signed_minor, 0 from corrections
    union all
    select entity_id, corrected_month, account_number, currency_code, signed_minor, 0 from corrections
    union all
    select entity_id, period_month, coalesce(account_number, 'unmapped'), currency_code, 0, books_minor from books
),

moved as (
    select entity_id, period_month, account_number, currency_code, {{ sum_minor('ledger_minor') }} as ledger_minor,
        {{ sum_minor('books_minor') }} as books_minor
    from sides
    group by entity_id, period_month, account_number, currency_code
)

select
    moved.entity_id || ':' || moved.period_month || ':' || moved.account_number || ':' || moved.currency_code as close_account_id,
    moved.entity_id, moved.period_month, moved.account_number, accounts.name as account_name, moved.currency_code,
    moved.ledger_minor, moved.books_minor, moved.books_minor - moved.ledger_minor as difference_minor
from moved
left join {{ ref('chart_of_accounts') }} as accounts
    on moved.account_number = cast(accounts.account_number as varchar)
