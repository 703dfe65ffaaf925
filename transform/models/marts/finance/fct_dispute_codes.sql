with

movements as (
    select * from {{ ref('fct_dispute_movements') }} where movement_type in ('dispute', 'dispute_reversal')
),

-- A charge that was given back whole and is disputed besides is lost twice; the sums are of one currency or they say nothing.
given_back as (
    select platform, account_id, charge_reference
    from {{ ref('can_processor_movements') }}
    where charge_reference is not null and movement_type in ('charge', 'refund')
    group by platform, account_id, charge_reference
    having count(distinct currency_code) = 1 and max(case when movement_type = 'refund' then 1 else 0 end) = 1 and sum(amount_minor) <= 0
),

-- What a lost dispute returned, and less than it took.
partly_lost as (
    select dispute_id
    from movements
    where dispute_status = 'lost'
    group by dispute_id
    having max(amount_minor) > 0 and sum(amount_minor) < 0 and count(distinct currency_code) = 1
)

-- Two disputes of one charge can end in two ways: each movement bears the end of its own, and nobody's while it is not known whose it is.
select
    movements.movement_id,
    case
        when partly_lost.dispute_id is not null then 'DSP-04'
        when movements.movement_type = 'dispute_reversal' then 'DSP-02'
        when movements.dispute_id is null and movements.disputes_of_charge > 1 then 'UNX-00'
        when given_back.charge_reference is not null and movements.dispute_status != 'won' then 'DSP-05'
        when movements.dispute_status = 'lost' then 'DSP-03'
        else 'DSP-01'
    end as reason_code
from movements
left join given_back
    on movements.platform = given_back.platform
    and movements.account_id = given_back.account_id
    and movements.charge_reference = given_back.charge_reference
left join partly_lost on movements.dispute_id = partly_lost.dispute_id
