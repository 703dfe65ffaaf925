with

legs as (
    select * from {{ ref('can_processor_movements') }} where movement_type = 'currency_conversion' and charge_reference is not null
),

-- Two legs about one payment, out of one currency and into another, are one exchange; anything else is not understood.
pairs as (
    select platform, account_id, charge_reference, min(movement_id) as first_movement_id
    from legs
    group by platform, account_id, charge_reference
    having count(*) = 2 and count(distinct currency_code) = 2 and count(distinct movement_date) = 1 and min(amount_minor) < 0 and max(amount_minor) > 0
)

select legs.movement_id, pairs.first_movement_id
from legs
inner join pairs using (platform, account_id, charge_reference)
