-- What the ledger holds and no receipt, invoice, credit note, payment or deposit books: the books get such an entry as it stands. One whose
-- lines are of several currencies is valued by the books themselves.
with

journal as (
    select * from {{ ref('fct_journal_lines') }}
),

events as (
    select * from {{ ref('fct_ledger_documents') }}
),

revisions as (
    select * from {{ ref('fct_journal_revisions') }}
),

-- What a closed month holds stays; only its difference is booked, in an open one.
corrected as (
    select distinct event_id from revisions where action = 'correct'
),

one_currency as (
    select entry_id from journal group by entry_id having count(distinct currency_code) = 1
),

current_lines as (
    select
        journal.entry_id as document_key, journal.entity_id, coalesce(journal.movement_id, events.movement_id) as movement_id, events.event_type, events.movement_type,
        coalesce(events.platform_movement_id, journal.dispute_id, journal.event_id) as platform_movement_id, journal.entry_date as document_date,
        journal.currency_code, journal.posting_key, journal.detail, journal.account_number, journal.line_number, journal.signed_minor
    from journal
    inner join events using (event_id)
    inner join one_currency using (entry_id)
    left join corrected using (event_id)
    where corrected.event_id is null
),

-- What the books hold of such an entry and the ledger says otherwise by now is turned back; the entry as it is today is among those above.
turned_back as (
    select
        revisions.entry_id as document_key, revisions.entity_id, revisions.entry_date as document_date, revisions.currency_code,
        revisions.account_number, revisions.signed_minor,
        case revisions.action when 'correct' then 'SRC-07: changed after its month was closed' else 'Turned back: ' || revisions.corrects_entry_id end
            as line_description
    from revisions
    where revisions.action in ('reverse', 'correct')
        and {{ is_ledger_document('revisions.event_id') }}
)

select
    document_key, entity_id, movement_id,
    -- The books take at most 21 characters as a number, each once.
    case event_type when 'processor_fee' then right(platform_movement_id, 19) || '-F' else right(platform_movement_id, 21) end as document_number,
    document_date, currency_code,
    case when posting_key = 'clearing' then 9 else 1 end as place, line_number, account_number, signed_minor,
    case posting_key
        when 'clearing' then 'Clearing'
        when 'fee' then
            case detail when 'dispute' then 'Dispute fee' when 'payout' then 'Payout fee' when 'tax' then 'Tax on fees'
                else case movement_type when 'refund' then 'Fee of a refund' else 'Processing fee' end end
        else {{ ledger_document_title('event_type') }}
    end as line_description
from current_lines
where signed_minor != 0
union all
select
    document_key, entity_id, null, 'T-' || left(md5(document_key), 16), document_date, currency_code, 1,
    cast(row_number() over (partition by document_key order by account_number) as bigint), account_number, signed_minor, line_description
from turned_back
