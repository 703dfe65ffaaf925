{{ config(tags=['identity'], meta={'spares': 'goods', 'identity': 'I-21', 'severity': 'blocks'}) }}
-- I-21: net revenue in the currency of the books is the income of the ledger, per entity, month and currency of the sale; in the books' own currency it is the
-- net revenue itself, in any other off by no more than a rounding for each row. In the currency of the report a row is what the books have, at the rate of the
-- month's last day, rounded once. A row has no amount exactly where the ledger or the rates have none.
-- A failure means that companies are added up at a rate nobody stored, or that the report is not the books.
with

revenue as (
    select * from {{ ref('fct_valued_revenue') }}
),

ledger as (
    select entity_id, period_month, currency_code, order_id, -sum(signed_base_minor) as base_minor, bool_or(signed_base_minor is null) as is_held, count(*) as lines
    from {{ ref('fct_journal_lines') }}
    where account_number in (select account_number from {{ ref('chart_of_accounts') }} where account_type in ('income', 'contra_income')) and recipe != 'J-36'
    group by entity_id, period_month, currency_code, order_id
),

compared as (
    select entity_id, period_month, currency_code, base_minor as amount_minor from ledger where not is_held
    union all
    select entity_id, event_month, currency_code, -book_minor from revenue where book_minor is not null
),

orders as (
    select entity_id, event_month, currency_code, order_id, sum(case when currency_code = book_currency_code then 0 else 1 end) as foreign_rows, max(abs(remainder_minor)) as remainder_minor
    from revenue
    group by entity_id, event_month, currency_code, order_id
),

quoted as (
    select revenue.*, direct.rate as direct_rate, inverse.rate as inverse_rate,
        {{ minor_units_per_major('revenue.book_currency_code') }} as book_units, {{ minor_units_per_major('revenue.report_currency_code') }} as report_units
    from revenue
    left join {{ ref('fx_rates') }} as direct
        on direct.purpose = 'report' and direct.rate_date = revenue.report_rate_date
        and direct.base_currency_code = revenue.book_currency_code and direct.quote_currency_code = revenue.report_currency_code
    left join {{ ref('fx_rates') }} as inverse
        on inverse.purpose = 'report' and inverse.rate_date = revenue.report_rate_date
        and inverse.base_currency_code = revenue.report_currency_code and inverse.quote_currency_code = revenue.book_currency_code
)

-- Every row of net revenue is there once.
select 'row ' || coalesce(sold.net_revenue_id, valued.net_revenue_id) as trouble, coalesce(sold.entity_id, valued.entity_id) as entity_id
from {{ ref('fct_net_revenue') }} as sold
full outer join (select net_revenue_id, min(entity_id) as entity_id, count(*) as times from revenue group by net_revenue_id) as valued using (net_revenue_id)
where sold.net_revenue_id is null or valued.times is distinct from 1
union all
select 'ledger of ' || period_month || ' ' || currency_code as trouble, entity_id
from compared
group by entity_id, period_month, currency_code
having sum(amount_minor) != 0
union all
select 'rounding of ' || coalesce(orders.order_id, 'unknown order'), orders.entity_id
from orders
left join (select entity_id, order_id, period_month, currency_code, lines from ledger) as entries
    on orders.entity_id = entries.entity_id and orders.order_id is not distinct from entries.order_id
    and orders.event_month = entries.period_month and orders.currency_code = entries.currency_code
where orders.remainder_minor > case when orders.foreign_rows = 0 then 0 else orders.foreign_rows + entries.lines end
union all
select 'books of ' || revenue.net_revenue_id, revenue.entity_id
from revenue
left join ledger
    on revenue.entity_id = ledger.entity_id and revenue.order_id is not distinct from ledger.order_id
    and revenue.event_month = ledger.period_month and revenue.currency_code = ledger.currency_code
where (revenue.book_minor is null) != coalesce(ledger.is_held, true)
    or (revenue.currency_code = revenue.book_currency_code and revenue.book_minor != revenue.net_revenue_minor)
union all
select 'report of ' || net_revenue_id, entity_id
from quoted
where case
        when report_currency_code is null or book_minor is null then report_minor is not null
        when report_currency_code = book_currency_code then report_minor is distinct from book_minor
        when direct_rate is not null then coalesce(
            abs(cast(book_minor as decimal(24, 0)) * cast(direct_rate as decimal(14, 8)) * report_units - cast(report_minor as decimal(24, 0)) * book_units) * 2 > book_units, true
        )
        when inverse_rate is not null then coalesce(
            abs(cast(book_minor as decimal(24, 0)) * report_units - cast(report_minor as decimal(24, 0)) * cast(inverse_rate as decimal(14, 8)) * book_units) * 2
            > cast(inverse_rate as decimal(14, 8)) * book_units, true
        )
        else report_minor is not null
    end
    or report_rate is distinct from case when report_currency_code != book_currency_code then coalesce(direct_rate, inverse_rate) end
    or (reason_code is null) != (book_minor is not null and (report_minor is not null or report_currency_code is null))
