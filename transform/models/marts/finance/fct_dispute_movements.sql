with

movements as (
    select * from {{ ref('can_processor_movements') }} where movement_type in ('dispute', 'dispute_reversal') or dispute_fee_minor != 0
),

disputes as (
    select * from {{ ref('can_disputes') }}
),

-- PayPal's movements name the payment and never the case; the payment tells the case only where it has one.
charges as (
    select platform, account_id, charge_reference, min(dispute_id) as only_dispute_id, count(*) as disputes
    from disputes
    group by platform, account_id, charge_reference
),

named as (
    select
        movements.*, coalesce(disputes.dispute_id, case when charges.disputes = 1 then charges.only_dispute_id end) as dispute_id,
        coalesce(charges.disputes, 0) as disputes_of_charge
    from movements
    left join disputes
        on movements.platform = disputes.platform
        and movements.account_id = disputes.account_id
        and movements.platform_source_id = disputes.platform_dispute_id
    left join charges
        on movements.platform = charges.platform
        and movements.account_id = charges.account_id
        and movements.charge_reference = charges.charge_reference
)

select
    named.movement_id, named.dispute_id, disputes.dispute_status, named.disputes_of_charge, named.entity_id, named.platform, named.account_id,
    named.charge_reference, named.movement_type, named.movement_date, named.amount_minor, named.dispute_fee_minor, named.currency_code
from named
left join disputes on named.dispute_id = disputes.dispute_id
