with

recognitions as (
    select * from {{ ref('fct_order_recognitions') }} where recognised_date is not null
),

legs as (
    select * from {{ ref('fct_settled_legs') }}
),

contents as (
    select
        order_id, {{ sum_minor('net_minor + tax_minor') }} as worth_minor,
        count(case when gross_minor != 0 or net_minor != 0 or tax_minor != 0 then 1 end) as lines,
        count(case when line_type != 'gift_card' and (gross_minor != 0 or tax_minor != 0) then 1 end) as other_than_gift_cards,
        count(case when line_type != 'tip' and (gross_minor != 0 or tax_minor != 0) then 1 end) as other_than_tips,
        count(case when line_type != 'duty' and (gross_minor != 0 or tax_minor != 0) then 1 end) as other_than_duties
    from {{ ref('can_order_lines') }}
    group by order_id
),

tenders as (
    select
        order_id, count(case when tender in ('gift_card', 'store_credit') then 1 end) as cards, count(*) as legs,
        {{ sum_minor('amount_minor - overpaid_minor') }} as paid_minor, bool_or(is_advance) as has_advance,
        bool_or(money_currency_code != currency_code) as is_converted
    from legs
    where moment = 'same_day' or is_advance
    group by order_id
),

sales as (
    select
        'je:' || recognitions.entity_id || ':' || recognitions.order_id || ':captured' as event_id, 'sale' as event_type,
        recognitions.entity_id, recognitions.recognised_date as event_date, recognitions.order_id, cast(null as varchar) as refund_id,
        cast(null as varchar) as movement_id, cast(null as varchar) as bank_line_id,
        coalesce(contents.worth_minor, 0) as amount_minor, recognitions.currency_code,
        case
            when tenders.has_advance then 'J-24'
            when tenders.is_converted then 'J-27'
            when tenders.cards > 0 and tenders.paid_minor < contents.worth_minor then 'J-26'
            when tenders.cards > 0 then 'J-14'
            when recognitions.recognition_policy = 'on_invoice' and tenders.order_id is null then 'J-19'
            when contents.other_than_gift_cards = 0 then 'J-13'
            when contents.other_than_tips = 0 then 'J-17'
            when contents.other_than_duties = 0 then 'J-44'
            else 'J-01'
        end as recipe
    from recognitions
    left join contents using (order_id)
    left join tenders using (order_id)
    where contents.lines > 0 or tenders.legs > 0
),

payments as (
    select
        {{ payment_event('legs') }}, 'payment', entity_id, settled_date, order_id, cast(null as varchar), movement_id, bank_line_id, amount_minor, currency_code,
        case
            when is_advance then 'J-24'
            when overpaid_minor > 0 then 'J-22'
            when currency_code != money_currency_code then 'J-29'
            else 'J-20'
        end
    from legs
    where moment != 'same_day'
    union all
    select
        'je:' || money_entity_id || ':' || movement_id || ':charge', 'payment_for_another', money_entity_id, settled_date, order_id,
        cast(null as varchar), movement_id, bank_line_id, money_minor, money_currency_code, 'J-38'
    from legs
    where money_entity_id != entity_id
),

kinds as (
    select
        refund_id, bool_or(line_type = 'adjustment' and net_minor < 0) as is_restocking, bool_and(line_type = 'adjustment') as is_allowance,
        bool_and(line_type = 'shipping') as is_shipping
    from {{ ref('can_refund_lines') }}
    where net_minor != 0 or tax_minor != 0
    group by refund_id
),

refunds as (
    select
        'je:' || refunds.entity_id || ':' || refunds.refund_id || ':refunded', 'refund', refunds.entity_id, refunds.entry_date, refunds.order_id,
        refunds.refund_id, refunds.movement_id, cast(null as varchar), refunds.amount_minor, refunds.currency_code,
        case
            when refunds.is_advance then 'J-25' when refunds.currency_code != refunds.money_currency_code then 'J-28'
            when refunds.credited_minor > 0 then 'J-43' when refunds.tender = 'store_credit' then 'J-03c' when refunds.tender = 'gift_card' then 'J-15'
            when kinds.is_restocking then 'J-03d' when kinds.is_allowance then 'J-03g' when kinds.is_shipping then 'J-45'
            when refunds.tender = 'refund_due' then 'J-03e' else 'J-03'
        end
    from {{ ref('fct_settled_refunds') }} as refunds
    left join kinds using (refund_id)
    -- Goods that were neither paid nor earned yet move nothing.
    where not refunds.is_advance or refunds.amount_minor != 0 or refunds.advance_minor != 0 or refunds.advance_tax_minor != 0
    union all
    select
        'je:' || refunds.entity_id || ':' || refunds.refund_id || ':released', 'refund_release', refunds.entity_id, refunds.recognised_date,
        refunds.order_id, refunds.refund_id, cast(null as varchar), cast(null as varchar), cast(0 as bigint), refunds.currency_code, 'J-24'
    from {{ ref('fct_settled_refunds') }} as refunds
    inner join kinds using (refund_id)
    where refunds.is_advance and refunds.recognised_date is not null
),

-- Its own entry beside the payment's, as it is a document of its own in the books.
discounts as (
    select
        event_id, 'early_payment', entity_id, discount_date, order_id, discount_id, cast(null as varchar), cast(null as varchar), discount_minor,
        currency_code, 'J-21'
    from {{ ref('fct_early_payment_discounts') }}
)

select * from sales
union all
select * from discounts
union all
select * from payments
union all
select * from refunds
