with

payouts as (
    select * from {{ ref('can_payouts') }}
),

links as (
    select * from {{ ref('fct_payout_bank_links') }}
),

movements as (
    select * from {{ ref('can_processor_movements') }}
),

-- A payout split over lines is at the bank when the last part is.
banked as (
    select payout_id, min(bank_line_id) as bank_line_id, max(value_date) as value_date, {{ sum_minor('amount_minor') }} as amount_minor
    from links
    group by payout_id
),

sent as (
    select payout_id, min(movement_date) as sent_date
    from movements
    where movement_type = 'payout'
    group by payout_id
),

composition as (
    select
        payout_id,
        count(*) as items,
        {{ sum_minor("case when movement_type = 'charge' then amount_minor else 0 end") }} as charges_minor,
        {{ sum_minor("case when movement_type in ('refund', 'refund_failure') then amount_minor else 0 end") }} as refunds_minor,
        {{ sum_minor("case when movement_type in ('dispute', 'dispute_reversal') then amount_minor else 0 end") }} as disputes_minor,
        {{ sum_minor("case when movement_type in ('charge', 'refund', 'refund_failure', 'dispute', 'dispute_reversal') then 0 else amount_minor end") }} as adjustments_minor,
        {{ sum_minor('fee_minor') }} as fees_minor,
        {{ sum_minor('net_minor') }} as items_net_minor
    from movements
    where movement_type != 'payout'
    group by payout_id
),

composed as (
    select
        payouts.payout_id,
        payouts.platform,
        payouts.account_id,
        payouts.entity_id,
        payouts.platform_payout_id,
        payouts.payout_status,
        payouts.is_automatic,
        -- An account that never lists what a payout took is rolled forward in sum.
        max(case when payouts.is_automatic then 1 else 0 end) over (partition by payouts.platform, payouts.account_id) = 1 as is_content_listed,
        payouts.currency_code,
        payouts.amount_minor,
        payouts.created_at,
        coalesce(sent.sent_date, payouts.arrival_date) as sent_date,
        payouts.arrival_date,
        payouts.reference,
        banked.bank_line_id,
        banked.value_date as bank_value_date,
        banked.amount_minor as bank_amount_minor,
        coalesce(composition.items, 0) as items,
        coalesce(composition.charges_minor, 0) as charges_minor,
        coalesce(composition.refunds_minor, 0) as refunds_minor,
        coalesce(composition.disputes_minor, 0) as disputes_minor,
        coalesce(composition.adjustments_minor, 0) as adjustments_minor,
        coalesce(composition.fees_minor, 0) as fees_minor,
        payouts.amount_minor - coalesce(composition.items_net_minor, 0) as unexplained_minor
    from payouts
    left join banked using (payout_id)
    left join sent using (payout_id)
    left join composition using (payout_id)
)

select * from composed
