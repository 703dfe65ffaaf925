{# Columns of one transaction of Shopify (a JSON object `movement`), wherever it lies: in an order or in a refund. `receipt_text` is
    what its gateway said. Every word of theirs is given ours here; one we do not know is `unmapped`. #}
{% macro shopify_transaction() -%}
    {{ gid_number(json_text('movement', 'id')) }} as platform_payment_id,
    {{ gid_number(json_text('movement', 'parentTransaction.id')) }} as platform_parent_payment_id,
    {{ json_text('movement', 'kind') }} as platform_payment_type,
    case
        when {{ json_text('movement', 'kind') }} in ('AUTHORIZATION', 'EMV_AUTHORIZATION') then 'authorization'
        when {{ json_text('movement', 'kind') }} in ('CAPTURE', 'SALE', 'VOID', 'REFUND', 'CHANGE') then lower({{ json_text('movement', 'kind') }})
        else 'unmapped'
    end as payment_type,
    case
        when {{ json_text('movement', 'status') }} = 'SUCCESS' then 'succeeded'
        when {{ json_text('movement', 'status') }} in ('PENDING', 'AWAITING_RESPONSE') then 'pending'
        when {{ json_text('movement', 'status') }} in ('FAILURE', 'ERROR') then 'failed'
        else 'unmapped'
    end as payment_status,
    case
        when {{ json_text('movement', 'gateway') }} = 'gift_card' then 'gift_card'
        when {{ json_text('movement', 'gateway') }} like '%store_credit%' then 'store_credit'
        when {{ json_text('movement', 'gateway') }} like '%terms%' then 'terms'
        when {{ json_text('movement', 'manualPaymentGateway') }} = 'true'
            or {{ json_text('movement', 'gateway') }} in ('manual', 'cash', 'bank_deposit', 'money_order', 'cash_on_delivery') then 'manual'
        when {{ json_text('movement', 'gateway') }} like '%stripe%' or {{ json_text('movement', 'gateway') }} in ('shopify_payments', 'bogus', 'authorize_net', 'braintree', 'adyen', 'credit_card') then 'card'
        else 'other'
    end as tender_type,
    {{ json_text('movement', 'gateway') }} as gateway,
    {{ utc_timestamp("coalesce(" ~ json_text('movement', 'processedAt') ~ ", " ~ json_text('movement', 'createdAt') ~ ")") }} as processed_at,
    upper({{ json_text('movement', 'amountSet.shopMoney.currencyCode') }}) as currency_code,
    {{ json_text('movement', 'amountSet.shopMoney.amount') }} as amount_text,
    {{ to_minor(json_text('movement', 'amountSet.shopMoney.amount'), "upper(" ~ json_text('movement', 'amountSet.shopMoney.currencyCode') ~ ")") }} as amount_minor,
    upper({{ json_text('movement', 'amountSet.presentmentMoney.currencyCode') }}) as presentment_currency_code,
    {{ to_minor(json_text('movement', 'amountSet.presentmentMoney.amount'), "upper(" ~ json_text('movement', 'amountSet.presentmentMoney.currencyCode') ~ ")") }} as presentment_amount_minor,
    {{ json_sum_minor(json_value('movement', 'fees'), 'amount.amount', "upper(" ~ json_text('movement', 'amountSet.shopMoney.currencyCode') ~ ")") }} as fee_minor,
    {{ reference_in('receipt_text', 'ch') }} as charge_reference,
    {{ reference_in('receipt_text', 'pi') }} as payment_intent_reference,
    {{ reference_in('receipt_text', 're') }} as refund_reference
{%- endmacro %}
