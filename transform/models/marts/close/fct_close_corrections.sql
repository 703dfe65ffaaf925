-- A change of a closed month is in the ledger on its own day; the books get it in the open month in which it is corrected.
with changes as (
    select corrections.corrects_key as document_key, amounts.entity_id, amounts.period_month, {{ month_key('corrections.document_date') }} as corrected_month,
        amounts.account_number, amounts.currency_code, amounts.signed_minor
    from {{ ref('fct_expected_corrections') }} as corrections
    inner join {{ ref('fct_correction_amounts') }} as amounts on corrections.corrects_key = amounts.corrects_key
    union all
    select amounts.corrects_key, documents.entity_id, amounts.period_month, {{ month_key('documents.document_date') }}, lines.account_number,
        lines.currency_code, lines.signed_minor
    from {{ ref('can_book_documents') }} as documents
    inner join {{ ref('can_book_lines') }} as lines on documents.document_id = lines.document_id
    inner join (select distinct corrects_key, period_month from {{ ref('fct_correction_amounts') }}) as amounts
        on {{ corrected_key('documents.memo') }} = amounts.corrects_key
    where documents.memo like 'je:%:correct' and not documents.is_deleted
    union all
    -- What the books hold of an entry that is one document of its own.
    select revisions.event_id, revisions.entity_id, {{ month_key('booked.document_date') }}, {{ month_key('revisions.entry_date') }}, revisions.account_number,
        revisions.currency_code, revisions.signed_minor
    from {{ ref('fct_journal_revisions') }} as revisions
    inner join {{ ref('fct_booked_entries') }} as booked on revisions.event_id = booked.event_id and booked.is_newest
    where revisions.action = 'correct' and {{ is_ledger_document('revisions.event_id') }}
)

select document_key, entity_id, period_month, corrected_month, account_number, currency_code, {{ sum_minor('signed_minor') }} as signed_minor
from changes
group by document_key, entity_id, period_month, corrected_month, account_number, currency_code
having sum(signed_minor) != 0
