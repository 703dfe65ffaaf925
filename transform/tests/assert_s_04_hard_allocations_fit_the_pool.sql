{{ config(severity='error', tags=['identity'], meta={'identity': 'S-04', 'severity': 'blocks'}) }}
-- S-04: what is set aside for single channels is not more than is free, and no channel is offered a unit that is set aside for
-- another. A row means that fct_ats promises a unit which is not there or belongs to another channel; no person can mend that.
with totals as (
    select *, sum(hard) over (partition by sku) as set_aside
    from {{ ref('fct_ats') }}
    where not is_bundle
)

select sku, channel, pool, hard, set_aside, ats
from totals
where
    set_aside > greatest(0, pool)
    or ats > hard + greatest(0, pool + preorderable - set_aside)
