with

written as (
    select * from {{ ref('fct_written_postings') }}
),

written_documents as (
    select
        document_key, max(platform_document_id) as platform_document_id, max(document_date) as written_date,
        {{ sum_minor('case when signed_minor > 0 then signed_minor else 0 end') }} as written_debit_minor
    from written
    group by document_key
),

-- A copy bears our key too; ours is the one the books gave us the id of.
ours as (
    select
        documents.*, written_documents.written_date, written_documents.written_debit_minor,
        documents.platform_document_id = written_documents.platform_document_id as is_original,
        max(case when documents.is_deleted then 0 else 1 end) over (partition by documents.memo) = 1 as has_standing
    from {{ ref('can_book_documents') }} as documents
    inner join written_documents on documents.memo = written_documents.document_key
    where documents.platform in ('quickbooks', 'xero')
),

found as (
    select documents.document_id, book_lines.account_number, {{ sum_minor('book_lines.signed_minor') }} as signed_minor
    from ours as documents
    inner join {{ ref('can_book_lines') }} as book_lines using (document_id)
    group by documents.document_id, book_lines.account_number
),

revenue_accounts as (
    select account_number from {{ ref('chart_of_accounts') }} where account_type in ('income', 'contra_income')
),

-- Account by account: what stands there now less what was accepted.
accounts as (
    select ours.document_id, written.account_number, -written.signed_minor as signed_minor
    from ours
    inner join written on ours.memo = written.document_key
    union all
    select ours.document_id, found.account_number, found.signed_minor
    from ours
    inner join found using (document_id)
),

changes as (
    select document_id, account_number, {{ sum_minor('signed_minor') }} as change_minor
    from accounts
    group by document_id, account_number
),

summed as (
    select
        changes.document_id,
        count(case when changes.change_minor != 0 then 1 end) as changed_accounts,
        {{ sum_minor('case when changes.change_minor > 0 then changes.change_minor else 0 end') }} as moved_minor,
        -{{ sum_minor('case when revenue_accounts.account_number is not null then changes.change_minor else 0 end') }} as revenue_change_minor
    from changes
    left join revenue_accounts using (account_number)
    group by changes.document_id
),

debits as (
    select document_id, {{ sum_minor('case when signed_minor > 0 then signed_minor else 0 end') }} as debit_minor
    from found
    group by document_id
),

coded as (
    select
        ours.*, summed.moved_minor, summed.revenue_change_minor, debits.debit_minor,
        case
            when ours.is_deleted and not ours.has_standing and ours.is_original then 'BKS-09'
            when ours.is_deleted then null
            when not ours.is_original then 'BKS-02'
            -- QuickBooks leaves a voided document where it is, with nothing on it.
            when debits.debit_minor = 0 and ours.written_debit_minor > 0 then 'BKS-09'
            -- The same money on other accounts; anything else is another amount.
            when summed.changed_accounts > 0 and debits.debit_minor = ours.written_debit_minor then 'BKS-04'
            when summed.changed_accounts > 0 then 'BKS-03'
            when ours.document_date != ours.written_date and {{ month_key('ours.document_date') }} = {{ month_key('ours.written_date') }} then 'BKS-05'
            when ours.document_date != ours.written_date then 'TIM-11'
        end as reason_code
    from ours
    inner join summed using (document_id)
    inner join debits using (document_id)
)

select
    document_id, memo as document_key, entity_id, document_type, document_number, written_date, document_date, currency_code,
    written_debit_minor as written_minor,
    case when is_deleted then 0 else debit_minor end as booked_minor,
    cast(case when reason_code in ('BKS-03', 'BKS-04') then moved_minor
        when reason_code = 'BKS-09' and debit_minor = 0 then written_debit_minor when reason_code is not null then debit_minor else 0 end as bigint) as amount_minor,
    cast(case when reason_code in ('BKS-03', 'BKS-04') then revenue_change_minor else 0 end as bigint) as revenue_change_minor,
    reason_code
from coded
where reason_code is not null
