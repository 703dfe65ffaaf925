with

payouts as (
    select * from {{ ref('can_payouts') }}
),

bank_lines as (
    select * from {{ ref('can_bank_lines') }}
),

movements as (
    select * from {{ ref('can_processor_movements') }}
),

-- The bank repeats the payout's trace; with the same amount and currency, the n-th payout meets the n-th line.
numbered_payouts as (
    select payout_id, entity_id, reference, amount_minor, currency_code,
        row_number() over (
            partition by entity_id, reference, amount_minor, currency_code order by arrival_date nulls last, payout_id
        ) as nth
    from payouts
    where payout_status not in ('failed', 'canceled')
),

numbered_lines as (
    select bank_line_id, value_date, entity_id, reference, amount_minor, currency_code,
        row_number() over (
            partition by entity_id, reference, amount_minor, currency_code order by value_date, bank_line_id
        ) as nth
    from bank_lines
),

banked as (
    select numbered_payouts.payout_id, numbered_lines.bank_line_id, numbered_lines.value_date, numbered_lines.amount_minor
    from numbered_payouts
    inner join numbered_lines using (entity_id, reference, amount_minor, currency_code, nth)
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
