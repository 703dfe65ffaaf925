with

source as (
    select * from {{ source('raw_paypal', 'transactions') }}
),

opened as (
    select
        account_id,
        transaction_id,
        transaction_event_code,
        {{ utc_timestamp('transaction_initiation_date') }} as occurred_at,
        upper(transaction_currency_code) as currency_code,
        transaction_info,
        payer_info,
        -- PayPal uses an id again; by code, currency and time the row is one.
        row_number() over (
            partition by account_id, transaction_id, transaction_event_code, transaction_currency_code
            order by transaction_initiation_date
        ) as nth
    from source
),

renamed as (
    select
        ----------  ids
        account_id,
        transaction_id || ':' || transaction_event_code || ':' || currency_code
            || case when nth > 1 then ':' || cast(nth as varchar) else '' end as platform_movement_id,
        transaction_id as platform_transaction_id,
        {{ json_text('transaction_info', 'paypal_reference_id') }} as platform_reference_id,
        {{ json_text('transaction_info', 'paypal_reference_id_type') }} as platform_reference_type,
        transaction_event_code as event_code,
        substr(transaction_event_code, 1, 3) as event_group,
        nullif(trim({{ json_text('transaction_info', 'invoice_id') }}), '') as invoice_number,
        {{ json_text('transaction_info', 'bank_reference_id') }} as bank_reference,

        ----------  payer
        lower(trim({{ json_text('payer_info', 'email_address') }})) as payer_email,
        {{ json_text('payer_info', 'country_code') }} as payer_country,

        ----------  money
        currency_code,
        {{ json_text('transaction_info', 'transaction_amount.value') }} as amount_text,
        {{ to_minor(json_text('transaction_info', 'transaction_amount.value'), 'currency_code') }} as amount_minor,
        {{ json_text('transaction_info', 'fee_amount.value') }} as fee_text,
        -- PayPal's fee is negative when it is taken; ours is a cost, positive.
        coalesce(-{{ to_minor(json_text('transaction_info', 'fee_amount.value'), 'currency_code') }}, 0) as fee_minor,

        ----------  state
        {{ json_text('transaction_info', 'transaction_status') }} as platform_transaction_status,
        case {{ json_text('transaction_info', 'transaction_status') }}
            when 'S' then 'succeeded'
            when 'P' then 'pending'
            when 'V' then 'reversed'
            when 'D' then 'failed'
            else 'unmapped'
        end as transaction_status,
        {{ json_text('transaction_info', 'transaction_subject') }} as description,
        occurred_at,
        {{ utc_timestamp(json_text('transaction_info', 'transaction_updated_date')) }} as updated_at
    from opened
)

select * from renamed
