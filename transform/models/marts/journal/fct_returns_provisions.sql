with

revenue as (
    select * from {{ ref('fct_net_revenue') }} where line_type = 'product' and event_type in ('sale', 'return')
),

recognitions as (
    select order_id, recognised_date from {{ ref('fct_order_recognitions') }} where recognised_date is not null
),

policies as (
    select * from {{ ref('returns_provision_policies') }}
),

frozen as (
    select entity_id, period_month, row_key, measure, amount_minor
    from {{ ref('can_closed_amounts') }}
    where table_name = 'fct_returns_provisions'
),

-- By day of sale, and for returns also by the day they came: a month looks at both.
daily as (
    select revenue.entity_id, revenue.currency_code, recognitions.recognised_date as sale_date, revenue.event_date, revenue.event_type,
        {{ sum_minor('abs(revenue.net_revenue_minor)') }} as amount_minor
    from revenue
    inner join recognitions using (order_id)
    group by revenue.entity_id, revenue.currency_code, recognitions.recognised_date, revenue.event_date, revenue.event_type
),

-- Only a month that is over has a last day to look ahead from.
months as (
    select distinct daily.entity_id, {{ month_key('daily.event_date') }} as period_month, {{ end_of_month('daily.event_date') }} as month_end
    from daily
    where {{ end_of_month('daily.event_date') }} <= {{ known_until() }}
),

candidates as (
    select
        months.entity_id, months.period_month, months.month_end, policies.valid_from, policies.method, policies.return_rate_ppm,
        policies.return_days, policies.recoverable_ppm, coalesce(policies.is_posted, false) as is_posted,
        row_number() over (
            partition by months.entity_id, months.period_month
            order by case when policies.entity_id = '*' then 1 else 0 end, policies.valid_from desc
        ) as nth
    from months
    left join policies
        on policies.entity_id in (months.entity_id, '*')
        and policies.valid_from <= months.month_end
),

-- Without a rate the sales of the month itself are what nobody looked ahead for.
applied as (
    select *, {{ add_days('month_end', "-coalesce(return_days, 31)") }} as before_window
    from candidates
    where nth = 1
),

open_sales as (
    select
        applied.entity_id, applied.period_month, daily.currency_code,
        {{ sum_minor("case when daily.event_type = 'sale' then daily.amount_minor else 0 end") }} as sold_minor,
        {{ sum_minor("case when daily.event_type = 'return' then daily.amount_minor else 0 end") }} as returned_minor
    from applied
    inner join daily
        on applied.entity_id = daily.entity_id
        and daily.sale_date > applied.before_window
        and daily.sale_date <= applied.month_end
        and daily.event_date <= applied.month_end
    group by applied.entity_id, applied.period_month, daily.currency_code
),

expected as (
    select
        applied.*, open_sales.currency_code, open_sales.sold_minor, open_sales.returned_minor,
        applied.entity_id || ':' || applied.period_month || ':' || open_sales.currency_code as returns_provision_id,
        case
            when applied.method = 'stated_rate' then {{ share_of_minor('open_sales.sold_minor', 'applied.return_rate_ppm', '1000000') }} else 0
        end as expected_minor
    from applied
    inner join open_sales using (entity_id, period_month)
),

provided as (
    select *, greatest(expected_minor - returned_minor, 0) as provision_minor from expected
),

estimated as (
    select
        *,
        case
            when provision_minor > 0 then {{ share_of_minor('provision_minor', 'recoverable_ppm', '1000000') }} else 0
        end as right_to_goods_minor
    from provided
)

-- What a closed month estimated stands: the next month turns back just that.
select
    estimated.returns_provision_id, estimated.entity_id, estimated.period_month, estimated.month_end, estimated.currency_code, estimated.method,
    estimated.valid_from as policy_valid_from, estimated.return_rate_ppm, estimated.return_days, estimated.recoverable_ppm, estimated.is_posted,
    estimated.sold_minor, estimated.returned_minor, cast(estimated.expected_minor as bigint) as expected_minor,
    cast(coalesce(liabilities.amount_minor, estimated.provision_minor) as bigint) as provision_minor,
    cast(coalesce(rights.amount_minor, estimated.right_to_goods_minor) as bigint) as right_to_goods_minor,
    liabilities.row_key is not null as is_frozen
from estimated
left join frozen as liabilities
    on estimated.returns_provision_id = liabilities.row_key
    and liabilities.measure = 'provision_minor'
left join frozen as rights
    on estimated.returns_provision_id = rights.row_key
    and rights.measure = 'right_to_goods_minor'
