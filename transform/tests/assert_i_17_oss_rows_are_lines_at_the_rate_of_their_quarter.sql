{{ config(tags=['identity'], meta={'spares': 'goods', 'identity': 'I-17', 'severity': 'blocks'}) }}
-- I-17: the lines of a One Stop Shop return are the tax lines of that scheme, each once, at the first rate published on or after the last day of
-- its quarter, a week later at most; a row of the return is the sum of its lines.
-- A failure means that a return would state too much, too little or at another day's rate. A rate nobody published is no failure: it is missing.
with

lines as (
    select * from {{ ref('fct_oss_lines') }}
),

taxes as (
    select tax_event_id, supply_date, taxable_minor, tax_minor, order_id, event_type from {{ ref('fct_tax_lines') }} where scheme = 'oss'
),

published as (
    select quote_currency_code as currency_code, rate_date, rate
    from {{ ref('fx_rates') }}
    where base_currency_code = 'EUR' and purpose = 'oss_period_end'
),

wrong as (
    select lines.oss_line_id
    from lines
    where lines.currency_code != 'EUR'
        and (
            lines.exchange_rate_date is distinct from (
                select min(published.rate_date) from published
                where published.currency_code = lines.currency_code
                    and published.rate_date >= lines.supply_quarter_end
                    and {{ days_between('lines.supply_quarter_end', 'published.rate_date') }} <= 7
            )
            or (lines.exchange_rate is not null and not exists (
                select 1 from published
                where published.currency_code = lines.currency_code
                    and published.rate_date = lines.exchange_rate_date
                    and published.rate = lines.exchange_rate
            ))
        )
    union all
    select oss_line_id from lines where currency_code = 'EUR' and (exchange_rate != '1' or exchange_rate_date is not null)
    union all
    select oss_line_id
    from lines
    where {{ quarter_key('supply_quarter_end') }} != {{ quarter_key('supply_date') }}
        or {{ quarter_key(add_days('supply_quarter_end', 1)) }} = {{ quarter_key('supply_date') }}
        or period_quarter != {{ quarter_key('event_date') }}
        or supply_quarter != {{ quarter_key('supply_date') }}
),

counted as (
    select tax_event_id, count(lines.oss_line_id) as times
    from taxes
    full outer join lines on taxes.tax_event_id = lines.oss_line_id and taxes.tax_minor = lines.tax_minor and taxes.taxable_minor = lines.taxable_minor
    group by tax_event_id
),

numbered as (
    select lines.oss_line_id
    from lines
    inner join {{ ref('can_orders') }} as orders using (order_id)
    where lines.order_number is distinct from orders.order_number
),

summed as (
    select oss_return_id, sum(taxable_minor) as taxable_minor, sum(tax_minor) as tax_minor from lines group by oss_return_id
)

select oss_line_id as reference from wrong
union all
select oss_line_id from numbered
union all
select tax_event_id from counted where tax_event_id is null or times != 1
union all
select coalesce(summed.oss_return_id, returns.oss_return_id)
from summed
full outer join {{ ref('fct_oss_returns') }} as returns using (oss_return_id)
where summed.tax_minor is distinct from returns.tax_minor
    or summed.taxable_minor is distinct from returns.taxable_minor
    or (returns.currency_code = 'EUR' and returns.tax_eur_minor != returns.tax_minor)
