with

events as (
    select * from {{ ref('fct_money_events') }}
),

rules as (
    select * from {{ ref('posting_rules') }}
),

made as (
    {%- for source in ['sale', 'payment', 'refund', 'movement', 'bank', 'label'] %}
    select event_id, order_id, posting_key, detail, sub_account, movement_id, signed_minor, currency_code, rate_date,
        cast(null as varchar) as tax_code, '{{ source }}' as source
    from {{ ref('fct_' ~ source ~ '_postings') }}
    union all
    {%- endfor %}
    select event_id, order_id, 'tax', detail, sub_account, null, signed_minor, currency_code, rate_date, tax_code, source
    from {{ ref('fct_tax_postings') }}
),

summed as (
    select
        event_id, order_id, posting_key, detail, sub_account, movement_id, currency_code, rate_date, tax_code, source,
        {{ sum_minor('signed_minor') }} as signed_minor
    from made
    group by event_id, order_id, posting_key, detail, sub_account, movement_id, currency_code, rate_date, tax_code, source
),

placed as (
    select
        summed.*, events.entity_id,
        cast(row_number() over (
            partition by summed.event_id
            order by
                case when summed.signed_minor > 0 then 0 else 1 end, summed.posting_key, summed.detail, summed.sub_account nulls first,
                summed.movement_id nulls first, summed.currency_code, summed.rate_date, summed.order_id nulls first, summed.tax_code nulls first, summed.source
        ) as bigint) as line_number
    from summed
    left join events using (event_id)
    where summed.signed_minor != 0
),

kinds as (
    select distinct entity_id, posting_key, detail from placed
),

-- The nearest rule applies: the entity's own before all, a named detail before any.
candidates as (
    select
        kinds.entity_id, kinds.posting_key, kinds.detail, rules.account_number,
        row_number() over (
            partition by kinds.entity_id, kinds.posting_key, kinds.detail
            order by case when rules.entity_id = '*' then 1 else 0 end, case when rules.detail = '*' then 1 else 0 end
        ) as nth
    from kinds
    inner join rules
        on kinds.posting_key = rules.posting_key
        and rules.entity_id in (kinds.entity_id, '*')
        and rules.detail in (kinds.detail, '*')
)

select
    placed.event_id, placed.line_number, placed.entity_id, placed.posting_key, placed.detail, candidates.account_number, placed.sub_account,
    placed.tax_code, placed.signed_minor, placed.currency_code, placed.rate_date, placed.order_id,
    placed.movement_id, placed.source
from placed
left join candidates
    on placed.entity_id = candidates.entity_id
    and placed.posting_key = candidates.posting_key
    and placed.detail = candidates.detail
    and candidates.nth = 1
