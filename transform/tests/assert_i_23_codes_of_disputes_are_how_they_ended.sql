{{ config(tags=['identity'], meta={'spares': 'goods', 'identity': 'I-23', 'severity': 'blocks'}) }}
-- I-23: every movement of a dispute has one code, which is how its own dispute ended, not how another of the same charge did: lost in part (DSP-04) exactly
-- where a lost dispute gave back less than it took, given back (DSP-02) exactly by a return of money, paid twice (DSP-05) exactly where the charge was refunded
-- whole besides, lost (DSP-03) exactly where it was; unexplained (UNX-00) where the charge has several disputes and the movement names none.
-- A lost dispute has the policy of its order exactly where that counts as revenue.
-- A failure means that a dispute is taken for another case than it is. It does not mean that a dispute is lost.
with

moved as (
    select movement_id, platform, account_id, platform_source_id, charge_reference, movement_type, amount_minor, currency_code
    from {{ ref('can_processor_movements') }}
    where movement_type in ('dispute', 'dispute_reversal', 'charge', 'refund')
),

disputes as (
    select movement_id, dispute_id from {{ ref('fct_dispute_movements') }} where dispute_id is not null
),

ended as (
    select
        disputes.dispute_id, verdicts.dispute_status, count(distinct moved.currency_code) as currencies,
        sum(case when moved.amount_minor > 0 then moved.amount_minor else 0 end) as returned_minor,
        -sum(case when moved.amount_minor < 0 then moved.amount_minor else 0 end) as taken_minor
    from moved
    inner join disputes on moved.movement_id = disputes.movement_id
    inner join {{ ref('can_disputes') }} as verdicts on disputes.dispute_id = verdicts.dispute_id
    where moved.movement_type in ('dispute', 'dispute_reversal')
    group by disputes.dispute_id, verdicts.dispute_status
),

charged as (
    select
        platform, account_id, charge_reference, sum(amount_minor) as left_minor, count(case when movement_type = 'refund' then 1 end) as refunds
    from moved
    where movement_type in ('charge', 'refund') and charge_reference is not null
    group by platform, account_id, charge_reference
    having count(distinct currency_code) = 1
),

several as (
    select platform, account_id, charge_reference from {{ ref('can_disputes') }} group by platform, account_id, charge_reference having count(*) > 1
),

coded as (
    select movement_id, count(*) as times, min(reason_code) as reason_code from {{ ref('fct_dispute_codes') }} group by movement_id
),

judged as (
    select
        moved.movement_id, moved.movement_type, coded.times, coalesce(coded.reason_code, '') as reason_code,
        coalesce(ended.dispute_status = 'lost' and ended.currencies = 1 and ended.returned_minor > 0 and ended.returned_minor < ended.taken_minor, false)
            as is_lost_in_part,
        coalesce(charged.refunds > 0 and charged.left_minor <= 0, false) as is_refunded, ended.dispute_status,
        disputes.dispute_id is null and several.charge_reference is not null as is_nobodys
    from moved
    left join coded on moved.movement_id = coded.movement_id
    left join disputes on moved.movement_id = disputes.movement_id
    left join ended on disputes.dispute_id = ended.dispute_id
    left join charged
        on moved.platform = charged.platform and moved.account_id = charged.account_id and moved.charge_reference = charged.charge_reference
    left join several
        on moved.platform = several.platform and moved.account_id = several.account_id and moved.charge_reference = several.charge_reference
    where moved.movement_type in ('dispute', 'dispute_reversal')
)

select movement_id as reference
from judged
where times is distinct from 1
    or (reason_code = 'DSP-04') != is_lost_in_part
    or (reason_code = 'DSP-02') != (movement_type = 'dispute_reversal' and not is_lost_in_part)
    or (reason_code = 'UNX-00') != (movement_type = 'dispute' and is_nobodys)
    or (reason_code = 'DSP-05') != (movement_type = 'dispute' and is_refunded and coalesce(dispute_status, 'won') != 'won' and not is_lost_in_part)
    or (reason_code = 'DSP-03') != (movement_type = 'dispute' and coalesce(dispute_status, '') = 'lost' and not is_refunded and not is_lost_in_part)
    or reason_code not in ('DSP-01', 'DSP-02', 'DSP-03', 'DSP-04', 'DSP-05', 'UNX-00')
union all
select lost.dispute_id
from {{ ref('fct_lost_disputes') }} as lost
left join {{ ref('fct_order_recognitions') }} as recognitions
    on lost.order_id = recognitions.order_id
    and lost.currency_code = recognitions.currency_code
where (lost.recognition_policy is not null) != (recognitions.recognised_date is not null)
