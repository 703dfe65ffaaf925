-- Two readings that agree: the number a channel may sell now, and the one the shop shows, which is what an earlier reading
-- brought there. What has no mark of ours was hidden by somebody else, and what has it and is shown, somebody showed again.
with products as (
    select * from {{ ref('can_product_visibilities') }}
),

clock as (
    select newest_count_at as now_at from {{ ref('dim_stock_clock') }}
),

listings as (
    select
        listings.platform,
        listings.account_id,
        listings.platform_product_id,
        max(listings.ats) as ats,
        cast(sum(listings.listed_quantity) as bigint) as listed,
        cast(sum(case when listings.held_back_reason is null then 0 else 1 end) as bigint) as held_back,
        max(channel_listings.updated_at) as listed_at
    from {{ ref('fct_listings') }} as listings
    inner join {{ ref('can_channel_listings') }} as channel_listings on listings.listing_id = channel_listings.listing_id
    group by listings.platform, listings.account_id, listings.platform_product_id
),

policies as (
    select
        products.product_visibility_id,
        visibility_policies.zero_seconds,
        visibility_policies.republish_at,
        row_number() over (
            partition by products.product_visibility_id
            order by case when visibility_policies.channel = '*' then 1 else 0 end
        ) as preference
    from products
    inner join {{ ref('visibility_policies') }} as visibility_policies
        on visibility_policies.channel in (products.channel, '*')
),

judged as (
    select
        products.*,
        listings.ats,
        listings.listed,
        listings.listed_at,
        clock.now_at,
        policies.zero_seconds,
        policies.republish_at,
        case
            when listings.held_back > 0 then 'kept'
            when
                products.visibility = 'shown'
                and listings.ats <= 0
                and listings.listed <= 0
                and {{ seconds_between('listings.listed_at', 'clock.now_at') }} >= policies.zero_seconds
                then 'to_hide'
            when listings.ats < policies.republish_at or listings.listed < policies.republish_at then 'kept'
            when products.visibility in ('hidden_by_us', 'shown_by_others') then 'to_show'
            else 'kept'
        end as visibility_status
    from products
    cross join clock
    inner join listings
        on
            products.platform = listings.platform
            and products.account_id = listings.account_id
            and products.platform_product_id = listings.platform_product_id
    inner join policies on products.product_visibility_id = policies.product_visibility_id and policies.preference = 1
),

product_visibility as (
    select
        product_visibility_id,
        platform,
        account_id,
        entity_id,
        channel,
        platform_product_id,
        product_gid,
        title,
        visibility,
        platform_visibility,
        cast(ats as bigint) as ats,
        listed,
        listed_at,
        zero_seconds,
        republish_at,
        visibility_status,
        case visibility_status
            when 'to_hide' then 'hidden_by_us' when 'to_show' then 'shown' else visibility
        end as wanted_visibility,
        now_at as as_of_at
    from judged
)

select * from product_visibility
