with

source as (
    select * from {{ source('raw_paypal', 'disputes') }}
),

-- A case names its payments in a list; money is disputed for the case as a whole, so its first payment stands for it.
named as (
    select source.account_id, source.dispute_id, {{ json_text('items.item', 'seller_transaction_id') }} as platform_charge_id
    from source
    cross join {{ json_items('source.disputed_transactions') }}
    where items.item_number = 1
),

renamed as (
    select
        source.account_id,
        source.dispute_id as platform_dispute_id,
        named.platform_charge_id,
        {{ json_text('source.dispute_amount', 'currency_code') }} as currency_code,
        {{ json_text('source.dispute_amount', 'value') }} as amount_text,
        {{ to_minor(json_text('source.dispute_amount', 'value'), json_text('source.dispute_amount', 'currency_code')) }} as amount_minor,
        source.status as platform_dispute_status,
        {{ json_text('source.dispute_outcome', 'outcome_code') }} as platform_outcome,
        case
            when source.status in ('OPEN', 'WAITING_FOR_BUYER_RESPONSE', 'WAITING_FOR_SELLER_RESPONSE', 'UNDER_REVIEW', 'OTHER') then 'open'
            when source.status != 'RESOLVED' then 'unmapped'
            when {{ json_text('source.dispute_outcome', 'outcome_code') }} in ('RESOLVED_SELLER_FAVOUR', 'CANCELED_BY_BUYER', 'DENIED', 'NONE') then 'won'
            -- A payout by PayPal costs the seller nothing; a claim that was accepted is money given away.
            when {{ json_text('source.dispute_outcome', 'outcome_code') }} = 'RESOLVED_WITH_PAYOUT' then 'won'
            when {{ json_text('source.dispute_outcome', 'outcome_code') }} in ('RESOLVED_BUYER_FAVOUR', 'ACCEPTED') then 'lost'
            else 'unmapped'
        end as dispute_status,
        source.reason,
        {{ utc_timestamp('source.create_time') }} as opened_at,
        {{ utc_timestamp('source.update_time') }} as updated_at
    from source
    left join named
        on source.account_id = named.account_id
        and source.dispute_id = named.dispute_id
)

select * from renamed
