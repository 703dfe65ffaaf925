with invoices as (
    select * from {{ ref('fct_order_invoices') }}
),

legs as (
    select
        invoices.document_key, payments.order_payment_id, payments.tender_type, payments.amount_minor,
        {{ local_date('payments.processed_at', "coalesce(entities.time_zone, '" ~ var('default_time_zone') ~ "')") }} as paid_date,
        payments.tender_type = 'card' as is_card,
        row_number() over (
            partition by invoices.document_key, payments.amount_minor, payments.tender_type = 'card'
            order by payments.processed_at, payments.order_payment_id
        ) as nth
    from {{ ref('can_order_payments') }} as payments
    inner join invoices on payments.order_id = invoices.order_id
    left join {{ ref('entities') }} as entities on invoices.entity_id = entities.entity_id
    where payments.payment_type in ('capture', 'sale') and payments.payment_status = 'succeeded' and payments.amount_minor > 0
        and payments.tender_type not in ('gift_card', 'store_credit', 'terms')
),

banked as (
    select *, row_number() over (partition by document_key, amount_minor order by value_date, bank_line_id) as nth
    from {{ ref('fct_invoice_bank_lines') }}
),

-- What the shop was told of and the bank shows is one amount: the same sum on the same invoice, first with first. A
-- card's money reaches the bank in a payout, never in a line that names the invoice.
paired as (
    select
        coalesce(legs.document_key, banked.document_key) as document_key,
        legs.order_payment_id, banked.bank_line_id, coalesce(legs.tender_type, 'bank') as tender_type,
        coalesce(legs.paid_date, banked.value_date) as settled_date, banked.value_date as bank_value_date,
        coalesce(legs.amount_minor, banked.amount_minor) as amount_minor
    from (select * from legs where not is_card) as legs
    full join banked
        on legs.document_key = banked.document_key and legs.amount_minor = banked.amount_minor and legs.nth = banked.nth
    union all
    select document_key, order_payment_id, null, tender_type, paid_date, null, amount_minor from legs where is_card
),

money as (
    select
        document_key, 'received' as settlement_type, coalesce(order_payment_id, bank_line_id) as source_key,
        order_payment_id, bank_line_id, cast(null as varchar) as refund_id, tender_type, settled_date, bank_value_date, amount_minor
    from paired
),

credits as (
    select
        invoices.document_key, 'credited', refunds.refund_id, null, null, refunds.refund_id, refunds.tender_type,
        refunds.refund_date, cast(null as date), refunds.amount_minor
    from {{ ref('can_refunds') }} as refunds
    inner join invoices on refunds.order_id = invoices.order_id
    where refunds.refund_status = 'succeeded' and refunds.amount_minor > 0
),

settlements as (
    select * from money
    union all
    select * from credits
),

in_order as (
    select
        settlements.*,
        coalesce(cast(sum(settlements.amount_minor) over (
            partition by settlements.document_key
            order by settlements.settled_date, settlements.settlement_type, settlements.source_key
            rows between unbounded preceding and 1 preceding
        ) as bigint), 0) as before_minor
    from settlements
),

-- Paid early to the cent: the whole invoice less the discount its terms allow, and nothing before it.
discounted as (
    select
        in_order.*, invoices.entity_id, invoices.order_id, invoices.currency_code, invoices.total_minor as invoice_minor,
        case
            when in_order.settlement_type = 'received' and in_order.before_minor = 0
                and in_order.settled_date <= invoices.discount_until
                and in_order.amount_minor
                    = invoices.total_minor - {{ share_of_minor('invoices.total_minor', 'invoices.discount_ppm', '1000000') }}
                then invoices.total_minor - in_order.amount_minor
            else 0
        end as discount_minor
    from in_order
    inner join invoices on in_order.document_key = invoices.document_key
),

open_before as (
    select
        *,
        greatest(invoice_minor - before_minor - case when before_minor > 0
            then max(discount_minor) over (partition by document_key) else 0 end, 0) as open_minor
    from discounted
)

select
    'settlement:' || source_key as settlement_key, document_key, settlement_type, entity_id, order_id, source_key,
    order_payment_id, bank_line_id, refund_id, tender_type, settled_date, bank_value_date, currency_code, amount_minor,
    cast(discount_minor as bigint) as discount_minor, cast(open_minor as bigint) as open_minor,
    cast(least(amount_minor, open_minor) as bigint) as applied_minor,
    cast(amount_minor - least(amount_minor, open_minor) as bigint) as left_over_minor
from open_before
