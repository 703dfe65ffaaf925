with holds as (
    select
        sku,
        units,
        held_at,
        expires_at,
        note,
        row_number() over (
            partition by sku
            order by expires_at, coalesce(held_at, expires_at), units, coalesce(note, '')
        ) as hold_number
    from {{ ref('checkout_holds') }}
),

judged as (
    select
        holds.*,
        holds.expires_at <= clock.newest_count_at as is_released,
        least(holds.expires_at, clock.newest_count_at) as held_until_at
    from holds
    cross join {{ ref('dim_stock_clock') }} as clock
),

reservations as (
    select
        sku || '/' || cast(hold_number as varchar) as reservation_id,
        sku,
        cast(units as bigint) as units,
        held_at,
        expires_at,
        coalesce(is_released, false) as is_released,
        case when is_released then expires_at end as released_at,
        {{ floor_divide(seconds_between('held_at', 'held_until_at'), '60') }} as age_minutes,
        note
    from judged
)

select * from reservations
