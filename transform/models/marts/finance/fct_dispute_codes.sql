with

movements as (
    select * from {{ ref('can_processor_movements') }}
),

disputes as (
    select platform, account_id, charge_reference, min(dispute_status) as dispute_status
    from {{ ref('can_disputes') }}
    group by platform, account_id, charge_reference
),

-- A charge that was given back whole and is disputed besides is lost twice; the sums are of one currency or they say nothing.
given_back as (
    select platform, account_id, charge_reference
    from movements
    where charge_reference is not null and movement_type in ('charge', 'refund')
    group by platform, account_id, charge_reference
    having count(distinct currency_code) = 1 and max(case when movement_type = 'refund' then 1 else 0 end) = 1 and sum(amount_minor) <= 0
),

-- What a lost dispute returned, and less than it took.
partly_lost as (
    select movements.platform, movements.account_id, movements.platform_source_id
    from movements
    inner join {{ ref('can_disputes') }} as disputes
        on movements.platform = disputes.platform
        and movements.account_id = disputes.account_id
        and movements.platform_source_id = disputes.platform_dispute_id
    where movements.movement_type in ('dispute', 'dispute_reversal') and disputes.dispute_status = 'lost'
    group by movements.platform, movements.account_id, movements.platform_source_id
    having max(movements.amount_minor) > 0 and sum(movements.amount_minor) < 0 and count(distinct movements.currency_code) = 1
)

select
    movements.movement_id,
    case
        when partly_lost.platform_source_id is not null then 'DSP-04'
        when movements.movement_type = 'dispute_reversal' then 'DSP-02'
        when given_back.charge_reference is not null and disputes.dispute_status != 'won' then 'DSP-05'
        when disputes.dispute_status = 'lost' then 'DSP-03'
        else 'DSP-01'
    end as reason_code
from movements
left join disputes
    on movements.platform = disputes.platform
    and movements.account_id = disputes.account_id
    and movements.charge_reference = disputes.charge_reference
left join given_back
    on movements.platform = given_back.platform
    and movements.account_id = given_back.account_id
    and movements.charge_reference = given_back.charge_reference
left join partly_lost
    on movements.platform = partly_lost.platform
    and movements.account_id = partly_lost.account_id
    and movements.platform_source_id = partly_lost.platform_source_id
where movements.movement_type in ('dispute', 'dispute_reversal')
