{{ config(tags=['identity'], meta={'spares': 'goods', 'identity': 'I-22', 'severity': 'blocks'}) }}
-- I-22: a payment charged in another currency has the reason its rates give it: CUR-03 exactly while a rate of one of its two days is not stored, and CUR-01
-- with the cents that the stored rates make of both sides; an entry of it that is valued was never in want of a rate.
-- A failure means that a bridge says a rate is missing which is there, or that a worth was stated without one. It does not mean that an exchange was dear.
with

stored as (
    select base_currency_code as from_code, quote_currency_code as to_code, rate_date, rate, base_currency_code as rate_base_currency_code
    from {{ ref('fx_rates') }}
    where purpose = 'book'
    union all
    select quote_currency_code, base_currency_code, rate_date, rate, base_currency_code
    from {{ ref('fx_rates') }}
    where purpose = 'book'
),

sides as (
    {%- for side in ['leg', 'charge'] %}
    select exchanges.payment_match_id, exchanges.reason_code, exchanges.{{ side }}_base_minor as stated_minor,
        case
            when exchanges.{{ side }}_currency_code = exchanges.base_currency_code then exchanges.{{ side }}_minor
            else {{ convert_minor('exchanges.' ~ side ~ '_minor', 'exchanges.' ~ side ~ '_currency_code', 'exchanges.base_currency_code', 'stored.rate', 'stored.rate_base_currency_code') }}
        end as worth_minor
    from {{ ref('fct_charge_exchanges') }} as exchanges
    left join stored
        on exchanges.{{ side }}_currency_code = stored.from_code
        and exchanges.base_currency_code = stored.to_code
        and exchanges.{{ side }}_rate_date = stored.rate_date
    {{ 'union all' if not loop.last }}
    {%- endfor %}
),

-- The books' company and the money's day are those of the line of the charge in its entry.
valued as (
    select movement_id, entity_id, max(rate_date) as rate_date
    from {{ ref('fct_rated_postings') }}
    where movement_id is not null and source in ('sale', 'payment') and posting_key = 'clearing'
    group by movement_id, entity_id
    having count(*) = count(signed_base_minor)
),

told as (
    select difference_id, reason_code from {{ ref('fct_charge_differences') }} where reason_code in ('CUR-01', 'CUR-03')
)

select payment_match_id as reference, 'another worth than its rates give' as trouble
from sides
where stated_minor is distinct from worth_minor
union all
select payment_match_id, 'another exchange than both sides make'
from {{ ref('fct_charge_exchanges') }}
where exchange_minor is distinct from charge_base_minor - leg_base_minor
union all
select payment_match_id, 'another reason than its rates give'
from sides
group by payment_match_id
having (count(worth_minor) = 2) != (min(reason_code) = 'CUR-01')
union all
select exchanges.payment_match_id, 'its entry is valued'
from {{ ref('fct_charge_exchanges') }} as exchanges
inner join valued
    on exchanges.movement_id = valued.movement_id
    and exchanges.entity_id = valued.entity_id
where exchanges.reason_code = 'CUR-03' or exchanges.charge_rate_date != valued.rate_date
union all
select exchanges.payment_match_id, 'not told in both currencies'
from {{ ref('fct_charge_exchanges') }} as exchanges
left join told as sent
    on sent.difference_id = 'charge:' || exchanges.payment_match_id || ':out' and sent.reason_code = exchanges.reason_code
left join told as received
    on received.difference_id = 'charge:' || exchanges.payment_match_id || ':in' and received.reason_code = exchanges.reason_code
where sent.difference_id is null or received.difference_id is null
