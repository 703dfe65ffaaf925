with

revaluations as (
    select
        *, 'je:' || entity_id || ':journal:' || account_number || ':' || sub_account || ':' || currency_code || ':' || period_month as event_key
    from {{ ref('fct_revaluations') }}
    where difference_minor != 0 or (difference_minor is null and balance_minor != 0)
),

rules as (
    select * from {{ ref('posting_rules') }} where posting_key = 'fx_unrealised'
),

-- Without a rate the entry waits and shows the balance nobody can value; with one, only the books' currency moves.
entries as (
    {%- for event, date, sign in [('revalued', 'month_end', ''), ('revaluation_reversed', add_days('month_end', 1), '-')] %}
    select *, event_key || ':{{ event }}' as event_id, {{ date }} as entry_date,
        {{ sign }}coalesce(difference_minor, balance_minor) as signed_minor, {{ sign }}difference_minor as signed_base_minor,
        case when difference_minor is null then currency_code else base_currency_code end as line_currency_code
    from revaluations
    {{ 'union all' if not loop.last }}
    {%- endfor %}
),

sides as (
    select entity_id, event_id, entry_date, base_currency_code, line_currency_code,
        cast(1 as bigint) as line_number, 'revalued' as posting_key, account_number, nullif(sub_account, '') as sub_account, signed_minor, signed_base_minor
    from entries
    union all
    select entries.entity_id, entries.event_id, entries.entry_date, entries.base_currency_code, entries.line_currency_code,
        2, 'fx_unrealised', coalesce(of_entity.account_number, of_all.account_number), null, -entries.signed_minor, -entries.signed_base_minor
    from entries
    left join rules as of_entity on entries.entity_id = of_entity.entity_id
    left join rules as of_all on of_all.entity_id = '*'
)

select
    entity_id, event_id || ':0' as entry_id, event_id, 'J-30' as recipe, entry_date, {{ month_key('entry_date') }} as period_month, line_number,
    posting_key, '' as detail, account_number, sub_account, cast(null as varchar) as tax_code,
    case when signed_minor > 0 then 'debit' else 'credit' end as side, abs(signed_minor) as amount_minor, signed_minor,
    line_currency_code as currency_code, abs(signed_base_minor) as base_amount_minor, signed_base_minor, base_currency_code,
    cast(0 as bigint) as remainder_minor, cast(null as varchar) as order_id, cast(null as varchar) as refund_id, cast(null as varchar) as movement_id,
    cast(null as varchar) as payout_id, cast(null as varchar) as dispute_id, 'period' as source
from sides
