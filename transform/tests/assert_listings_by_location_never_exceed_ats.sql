-- The parts a channel is told by location add up to no more than the channel's number.
select channel, sku, max(ats) as ats, cast(sum(target_quantity) as bigint) as told
from {{ ref('fct_listings') }}
where held_back_reason is null
group by channel, sku
having sum(target_quantity) > max(ats)
