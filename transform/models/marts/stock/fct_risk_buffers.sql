{#-
    The smallest b with P(Poisson(λτ) > b) at or below the target: λ is what the busiest of the last days sold of the SKU on
    the other channels, τ how long a sale there takes to be confirmed here (99 of 100 times). Counted in thousandths,
    rounded up, so that no engine's floating point decides about a unit.
-#}
with wanted as (
    select sku, channel, oversell_target_ppm
    from {{ ref('fct_channel_policies') }}
    where oversell_target_ppm is not null
),

{{ busiest_days_elsewhere('wanted') }},

exposed as (
    select
        wanted.sku,
        wanted.channel,
        wanted.oversell_target_ppm,
        greatest(0, coalesce(busiest.units_per_day, 0)) as units_per_day,
        latencies.p99_ms,
        {{ floor_divide('(greatest(0, coalesce(busiest.units_per_day, 0)) * latencies.p99_ms + 86399)', '86400') }} as lambda_tau_thousandths
    from wanted
    inner join {{ ref('dim_push_latencies') }} as latencies on wanted.channel = latencies.channel
    left join busiest on wanted.sku = busiest.sku and wanted.channel = busiest.channel
),

-- Few rates are different, many SKUs are not: each rate is looked up once.
needed as (
    select distinct oversell_target_ppm, lambda_tau_thousandths from exposed
),

looked_up as (
    select needed.oversell_target_ppm, needed.lambda_tau_thousandths, min(poisson_buffers.buffer) as buffer
    from needed
    inner join {{ ref('poisson_buffers') }} as poisson_buffers
        on
            needed.oversell_target_ppm = poisson_buffers.target_ppm
            and needed.lambda_tau_thousandths <= poisson_buffers.lambda_tau_thousandths_up_to
    group by needed.oversell_target_ppm, needed.lambda_tau_thousandths
),

buffers as (
    select
        exposed.sku,
        exposed.channel,
        exposed.oversell_target_ppm,
        cast(exposed.units_per_day as bigint) as units_per_day,
        exposed.p99_ms,
        exposed.lambda_tau_thousandths,
        -- Beyond the table twice the expected units: far above what any target asks for at such a rate.
        cast(
            coalesce(looked_up.buffer, {{ floor_divide('(2 * exposed.lambda_tau_thousandths + 999)', '1000') }}) as bigint
        ) as buffer
    from exposed
    left join looked_up
        on
            exposed.oversell_target_ppm = looked_up.oversell_target_ppm
            and exposed.lambda_tau_thousandths = looked_up.lambda_tau_thousandths
)

select * from buffers
