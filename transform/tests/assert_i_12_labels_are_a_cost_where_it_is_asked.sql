{{ config(tags=['identity'], meta={'spares': 'goods', 'identity': 'I-12', 'severity': 'blocks'}) }}
-- I-12: of a company that counts labels in the ledger (J-35), since the day it does, a parcel that has gone out is one event with the cost of its label, and one
-- that was voided another which takes just that back; of any other company no label is.
-- A failure means that a label is paid for twice, or in a ledger that never asked for it.
with

asked as (
    select
        companies.entity_id, coalesce(min(entities.time_zone), '{{ var('default_time_zone') }}') as time_zone, min(recipes.valid_from) as valid_from
    from (select distinct entity_id from {{ ref('can_parcels') }}) as companies
    inner join {{ ref('optional_recipes') }} as recipes on recipes.recipe = 'J-35' and (recipes.entity_id = companies.entity_id or recipes.entity_id = '*')
    left join {{ ref('entities') }} as entities on companies.entity_id = entities.entity_id
    group by companies.entity_id
),

sides as (
    {%- for event, column, sign in [('label_bought', 'shipped_at', ''), ('label_voided', 'voided_at', '-')] %}
    select parcels.parcel_id, '{{ event }}' as event_type, parcels.currency_code, {{ sign }}parcels.cost_minor as cost_minor, 1 as times
    from {{ ref('can_parcels') }} as parcels
    inner join asked on parcels.entity_id = asked.entity_id
    where parcels.cost_minor != 0 and {{ local_date('parcels.' ~ column, 'asked.time_zone') }} >= asked.valid_from
    union all
    {%- endfor %}
    select parcel_id, event_type, currency_code, -cost_minor, -1 from {{ ref('fct_label_events') }}
)

select parcel_id || ' ' || event_type as reference
from sides
group by parcel_id, event_type, currency_code
having sum(cost_minor) != 0 or sum(times) != 0
