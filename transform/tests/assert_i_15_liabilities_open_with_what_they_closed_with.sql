{{ config(tags=['identity'], meta={'spares': 'goods', 'identity': 'I-15', 'severity': 'blocks'}) }}
-- I-15, I-16: each month of gift cards and of store credit opens, per entity and currency, with all that moved before it, and nothing else is in the table.
-- A failure means that one company's or one kind's liability ran into another's.
with

months as (
    select * from {{ ref('fct_gift_card_liability') }}
),

before as (
    select
        months.entity_id, months.liability_type, months.currency_code, months.period_month,
        sum(earlier.sold_minor + earlier.refunded_to_minor + earlier.redeemed_minor + earlier.taken_back_minor) as moved_minor
    from months
    inner join months as earlier
        on months.entity_id = earlier.entity_id
        and months.liability_type = earlier.liability_type
        and months.currency_code = earlier.currency_code
        and months.period_month > earlier.period_month
    group by months.entity_id, months.liability_type, months.currency_code, months.period_month
)

select months.entity_id, months.liability_type, months.period_month, months.opening_minor, before.moved_minor
from months
left join before using (entity_id, liability_type, currency_code, period_month)
where months.opening_minor != coalesce(before.moved_minor, 0) or months.liability_type not in ('gift_card', 'store_credit')
