{{ config(tags=['identity'], meta={'spares': 'goods', 'identity': 'I-22', 'severity': 'blocks'}) }}
-- I-22: a realised exchange difference is what the other lines of its entry differ by in the books' currency, every ready line in a foreign
-- currency has a stored rate of its day, and what conversion left over is at most one minor unit a line.
-- A failure means that a rate was guessed or a difference hidden in exchange gains.
with

rates as (
    select * from {{ ref('dim_fx_rates') }} where purpose = 'book'
),

differences as (
    select event_id, {{ sum_minor('signed_base_minor') }} as residue_minor, {{ sum_minor('abs(remainder_minor)') }} as remainder_minor, count(*) as lines
    from {{ ref('fct_rated_postings') }}
    group by event_id
    having count(*) = count(signed_base_minor)
)

select event_id as reference from differences where residue_minor != 0 or remainder_minor > lines
union all
select postings.event_id
from {{ ref('fct_rated_postings') }} as postings
left join rates
    on postings.currency_code = rates.from_currency_code
    and postings.base_currency_code = rates.to_currency_code
    and postings.rate_date = rates.rate_date
where postings.currency_code != postings.base_currency_code and postings.signed_base_minor is not null and rates.rate is null
