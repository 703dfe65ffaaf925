with

quoted as (
    select
        base_currency_code as from_currency_code,
        quote_currency_code as to_currency_code,
        rate_date,
        purpose,
        source,
        rate,
        base_currency_code as rate_base_currency_code
    from {{ ref('fx_rates') }}
),

turned as (
    select
        quote_currency_code as from_currency_code,
        base_currency_code as to_currency_code,
        rate_date,
        purpose,
        source,
        rate,
        base_currency_code as rate_base_currency_code
    from {{ ref('fx_rates') }}
),

both_ways as (
    select * from quoted
    union all
    select * from turned
)

select * from both_ways
