{{ config(tags=['identity'], meta={'spares': 'goods', 'identity': 'provisions', 'severity': 'blocks'}) }}
-- At the end of a month that is over, the provision is the share of the goods sold in the days before it that the nearest row of the accountant expects back,
-- less what came back of them by then, never below nought; the right to these goods is its part of that; a closed month keeps what it was closed with.
-- Each month that is over and looks back on goods sold has its row.
-- A failure means that an estimate rests on other sales, other days or another rate than it says. It does not mean that the rate is right.
with

goods as (
    select order_id, entity_id, currency_code, event_type, event_date, net_revenue_minor
    from {{ ref('fct_net_revenue') }}
    where line_type = 'product' and event_type in ('sale', 'return')
),

counted as (
    select order_id, recognised_date from {{ ref('fct_order_recognitions') }} where recognised_date is not null
),

days as (
    select
        goods.entity_id, goods.currency_code, counted.recognised_date as sale_date, goods.event_date,
        sum(case when goods.event_type = 'sale' then abs(goods.net_revenue_minor) else 0 end) as sold_minor,
        sum(case when goods.event_type = 'return' then abs(goods.net_revenue_minor) else 0 end) as returned_minor
    from goods
    inner join counted using (order_id)
    group by goods.entity_id, goods.currency_code, counted.recognised_date, goods.event_date
),

months as (
    select distinct entity_id, {{ end_of_month('event_date') }} as month_end from days where {{ end_of_month('event_date') }} <= {{ known_until() }}
),

own as (
    select months.entity_id, months.month_end, max(policies.valid_from) as valid_from
    from months
    inner join {{ ref('returns_provision_policies') }} as policies on months.entity_id = policies.entity_id and policies.valid_from <= months.month_end
    group by months.entity_id, months.month_end
),

of_all as (
    select ends.month_end, max(policies.valid_from) as valid_from
    from (select distinct month_end from months) as ends
    inner join {{ ref('returns_provision_policies') }} as policies on policies.entity_id = '*' and policies.valid_from <= ends.month_end
    group by ends.month_end
),

ruled as (
    select
        months.entity_id, months.month_end, policies.method, policies.is_posted, policies.return_rate_ppm, policies.recoverable_ppm,
        {{ add_days('months.month_end', '-coalesce(policies.return_days, 31)') }} as before_window
    from months
    left join own using (entity_id, month_end)
    left join of_all using (month_end)
    left join {{ ref('returns_provision_policies') }} as policies
        on policies.entity_id = coalesce(own.entity_id, '*')
        and policies.valid_from = coalesce(own.valid_from, of_all.valid_from)
),

expected as (
    select
        ruled.entity_id, ruled.month_end, days.currency_code, min(ruled.method) as method, coalesce(bool_or(ruled.is_posted), false) as is_posted,
        coalesce(min(ruled.return_rate_ppm), 0) as rate_ppm, coalesce(min(ruled.recoverable_ppm), 0) as worth_ppm,
        sum(days.sold_minor) as sold_minor, sum(days.returned_minor) as returned_minor
    from ruled
    inner join days using (entity_id)
    where days.sale_date > ruled.before_window and days.sale_date <= ruled.month_end and days.event_date <= ruled.month_end
    group by ruled.entity_id, ruled.month_end, days.currency_code
),

frozen as (
    select row_key, max(case when measure = 'provision_minor' then amount_minor end) as provision_minor,
        max(case when measure = 'right_to_goods_minor' then amount_minor end) as right_minor
    from {{ ref('can_closed_amounts') }}
    where table_name = 'fct_returns_provisions'
    group by row_key
)

select coalesce(found.returns_provision_id, expected.entity_id || ' ' || cast(expected.month_end as varchar)) as reference
from {{ ref('fct_returns_provisions') }} as found
full outer join expected
    on found.entity_id = expected.entity_id
    and found.month_end = expected.month_end
    and found.currency_code = expected.currency_code
left join frozen on found.returns_provision_id = frozen.row_key
where found.sold_minor is distinct from expected.sold_minor
    or found.returned_minor is distinct from expected.returned_minor
    or found.method is distinct from expected.method
    or found.is_posted != expected.is_posted
    or {{ month_key('found.month_end') }} != found.period_month
    -- To half a unit.
    or (coalesce(found.method, '') != 'stated_rate' and found.expected_minor != 0)
    or (found.method = 'stated_rate' and 2 * abs(cast(found.expected_minor as hugeint) * 1000000 - cast(found.sold_minor as hugeint) * expected.rate_ppm) > 1000000)
    or (frozen.row_key is null
        and 2 * abs(cast(found.right_to_goods_minor as hugeint) * 1000000 - cast(found.provision_minor as hugeint) * expected.worth_ppm) > 1000000)
    or found.is_frozen != (frozen.provision_minor is not null)
    or found.provision_minor != coalesce(frozen.provision_minor, greatest(found.expected_minor - found.returned_minor, 0))
    or found.right_to_goods_minor != coalesce(frozen.right_minor, found.right_to_goods_minor)
union all
select returns_provision_id from {{ ref('fct_returns_provisions') }} group by returns_provision_id having count(*) > 1
