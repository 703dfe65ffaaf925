{#-
    A channel is oversold when others sell more than it holds back before it knows. Which targets of the table that stays
    within, and whether the pool can run out within the hour: only then does it matter now.
-#}
with wanted as (
    select
        ats.sku,
        ats.channel,
        ats.pool,
        ats.ats,
        greatest(0, ats.pool - ats.ats) as held_back,
        coalesce(policies.oversell_target_ppm, 1000) as target_ppm
    from {{ ref('fct_ats') }} as ats
    inner join {{ ref('fct_channel_policies') }} as policies on ats.sku = policies.sku and ats.channel = policies.channel
    where
        not ats.is_bundle
        and exists (
            select 1 from {{ ref('fct_listings') }} as listings
            where listings.sku = ats.sku and listings.channel = ats.channel and listings.held_back_reason is null
        )
),

{{ busiest_days_elsewhere('wanted') }},

own_days as (
    select wanted.sku, wanted.channel, orders.order_date, cast(sum(units.ordered) as bigint) as units
    from wanted
    inner join {{ ref('fct_order_units') }} as units on wanted.sku = units.sku
    inner join {{ ref('can_orders') }} as orders on units.order_id = orders.order_id
    cross join {{ ref('dim_stock_clock') }} as clock
    where not orders.is_test and orders.order_date > {{ add_days('clock.newest_order_date', '-' ~ var('sales_rate_days')) }}
    group by wanted.sku, wanted.channel, orders.order_date
),

rates as (
    select sku, channel, greatest(0, max(units)) as units_per_day
    from own_days
    group by sku, channel
),

exposed as (
    select
        wanted.*,
        coalesce(rates.units_per_day, 0) as units_per_day,
        greatest(0, coalesce(busiest.units_per_day, 0)) as units_per_day_elsewhere,
        latencies.p99_ms,
        latencies.is_measured as is_latency_measured,
        {{ floor_divide('(greatest(0, coalesce(busiest.units_per_day, 0)) * latencies.p99_ms + 86399)', '86400') }} as lambda_tau_thousandths,
        {{ floor_divide('(coalesce(rates.units_per_day, 0) * 1000 + 23)', '24') }} as hour_thousandths
    from wanted
    inner join {{ ref('dim_push_latencies') }} as latencies on wanted.channel = latencies.channel
    left join rates on wanted.sku = rates.sku and wanted.channel = rates.channel
    left join busiest on wanted.sku = busiest.sku and wanted.channel = busiest.channel
),

-- The largest number of units that every target's rows reach: beyond it more held back makes no difference here.
table_end as (
    select min(most) as most
    from (select target_ppm, max(buffer) as most from {{ ref('poisson_buffers') }} group by target_ppm) as ends
),

chances as (
    select exposed.sku, exposed.channel, min(poisson_buffers.target_ppm) as chance_ppm
    from exposed
    cross join table_end
    inner join {{ ref('poisson_buffers') }} as poisson_buffers
        on
            poisson_buffers.buffer = least(exposed.held_back, table_end.most)
            and exposed.lambda_tau_thousandths <= poisson_buffers.lambda_tau_thousandths_up_to
    group by exposed.sku, exposed.channel
),

hours as (
    select rates.hour_thousandths, min(poisson_buffers.buffer) as units
    from (select distinct hour_thousandths from exposed) as rates
    inner join {{ ref('poisson_buffers') }} as poisson_buffers
        on
            poisson_buffers.target_ppm = 10000
            and rates.hour_thousandths <= poisson_buffers.lambda_tau_thousandths_up_to
    group by rates.hour_thousandths
),

measured as (
    select
        exposed.*,
        chances.chance_ppm,
        coalesce(hours.units, {{ floor_divide('(2 * exposed.hour_thousandths + 999)', '1000') }}) as hour_units
    from exposed
    left join chances on exposed.sku = chances.sku and exposed.channel = chances.channel
    left join hours on exposed.hour_thousandths = hours.hour_thousandths
),

risks as (
    select
        sku,
        channel,
        cast(pool as bigint) as pool,
        cast(ats as bigint) as ats,
        cast(held_back as bigint) as held_back,
        cast(units_per_day as bigint) as units_per_day,
        cast(units_per_day_elsewhere as bigint) as units_per_day_elsewhere,
        p99_ms,
        is_latency_measured,
        lambda_tau_thousandths,
        cast(chance_ppm as bigint) as chance_ppm,
        cast(target_ppm as bigint) as target_ppm,
        cast(hour_units as bigint) as hour_units,
        case
            when ats <= 0 then 'sold_out'
            when chance_ppm <= target_ppm then 'covered'
            when pool > hour_units then 'not_soon'
            else 'at_risk'
        end as oversell_risk_status
    from measured
)

select * from risks
