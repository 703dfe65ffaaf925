-- A set is made of what is counted. A row is a set within a set, or one without a unit of its component: its stock would be
-- reckoned wrongly. Name the parts of the inner set in seed bundle_components instead.
select outer_sets.bundle_sku, outer_sets.component_sku, outer_sets.quantity
from {{ ref('dim_bundle_components') }} as outer_sets
left join {{ ref('dim_bundle_components') }} as inner_sets on outer_sets.component_sku = inner_sets.bundle_sku
where inner_sets.bundle_sku is not null or outer_sets.quantity < 1
