{{ config(tags=['identity'], meta={'spares': 'goods', 'identity': 'fx_rates', 'severity': 'blocks'}) }}
-- Every stored rate can be asked from either currency, once each, and says of which currency one unit is priced.
-- A failure means that a conversion would find no rate, or two. A rate nobody stored is no failure: it waits (CUR-03).
with

counted as (
    select
        stored.base_currency_code, stored.quote_currency_code, stored.rate_date, stored.purpose, count(distinct stored.source) as stored,
        count(case when rates.from_currency_code = stored.base_currency_code then 1 end) as asked_from_base,
        count(case when rates.from_currency_code = stored.quote_currency_code then 1 end) as asked_from_quote
    from {{ ref('fx_rates') }} as stored
    left join {{ ref('dim_fx_rates') }} as rates
        on rates.rate_base_currency_code = stored.base_currency_code
        and stored.quote_currency_code in (rates.from_currency_code, rates.to_currency_code)
        and stored.rate_date = rates.rate_date
        and stored.purpose = rates.purpose
        and stored.source = rates.source
        and stored.rate = rates.rate
    group by stored.base_currency_code, stored.quote_currency_code, stored.rate_date, stored.purpose
)

select * from counted where asked_from_base != stored or asked_from_quote != stored
