with oversold as (
    select
        'oversold_last_unit' as exception_code,
        oversell_id as record_key,
        sku,
        'Order ' || coalesce(order_number, order_id) || ' (' || channel || ', placed ' || cast(placed_at as varchar) || ' UTC'
            || case when claims_at > placed_at then ', released unpaid, paid ' || cast(claims_at as varchar) || ' UTC' else '' end || ') claims '
            || cast(claimed as varchar) || ' of ' || sku || ', ' || cast(short as varchar) || ' of them sold before. '
            || coalesce(
                'The last went to ' || coalesce(winner_order_number, winner_order_id) || ' (' || winner_channel || ', placed '
                || cast(winner_placed_at as varchar) || ' UTC'
                || case when winner_claims_at > winner_placed_at then ', released unpaid, paid ' || cast(winner_claims_at as varchar) || ' UTC' else '' end
                || '), decided by ' || decided_by || ' on a clock of '
                || cast(clock_resolution_seconds as varchar) || ' s. ',
                'There was nothing to sell. '
            )
            || 'Options: ' || options as message
    from {{ ref('fct_oversells') }}
),

negative as (
    select
        'negative_stock' as exception_code,
        sku || '@' || location_id as record_key,
        sku,
        'On hand of ' || sku || ' at ' || location_id || ' is ' || cast(on_hand as varchar) || ' by ' || owner_platform
            || ': more left than ever came. It stays negative in every figure until it is counted' as message
    from {{ ref('fct_stock') }}
    where on_hand < 0 and owner_platform is not null
),

unexplained as (
    select
        'unexplained_stock' as exception_code,
        sku || '@' || location_id as record_key,
        sku,
        owner_platform || ' counts ' || cast(counted as varchar) || ' of ' || sku || ' at ' || location_id
            || ', its movements add up to ' || cast(by_movements as varchar) || '. No shop shows more of it until this is explained' as message
    from {{ ref('fct_stock_remainders') }}
),

exceptions as (
    select exception_code, record_key, sku, message from oversold
    union all
    select exception_code, record_key, sku, message from negative
    union all
    select exception_code, record_key, sku, message from unexplained
)

select * from exceptions
