with

parcels as (
    select * from {{ ref('can_parcels') }} where cost_minor != 0
),

entities as (
    select * from {{ ref('entities') }}
),

asked as (
    select entity_id, valid_from from {{ ref('optional_recipes') }} where recipe = 'J-35'
),

-- A label is paid for when it is made, which is known as the day it ships on; voided, the carrier gives the money back.
happened as (
    {%- for event, column, sign in [('bought', 'shipped_at', ''), ('voided', 'voided_at', '-')] %}
    select
        parcels.parcel_id, parcels.order_id, parcels.entity_id, 'label_{{ event }}' as event_type,
        {{ local_date('parcels.' ~ column, "coalesce(entities.time_zone, '" ~ var('default_time_zone') ~ "')") }} as event_date,
        {{ sign }}parcels.cost_minor as cost_minor, parcels.currency_code, parcels.platform || ':' || parcels.account_id as carrier_account
    from parcels
    left join entities using (entity_id)
    where parcels.{{ column }} is not null
    {{ 'union all' if not loop.last }}
    {%- endfor %}
)

select
    'je:' || happened.entity_id || ':' || happened.parcel_id || ':' || happened.event_type as event_id, happened.event_type, happened.entity_id,
    happened.parcel_id, happened.order_id, happened.event_date, happened.carrier_account, cast(happened.cost_minor as bigint) as cost_minor,
    happened.currency_code
from happened
where exists (
    select 1 from asked where asked.entity_id in (happened.entity_id, '*') and asked.valid_from <= happened.event_date
)
