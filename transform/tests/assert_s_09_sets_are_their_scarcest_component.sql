{{ config(tags=['identity'], meta={'identity': 'S-09', 'severity': 'blocks'}) }}
-- S-09: a channel may sell as many sets as its scarcest component gives, never more. A failure means that a component is
-- promised twice. It does not ask whether the bill of materials is right.
select sets.sku, sets.channel, sets.ats, min(offers.sets_it_gives) as scarcest
from {{ ref('fct_ats') }} as sets
left join {{ ref('fct_bundle_offers') }} as offers on sets.sku = offers.bundle_sku and sets.channel = offers.channel
where sets.is_bundle
group by sets.sku, sets.channel, sets.ats
having sets.ats > coalesce(min(offers.sets_it_gives), 0) or sets.ats < 0
