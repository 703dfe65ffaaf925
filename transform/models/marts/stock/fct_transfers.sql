with sides as (
    select
        platform,
        source_id,
        sku,
        min(document_number) as document_number,
        cast(sum(case when units < 0 then -units else 0 end) as bigint) as sent,
        cast(sum(case when units > 0 then units else 0 end) as bigint) as received,
        min(case when units < 0 then location_id end) as from_location_id,
        min(case when units > 0 then location_id end) as to_location_id
    from {{ ref('fct_stock_movements') }}
    where movement_type = 'transfer'
    group by platform, source_id, sku
),

transfers as (
    select
        platform || ':' || coalesce(source_id, '') || ':' || sku as transfer_id,
        platform,
        source_id,
        document_number,
        sku,
        from_location_id,
        to_location_id,
        sent,
        received,
        sent - received as in_transit
    from sides
)

select * from transfers
