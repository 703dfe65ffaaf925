{{ config(tags=['identity'], meta={'spares': 'goods', 'identity': 'I-20', 'severity': 'blocks'}) }}
-- I-20: the start of a bridge and its rows make its end; every end is read from its own system.
-- A failure means that an amount has no row, or two: a join, or a rule that forgot a case. An unexplained amount is no failure here: it is a row with UNX-00.
with

steps as (
    select
        *,
        max(position) over (partition by entity_id, period_month, currency_code, bridge) as last_position
    from {{ ref('fct_bridge') }}
),

bridges as (
    select
        entity_id, period_month, currency_code, bridge,
        {{ sum_minor('case when position < last_position then amount_minor else 0 end') }} as walked_minor,
        {{ sum_minor('case when position = last_position then amount_minor else 0 end') }} as end_minor
    from steps
    group by entity_id, period_month, currency_code, bridge
)

select * from bridges where walked_minor != end_minor
