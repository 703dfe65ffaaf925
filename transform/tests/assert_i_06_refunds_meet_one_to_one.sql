{{ config(tags=['identity'], meta={'spares': 'goods', 'identity': 'I-06', 'severity': 'blocks'}) }}
-- I-06: every refund of the storefront through a processor, and every refund of the processor, stands once in the matches; a side that is alone is a difference row.
-- A failure means that money given back is counted twice or not at all.
with

matches as (
    select * from {{ ref('fct_refund_matches') }}
),

expected as (
    select 'refund:' || refunds.refund_id as side
    from {{ ref('can_refunds') }} as refunds
    inner join {{ ref('can_orders') }} as orders on refunds.order_id = orders.order_id
    where not orders.is_test
        and refunds.refund_status != 'failed'
        and refunds.tender_type in ('card', 'other')
        and refunds.amount_minor != 0
    union all
    select 'movement:' || movement_id from {{ ref('can_processor_movements') }} where movement_type = 'refund'
),

found as (
    select 'refund:' || refund_id as side from matches where refund_id is not null
    union all
    select 'movement:' || movement_id from matches where movement_id is not null
),

counted as (
    select side, sum(wanted) as wanted, sum(had) as had
    from (
        select side, 1 as wanted, 0 as had from expected
        union all
        select side, 0, 1 from found
    )
    group by side
)

select side from counted where wanted != 1 or had != 1
union all
select refund_match_id
from matches
where refund_minor is not null and movement_minor is not null and match_strength is null
