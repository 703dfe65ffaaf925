{{ config(tags=['identity'], meta={'spares': 'goods', 'identity': 'provisions', 'severity': 'blocks'}) }}
-- Where the accountant's row asks for it, a provision and the right to the goods are each posted against their own account at the end of the month and taken
-- back the next day, both at the rate of the month's end; where it does not, or nothing is provided, nothing is posted.
-- A failure means that the ledger bears an estimate nobody asked for, or one that never goes away.
with

expected as (
    {%- for key, amount, sign in [
        ('returns_provision', 'provision_minor', ''), ('refund_liability', 'provision_minor', '-'),
        ('right_to_goods', 'right_to_goods_minor', ''), ('provided_cost', 'right_to_goods_minor', '-'),
    ] %}
    select
        'je:' || entity_id || ':journal:returns:' || currency_code || ':' || period_month as event_key, currency_code, month_end,
        '{{ key }}' as posting_key, {{ sign }}{{ amount }} as signed_minor
    from {{ ref('fct_returns_provisions') }}
    inner join {{ ref('entities') }} using (entity_id)
    where is_posted and provision_minor > 0 and {{ amount }} != 0
    {{ 'union all' if not loop.last }}
    {%- endfor %}
),

sides as (
    select event_key, posting_key, currency_code, month_end as entry_date, signed_minor, 1 as times from expected
    union all
    select event_key, posting_key, currency_code, {{ add_days('month_end', 1) }}, -signed_minor, 1 from expected
    union all
    select regexp_replace(event_id, ':(provided|provision_reversed)$', ''), posting_key, currency_code, entry_date, -signed_minor, -1
    from {{ ref('fct_journal_lines') }}
    where recipe = 'J-36'
)

select event_key || ' ' || posting_key as reference
from sides
group by event_key, posting_key, currency_code, entry_date
having sum(signed_minor) != 0 or sum(times) != 0
union all
select min(event_id)
from {{ ref('fct_journal_lines') }}
where recipe = 'J-36'
group by regexp_replace(event_id, ':(provided|provision_reversed)$', ''), posting_key
having sum(coalesce(signed_base_minor, 0)) != 0 or count(signed_base_minor) not in (0, count(*))
