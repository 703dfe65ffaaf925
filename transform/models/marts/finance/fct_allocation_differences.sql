with

-- What the books accepted from us, field by field.
newest as (
    select record_key, delivery_id, currency_code, status_changed_at, row_number() over (partition by record_key order by status_changed_at desc, delivery_id desc) as nth
    from {{ ref('fct_deliveries') }}
    where delivery_status = 'accepted' and sync = 'xero__allocations'
),

accepted as (
    select
        newest.record_key, newest.currency_code, newest.status_changed_at as accepted_at,
        {%- for name in ['credit_note_key', 'credit_note_number', 'invoice_number'] %}
        max(case when changes.field_name = '{{ name }}' then changes.after_value end) as {{ name }},
        {%- endfor %}
        max(case when changes.field_name = 'document_date' then cast(changes.after_value as date) end) as document_date,
        max(case when changes.field_name = 'total_minor' then cast(changes.after_value as bigint) end) as accepted_minor
    from newest
    inner join {{ ref('fct_plan_changes') }} as changes on newest.delivery_id = changes.delivery_id
    where newest.nth = 1
    group by newest.record_key, newest.currency_code, newest.status_changed_at
),

-- A voided credit note is an edit of its own (fct_book_edits).
notes as (
    select document_id, entity_id, memo
    from {{ ref('can_book_documents') }}
    where document_type = 'credit_memo' and not is_deleted
),

credits as (
    select * from {{ ref('can_book_credits') }}
),

standing as (
    select
        accepted.record_key, notes.entity_id, accepted.credit_note_number, accepted.invoice_number, accepted.document_date, accepted.accepted_minor,
        accepted.accepted_at, accepted.currency_code, max(credits.loaded_at) as read_at,
        {{ sum_minor("case when credits.credit_part = 'allocated' and credits.invoice_number = accepted.invoice_number then credits.amount_minor else 0 end") }}
            as standing_minor
    from accepted
    inner join notes on accepted.credit_note_key = notes.memo
    inner join credits using (document_id)
    group by
        accepted.record_key, notes.entity_id, accepted.credit_note_number, accepted.invoice_number, accepted.document_date, accepted.accepted_minor,
        accepted.accepted_at, accepted.currency_code
),

-- What was read before the books took ours says nothing of it.
differences as (
    select * from standing where read_at > accepted_at and standing_minor != accepted_minor
)

select
    'allocation:' || record_key as difference_id, entity_id, {{ month_key('document_date') }} as period_month, currency_code,
    -- Credit and invoice stand in the same account: no bridge walks over it.
    cast(null as varchar) as bridge, 'ledger' as from_system, 'books' as to_system,
    case when standing_minor = 0 then 'BKS-09' else 'BKS-03' end as reason_code,
    cast(null as varchar) as order_id, credit_note_number as reference, cast(standing_minor - accepted_minor as bigint) as amount_minor,
    {{ money_text('accepted_minor', 'currency_code') }} || ' of credit note ' || credit_note_number || ' was set against invoice ' || invoice_number || '; '
        || case when standing_minor = 0 then 'nothing of it stands there now' else {{ money_text('standing_minor', 'currency_code') }} || ' stands there now' end as evidence
from differences
