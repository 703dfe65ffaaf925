{{ config(tags=['identity'], meta={'spares': 'goods', 'identity': 'I-06', 'severity': 'blocks'}) }}
-- I-06: a match of a refund states amount, currency and day of both its sides as they are; it has a strength exactly where both sides are there, and is
-- called exact (1) exactly where the storefront names the processor's refund.
-- A failure means that a match is taken for surer than it is, for weaker, or for another amount. It does not mean that the two do not belong together.
with

stated as (
    select
        matches.*, refunds.amount_minor as refunded_minor, refunds.currency_code as refunded_currency_code, refunds.refund_date as refunded_date,
        -movements.amount_minor as moved_minor, movements.currency_code as moved_currency_code, movements.movement_date as moved_date,
        coalesce(refunds.processor_reference = movements.platform_source_id, false) as is_named
    from {{ ref('fct_refund_matches') }} as matches
    left join {{ ref('can_refunds') }} as refunds on matches.refund_id = refunds.refund_id
    left join {{ ref('can_processor_movements') }} as movements on matches.movement_id = movements.movement_id
)

select refund_match_id
from stated
where (match_strength is not null) != (refund_id is not null and movement_id is not null)
    or (match_strength is not null and (match_strength = 1) != is_named)
    or refund_minor is distinct from refunded_minor
    or refund_currency_code is distinct from refunded_currency_code
    or refund_date is distinct from refunded_date
    or movement_minor is distinct from moved_minor
    or movement_currency_code is distinct from moved_currency_code
    or movement_date is distinct from moved_date
