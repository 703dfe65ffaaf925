{{ config(tags=['identity'], meta={'spares': 'goods', 'identity': 'I-20', 'severity': 'blocks'}) }}
-- I-20: rows of a bridge are numbered from 1 without a gap, once each; a row between the ends has an amount; a difference has an amount,
-- a reason that the list knows, and evidence. A failure means that a reader would count a row twice, or read one that says nothing.
with

numbered as (
    select
        entity_id, period_month, currency_code, bridge,
        count(*) as steps, count(distinct position) as positions, min(position) as first_position, max(position) as last_position
    from {{ ref('fct_bridge') }}
    group by entity_id, period_month, currency_code, bridge
),

empty_rows as (
    select bridge_rows.bridge_row_id
    from {{ ref('fct_bridge') }} as bridge_rows
    inner join numbered
        on bridge_rows.entity_id = numbered.entity_id
        and bridge_rows.period_month = numbered.period_month
        and bridge_rows.currency_code = numbered.currency_code
        and bridge_rows.bridge = numbered.bridge
    where bridge_rows.amount_minor = 0
        and bridge_rows.reason_code is null
        and bridge_rows.position > numbered.first_position
        and bridge_rows.position < numbered.last_position
)

select entity_id || ':' || period_month || ':' || currency_code || ':' || coalesce(bridge, 'no bridge') as reference
from numbered
where steps != positions or first_position != 1 or last_position != steps or bridge is null
union all
select bridge_row_id from empty_rows
union all
select differences.difference_id
from {{ ref('fct_differences') }} as differences
left join {{ ref('reason_codes') }} as reason_codes on differences.reason_code = reason_codes.reason_code
where differences.amount_minor = 0
    or differences.amount_minor is null
    or differences.evidence is null
    or (reason_codes.reason_code is null and differences.reason_code != 'UNX-00')
