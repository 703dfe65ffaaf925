{{ config(tags=['identity'], meta={'spares': 'goods', 'identity': 'I-07', 'severity': 'blocks'}) }}
-- I-07: the atoms of a movement bear its fees and its net, each cent once; of a payout, whose amount leaves the balance, its fee alone. The tax in a fee is
-- what the processor lists as tax, and an exchange is called one only where another leg of the same payment went the other way in another currency.
-- A failure means that a fee, its tax or a movement is lost on its way to the bridges, or told twice.
with

atoms as (
    select movement_id, {{ sum_minor('fee_share_minor') }} as fee_minor, {{ sum_minor('net_share_minor') }} as net_minor
    from {{ ref('fct_movement_atoms') }}
    group by movement_id
),

taxes as (
    select movement_id, {{ sum_minor("case when fee_type = 'tax' then amount_minor else 0 end") }} as tax_minor
    from {{ ref('can_processor_fees') }}
    group by movement_id
)

select movements.movement_id
from {{ ref('can_processor_movements') }} as movements
left join atoms using (movement_id)
where -movements.fee_minor != coalesce(atoms.fee_minor, 0)
    or case when movements.movement_type = 'payout' then -movements.fee_minor else movements.net_minor end != coalesce(atoms.net_minor, 0)
union all
select settled.movement_id
from {{ ref('fct_settlement_movements') }} as settled
left join taxes using (movement_id)
where settled.fee_tax_minor not in (0, coalesce(taxes.tax_minor, 0))
    or (settled.processing_fee_minor != 0 and settled.fee_tax_minor != coalesce(taxes.tax_minor, 0))
union all
select settled.movement_id
from {{ ref('fct_settlement_movements') }} as settled
left join {{ ref('can_processor_movements') }} as leg on settled.movement_id = leg.movement_id
left join {{ ref('can_processor_movements') }} as other
    on leg.platform = other.platform
    and leg.account_id = other.account_id
    and leg.charge_reference = other.charge_reference
    and other.movement_type = 'currency_conversion'
    and sign(leg.amount_minor) = -sign(other.amount_minor)
    and leg.currency_code != other.currency_code
where settled.principal_reason_code = 'CUR-05' and (other.movement_id is null or settled.movement_type != 'currency_conversion')
