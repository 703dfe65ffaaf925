with movements as (
    select * from {{ ref('can_processor_movements') }}
),

-- A charge's fee is a line of its order's receipt; of an order that was invoiced, nothing else books it.
invoiced_charges as (
    select charges.movement_id
    from {{ ref('fct_order_charges') }} as charges
    inner join {{ ref('fct_expected_invoices') }} as invoices on charges.order_id = invoices.order_id
),

unbooked as (
    select movements.*, invoiced_charges.movement_id is not null as is_of_invoice
    from movements
    left join invoiced_charges on movements.movement_id = invoiced_charges.movement_id
    where movements.movement_type in (
        'dispute', 'dispute_reversal', 'fee', 'payout_fee', 'adjustment', 'reserve_hold', 'reserve_release'
    )
        or (movements.movement_type = 'refund' and movements.fee_minor <> 0)
        or (movements.movement_type = 'charge' and movements.fee_minor <> 0 and invoiced_charges.movement_id is not null)
),

-- What each movement means besides clearing: the amount itself, and its fee. Charges and refunds have documents; here
-- only their fees are left.
meant as (
    select
        'je:' || entity_id || ':' || movement_id || ':' || movement_type || ':0' as document_key,
        entity_id, movement_id, platform_movement_id, movement_date as document_date, currency_code,
        1 as place,
        case movement_type
            {%- for kind in ['dispute', 'dispute_reversal', 'fee', 'payout_fee', 'reserve_hold', 'reserve_release', 'adjustment'] %}
            when '{{ kind }}' then accounts.movement_{{ kind }}
            {%- endfor %}
        end as account_number,
        case when movement_type in ('charge', 'refund') then 0 else -amount_minor end as signed_minor,
        case movement_type
            when 'dispute' then 'Disputed by the buyer' when 'dispute_reversal' then 'Dispute money back'
            when 'fee' then 'Platform fee' when 'payout_fee' then 'Payout fee' when 'reserve_hold' then 'Held in reserve'
            when 'reserve_release' then 'Released from reserve' else 'Adjustment by the processor'
        end as line_description
    from unbooked
    inner join {{ ref('dim_posting_accounts') }} as accounts using (entity_id)
    union all
    select
        'je:' || entity_id || ':' || movement_id || ':' || movement_type || ':0', entity_id, movement_id, platform_movement_id,
        movement_date, currency_code, 2, accounts.fee_dispute, dispute_fee_minor, 'Dispute fee'
    from unbooked
    inner join {{ ref('dim_posting_accounts') }} as accounts using (entity_id)
    union all
    select
        'je:' || entity_id || ':' || movement_id || ':' || movement_type || ':0', entity_id, movement_id, platform_movement_id,
        movement_date, currency_code, 3, accounts.fee_processing, processing_fee_minor,
        case movement_type when 'refund' then 'Fee of a refund' else 'Processing fee' end
    from unbooked
    inner join {{ ref('dim_posting_accounts') }} as accounts using (entity_id)
),

overpaid as (
    select
        'je:' || entity_id || ':' || source_key || ':overpaid:0' as document_key, entity_id, source_key, source_key as platform_movement_id,
        settled_date as document_date, currency_code, case tender_type when 'card' then accounts.clearing else accounts.tender_manual end as money_account_number,
        accounts.overpayment as overpayment_account_number, left_over_minor
    from {{ ref('fct_invoice_settlements') }}
    inner join {{ ref('dim_posting_accounts') }} as accounts using (entity_id)
    where settlement_type = 'received' and left_over_minor > 0 and bank_line_id is null
),

-- What changed after its month was closed is put right in the first open one (J-39).
corrected as (
    select corrections.document_key, corrections.entity_id, corrections.document_number, corrections.document_date, corrections.currency_code,
        amounts.account_number, amounts.signed_minor, 'SRC-07: ' || corrections.cause || ' after ' || corrections.period_month || ' was closed' as line_description
    from {{ ref('fct_expected_corrections') }} as corrections
    inner join {{ ref('fct_correction_amounts') }} as amounts on corrections.corrects_key = amounts.corrects_key
    where corrections.held_back_reason is null
),

postings as (
    select * from meant where signed_minor <> 0
    union all
    select document_key, entity_id, null, document_number, document_date, currency_code, 1, account_number, signed_minor, line_description from corrected
    union all
    select document_key, entity_id, movement_id, platform_movement_id, document_date, currency_code, 9, max(accounts.clearing),
        -{{ sum_minor('signed_minor') }}, 'Clearing'
    from meant
    inner join {{ ref('dim_posting_accounts') }} as accounts using (entity_id)
    group by document_key, entity_id, movement_id, platform_movement_id, document_date, currency_code
    union all
    select document_key, entity_id, null, platform_movement_id, document_date, currency_code, 1, money_account_number,
        left_over_minor, 'Paid beyond the invoice' from overpaid
    union all
    select document_key, entity_id, null, platform_movement_id, document_date, currency_code, 2, overpayment_account_number,
        -left_over_minor, 'Owed back to the customer' from overpaid
    union all
    select entry_id, entity_id, null, 'returns ' || currency_code || ' ' || cast(entry_date as varchar), entry_date, currency_code, line_number,
        account_number, signed_minor, 'Returns still to come'
    from {{ ref('fct_returns_provision_lines') }}
    where currency_code = base_currency_code
),

lines as (
    select
        document_key,
        cast(row_number() over (partition by document_key order by place, account_number) as bigint) as line_number,
        entity_id, movement_id, platform_movement_id, document_date, currency_code, account_number, line_description,
        case when signed_minor > 0 then 'debit' else 'credit' end as side,
        cast(abs(signed_minor) as bigint) as line_amount_minor
    from postings
    where signed_minor <> 0
)

select * from lines
