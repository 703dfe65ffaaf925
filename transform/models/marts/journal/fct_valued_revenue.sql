with

-- What the ledger booked as income of an order in a month, in the currency of the books; an entry that waits for a rate has none.
booked as (
    select
        lines.entity_id, lines.order_id, lines.period_month, lines.currency_code,
        -{{ sum_minor('lines.signed_base_minor') }} as base_minor, count(*) - count(lines.signed_base_minor) as unrated_lines
    from {{ ref('fct_journal_lines') }} as lines
    inner join {{ ref('chart_of_accounts') }} as chart using (account_number)
    where chart.account_type in ('income', 'contra_income') and lines.recipe != 'J-36' and lines.currency_code != lines.base_currency_code
    group by lines.entity_id, lines.order_id, lines.period_month, lines.currency_code
),

rates as (
    select * from {{ ref('dim_fx_rates') }}
),

dated as (
    select
        revenue.*, entities.base_currency_code as book_currency_code, coalesce(order_rates.rate_date, revenue.event_date) as rate_date,
        {{ end_of_month('revenue.event_date') }} as report_rate_date, coalesce(of_entity.report_currency_code, of_all.report_currency_code) as report_currency_code
    from {{ ref('fct_net_revenue') }} as revenue
    left join {{ ref('entities') }} as entities using (entity_id)
    left join {{ ref('fct_order_rates') }} as order_rates using (order_id)
    left join {{ ref('report_policies') }} as of_entity on revenue.entity_id = of_entity.entity_id
    left join {{ ref('report_policies') }} as of_all on of_all.entity_id = '*'
),

-- In the books' own currency a sale is worth itself; nearly all are.
plain as (
    select *, cast(0 as bigint) as remainder_minor, net_revenue_minor as book_minor from dated where currency_code = book_currency_code
),

converted as (
    select
        dated.*, booked.base_minor,
        case
            when coalesce(booked.unrated_lines, 1) = 0
                then {{ convert_minor('dated.net_revenue_minor', 'dated.currency_code', 'dated.book_currency_code', 'rates.rate', 'rates.rate_base_currency_code') }}
        end as converted_minor
    from dated
    left join booked
        on dated.entity_id = booked.entity_id
        and dated.order_id is not distinct from booked.order_id
        and dated.event_month = booked.period_month
        and dated.currency_code = booked.currency_code
    left join rates
        on rates.purpose = 'book'
        and dated.currency_code = rates.from_currency_code
        and dated.book_currency_code = rates.to_currency_code
        and dated.rate_date = rates.rate_date
    where dated.currency_code is distinct from dated.book_currency_code
),

-- The ledger rounds an entry's lines and evens them out; what that leaves stands on the largest row of the order in the month.
measured as (
    select
        *,
        cast(sum(converted_minor) over (partition by entity_id, order_id, event_month, currency_code) as bigint) as together_minor,
        row_number() over (partition by entity_id, order_id, event_month, currency_code order by abs(net_revenue_minor) desc, net_revenue_id) as nth
    from converted
),

evened as (
    select
        *, case when nth = 1 and converted_minor is not null then base_minor - together_minor else 0 end as remainder_minor
    from measured
),

booked_rows as (
    select * from plain
    union all
    select * exclude (base_minor, converted_minor, together_minor, nth), converted_minor + remainder_minor from evened
),

valued as (
    select
        booked_rows.*, rates.rate as report_rate,
        case
            when booked_rows.book_currency_code = booked_rows.report_currency_code then book_minor
            else {{ convert_minor('book_minor', 'booked_rows.book_currency_code', 'booked_rows.report_currency_code', 'rates.rate', 'rates.rate_base_currency_code') }}
        end as report_minor
    from booked_rows
    left join rates
        on rates.purpose = 'report'
        and booked_rows.book_currency_code = rates.from_currency_code
        and booked_rows.report_currency_code = rates.to_currency_code
        and booked_rows.report_rate_date = rates.rate_date
)

select
    net_revenue_id, entity_id, channel, order_id, order_number, event_type, line_type, event_date, event_month, sku, quantity, net_revenue_minor, currency_code,
    book_minor, book_currency_code, remainder_minor, report_minor, report_currency_code, report_rate_date, report_rate,
    case when book_minor is null or (report_minor is null and report_currency_code is not null) then 'CUR-03' end as reason_code
from valued
