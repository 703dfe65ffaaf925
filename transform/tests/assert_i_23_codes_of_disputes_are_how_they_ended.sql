{{ config(tags=['identity'], meta={'identity': 'I-23', 'severity': 'blocks'}) }}
-- I-23: every movement of a dispute has one code, and the code holds in the numbers: lost in part (DSP-04) exactly where a lost dispute gave back less than it
-- took, given back (DSP-02) only by a return of money, paid twice (DSP-05) only where the charge was refunded whole besides, lost (DSP-03) only where it was.
-- A lost dispute has the policy of its order exactly where that counts as revenue.
-- A failure means that a dispute is taken for another case than it is. It does not mean that a dispute is lost.
with

moved as (
    select movement_id, platform, account_id, platform_source_id, charge_reference, movement_type, amount_minor, currency_code
    from {{ ref('can_processor_movements') }}
    where movement_type in ('dispute', 'dispute_reversal', 'charge', 'refund')
),

disputes as (
    select platform, account_id, platform_dispute_id, charge_reference, dispute_status from {{ ref('can_disputes') }}
),

ended as (
    select
        platform, account_id, platform_source_id, count(distinct currency_code) as currencies,
        sum(case when amount_minor > 0 then amount_minor else 0 end) as returned_minor, -sum(case when amount_minor < 0 then amount_minor else 0 end) as taken_minor
    from moved
    where movement_type in ('dispute', 'dispute_reversal')
    group by platform, account_id, platform_source_id
),

charged as (
    select
        platform, account_id, charge_reference, sum(amount_minor) as left_minor, count(case when movement_type = 'refund' then 1 end) as refunds
    from moved
    where movement_type in ('charge', 'refund') and charge_reference is not null
    group by platform, account_id, charge_reference
    having count(distinct currency_code) = 1
),

verdicts as (
    select platform, account_id, charge_reference, max(case when dispute_status = 'lost' then 1 else 0 end) as has_lost, count(*) as disputes
    from disputes
    group by platform, account_id, charge_reference
),

coded as (
    select movement_id, count(*) as times, min(reason_code) as reason_code from {{ ref('fct_dispute_codes') }} group by movement_id
),

judged as (
    select
        moved.movement_id, moved.movement_type, coded.times, coalesce(coded.reason_code, '') as reason_code,
        coalesce(disputes.dispute_status = 'lost' and ended.currencies = 1 and ended.returned_minor > 0 and ended.returned_minor < ended.taken_minor, false)
            as is_lost_in_part,
        coalesce(charged.refunds > 0 and charged.left_minor <= 0, false) as is_refunded,
        coalesce(verdicts.has_lost, 0) = 1 as has_lost, coalesce(verdicts.disputes, 0) as disputes
    from moved
    left join coded on moved.movement_id = coded.movement_id
    left join disputes
        on moved.platform = disputes.platform and moved.account_id = disputes.account_id and moved.platform_source_id = disputes.platform_dispute_id
    left join ended
        on moved.platform = ended.platform and moved.account_id = ended.account_id and moved.platform_source_id = ended.platform_source_id
    left join charged
        on moved.platform = charged.platform and moved.account_id = charged.account_id and moved.charge_reference = charged.charge_reference
    left join verdicts
        on moved.platform = verdicts.platform and moved.account_id = verdicts.account_id and moved.charge_reference = verdicts.charge_reference
    where moved.movement_type in ('dispute', 'dispute_reversal')
)

select movement_id as reference
from judged
where times is distinct from 1
    or (reason_code = 'DSP-04') != is_lost_in_part
    or (reason_code = 'DSP-02' and movement_type != 'dispute_reversal')
    or (movement_type = 'dispute_reversal' and reason_code not in ('DSP-02', 'DSP-04'))
    or (reason_code = 'DSP-05' and not is_refunded)
    or (reason_code = 'DSP-03' and (is_refunded or not has_lost))
    or (reason_code = 'DSP-01' and has_lost and disputes = 1)
union all
select lost.dispute_id
from {{ ref('fct_lost_disputes') }} as lost
left join {{ ref('fct_order_recognitions') }} as recognitions
    on lost.order_id = recognitions.order_id
    and lost.currency_code = recognitions.currency_code
where (lost.recognition_policy is not null) != (recognitions.recognised_date is not null)
