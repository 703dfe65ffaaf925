with

entries as (
    select * from {{ ref('fct_ledger_document_lines') }}
),

-- A receipt has a fee as one line; what of it is tax that comes back stands on its own account.
fee_taxes as (
    select
        'je:' || charges.entity_id || ':journal:' || charges.movement_id || ':fee_tax:0' as document_key, charges.entity_id, charges.movement_id,
        right(charges.charge_reference, 19) || '-T' as document_number, charges.movement_date as document_date, charges.currency_code,
        accounts.fee_tax, accounts.fee_processing, {{ sum_minor('fees.amount_minor') }} as tax_minor
    from {{ ref('fct_order_charges') }} as charges
    inner join {{ ref('can_processor_fees') }} as fees on charges.movement_id = fees.movement_id and fees.fee_type = 'tax'
    inner join {{ ref('dim_posting_accounts') }} as accounts on charges.entity_id = accounts.entity_id
    left join {{ ref('fct_expected_invoices') }} as invoices on charges.order_id = invoices.order_id
    where invoices.order_id is null
    group by charges.entity_id, charges.movement_id, charges.charge_reference, charges.movement_date, charges.currency_code, accounts.fee_tax, accounts.fee_processing
),

carried as (
    select items.*, right(items.platform_movement_id, 19) as number, accounts.clearing,
        case items.item_type when 'payout' then accounts.transit else accounts.refund_due end as held_on,
        case items.item_type when 'payout' then amount_minor else -amount_minor end as held_minor,
        case items.item_type when 'payout' then 'Payout on its way to the bank' else 'Refund the processor still has to pay' end as words
    from {{ ref('fct_carried_items') }} as items
    inner join {{ ref('dim_posting_accounts') }} as accounts on items.entity_id = accounts.entity_id
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
    select document_key, entity_id, movement_id, document_number as platform_movement_id, document_date, currency_code, place, line_number, account_number,
        signed_minor, line_description
    from entries
    union all
    select document_key, entity_id, null, document_number, document_date, currency_code, 1, 1, account_number, signed_minor, line_description from corrected
    {%- for account, sign, words in [('fee_tax', '', 'Tax on fees'), ('fee_processing', '-', 'Tax that is in the fee')] %}
    union all
    select document_key, entity_id, movement_id, document_number, document_date, currency_code, {{ loop.index }}, 1, {{ account }}, {{ sign }}tax_minor, '{{ words }}'
    from fee_taxes
    {%- endfor %}
    {%- for key, day, sign, mark in [('document_key', 'start_date', '', ''), ("replace(document_key, ':carried:', ':arrived:')", 'end_date', '-', '-A')] %}
    union all
    select {{ key }}, entity_id, movement_id, number || '{{ mark }}', {{ day }}, currency_code, 1, 1, held_on, {{ sign }}held_minor, words
    from carried
    where {{ day }} is not null
    union all
    select {{ key }}, entity_id, movement_id, number || '{{ mark }}', {{ day }}, currency_code, 9, 1, clearing, {{ '-' if not sign }}held_minor, 'Clearing'
    from carried
    where {{ day }} is not null
    {%- endfor %}
    union all
    select document_key, entity_id, null, platform_movement_id, document_date, currency_code, 1, 1, money_account_number,
        left_over_minor, 'Paid beyond the invoice' from overpaid
    union all
    select document_key, entity_id, null, platform_movement_id, document_date, currency_code, 2, 1, overpayment_account_number,
        -left_over_minor, 'Owed back to the customer' from overpaid
    union all
    select entry_id, entity_id, null, 'returns ' || currency_code || ' ' || cast(entry_date as varchar), entry_date, currency_code, 1, line_number,
        account_number, signed_minor, 'Returns still to come'
    from {{ ref('fct_returns_provision_lines') }}
    where currency_code = base_currency_code
),

lines as (
    select
        document_key,
        cast(row_number() over (partition by document_key order by place, line_number, account_number) as bigint) as line_number,
        entity_id, movement_id, platform_movement_id, document_date, currency_code, account_number, line_description,
        case when signed_minor > 0 then 'debit' else 'credit' end as side,
        cast(abs(signed_minor) as bigint) as line_amount_minor
    from postings
    where signed_minor <> 0
)

select * from lines
