-- What a channel may sell − what it shows, listing by listing. The ledger says what was last accepted: a channel that
-- has been read since and shows less has sold it, and shows otherwise because somebody edited it there. Units it says are
-- on open orders of its own, beyond those we know, are on orders that nobody has read yet.
with listings as (
    select
        *,
        case
            when platform = 'shopify' then inventory_item_gid || '|' || location_gid
            when platform = 'amazon' then sku
            else platform_product_id || coalesce('/' || platform_variant_id, '')
        end as record_key
    from {{ ref('fct_listings') }}
),

pushes as (
    select
        deliveries.record_key,
        deliveries.destination,
        deliveries.delivery_status,
        deliveries.status_changed_at,
        cast(changes.after_value as bigint) as accepted_quantity,
        row_number() over (
            partition by deliveries.sync, deliveries.record_key order by deliveries.planned_at desc, deliveries.delivery_id desc
        ) as newest_first
    from {{ ref('fct_deliveries') }} as deliveries
    inner join {{ ref('fct_plan_changes') }} as changes
        on deliveries.delivery_id = changes.delivery_id and changes.field_name = 'quantity'
    where deliveries.sync like '%\_\_stock\_levels' escape '\'
),

joined as (
    select
        listings.*,
        pushes.delivery_status,
        pushes.accepted_quantity,
        pushes.status_changed_at,
        coalesce(listings.reckoned_quantity, 0) - coalesce(listings.listed_quantity, 0) as units
    from listings
    left join pushes
        on
            listings.platform = pushes.destination
            and listings.record_key = pushes.record_key
            and pushes.newest_first = 1
),

-- Units of the SKU the channel has sold since it accepted a number, as far as its orders have been read.
sold as (
    select joined.listing_id, cast(sum(units.ordered) as bigint) as units
    from joined
    inner join {{ ref('fct_order_units') }} as units on joined.sku = units.sku
    inner join {{ ref('can_orders') }} as orders on units.order_id = orders.order_id and joined.channel = orders.channel
    where joined.delivery_status = 'accepted' and orders.placed_at > joined.status_changed_at
    group by joined.listing_id
),

in_sets as (
    select bundle_sku as sku from {{ ref('dim_bundle_components') }}
    union
    select component_sku from {{ ref('dim_bundle_components') }}
),

known as (
    select channel, sku, cast(sum(committed) as bigint) as units
    from {{ ref('fct_commitments') }}
    group by channel, sku
),

-- A set is owed as its components here and as itself there: such SKUs can not be compared.
unread as (
    select promised.channel, promised.sku, promised.units - coalesce(known.units, 0) as units
    from (
        select channel, sku, cast(sum(platform_committed) as bigint) as units
        from {{ ref('can_channel_listings') }}
        where platform_committed is not null
        group by channel, sku
    ) as promised
    left join known on promised.channel = known.channel and promised.sku = known.sku
    where promised.sku not in (select sku from in_sets)
),

judged as (
    select
        joined.sku,
        joined.channel,
        joined.listing_id,
        joined.units,
        case
            when joined.held_back_reason = 'not_tracked' then 'STK-17'
            when joined.held_back_reason = 'sku_listed_twice' then 'STK-15'
            when joined.held_back_reason = 'sku_unknown_to_stock' then 'STK-14'
            when joined.held_back_reason in ('location_not_counted', 'account_not_written') then 'STK-16'
            when joined.held_back_reason = 'stock_unexplained' then 'STK-00'
            when joined.delivery_status = 'rejected' then 'STK-19'
            else 'STK-01'
        end as stock_reason_code,
        -- What the channel itself moved away from the number it accepted, once it has been read after that.
        case
            when joined.held_back_reason is null and joined.delivery_status = 'accepted' and joined.updated_at > joined.status_changed_at
                then joined.accepted_quantity - joined.listed_quantity
            else 0
        end as strayed,
        coalesce(sold.units, 0) as sold
    from joined
    left join sold on joined.listing_id = sold.listing_id
),

-- Of what a channel moved and no order of ours took: listing by listing as much as is on its unread orders.
gone as (
    select
        judged.*,
        greatest(0, strayed) - least(greatest(0, strayed), sold) as rest,
        cast(sum(greatest(0, strayed) - least(greatest(0, strayed), sold)) over (
            partition by judged.channel, judged.sku order by judged.listing_id rows unbounded preceding
        ) as bigint) as rest_so_far,
        greatest(0, coalesce(unread.units, 0)) as unread
    from judged
    left join unread on judged.channel = unread.channel and judged.sku = unread.sku
),

split as (
    select *, greatest(0, least(rest, unread - (rest_so_far - rest))) as on_unread_orders
    from gone
),

differences as (
    select sku, channel, listing_id, stock_reason_code, units - strayed as units from split
    union all
    select sku, channel, listing_id, 'STK-02', least(strayed, sold) from split where strayed > 0
    union all
    select sku, channel, listing_id, 'STK-03', on_unread_orders from split
    union all
    select sku, channel, listing_id, 'STK-06', case when strayed > 0 then rest - on_unread_orders else strayed end from split
)

select sku, channel, listing_id, stock_reason_code, cast(sum(units) as bigint) as units
from differences
group by sku, channel, listing_id, stock_reason_code
having sum(units) <> 0
