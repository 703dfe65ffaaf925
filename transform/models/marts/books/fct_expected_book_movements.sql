with policies as (
    select order_id, booking_policy from {{ ref('fct_order_book_policies') }}
),

-- Every document the books should get from us under the policies as they are, held back ones left out: its header's
-- account and its sign there. Lines of sales forms stand on the other side; those of a journal say their own.
forms as (
    select receipts.document_key, receipts.entity_id, receipts.document_date, receipts.currency_code,
        receipts.deposit_account_number as header_account_number, 1 as header_sign, receipts.total_minor
    from {{ ref('fct_expected_sales_receipts') }} as receipts
    inner join policies on receipts.order_id = policies.order_id
    where receipts.held_back_reason is null and not receipts.is_in_books and policies.booking_policy = 'per_order'
    union all
    select advances.document_key, advances.entity_id, advances.document_date, advances.currency_code,
        advances.deposit_account_number, 1, advances.total_minor
    from {{ ref('fct_expected_advances') }} as advances
    inner join policies on advances.order_id = policies.order_id
    where advances.held_back_reason is null and not advances.is_in_books and policies.booking_policy = 'per_order'
    union all
    select receipts.document_key, receipts.entity_id, receipts.document_date, receipts.currency_code,
        receipts.deposit_account_number, -1, receipts.total_minor
    from {{ ref('fct_expected_refund_receipts') }} as receipts
    inner join policies on receipts.order_id = policies.order_id
    where receipts.held_back_reason is null and not receipts.is_in_books and policies.booking_policy = 'per_order'
    union all
    select document_key, entity_id, document_date, currency_code, deposit_account_number,
        case document_type when 'sales_receipt' then 1 else -1 end, total_minor
    from {{ ref('fct_expected_receipt_summaries') }}
    where held_back_reason is null and not is_in_books
    union all
    select document_key, entity_id, document_date, currency_code, receivable_account_number, 1, total_minor
    from {{ ref('fct_expected_invoices') }} where held_back_reason is null and not is_in_books
    union all
    select document_key, entity_id, document_date, currency_code, receivable_account_number, -1, total_minor
    from {{ ref('fct_expected_credit_notes') }} where held_back_reason is null and not is_in_books
),

form_lines as (
    {%- for table in ['sales_receipt', 'advance', 'refund_receipt', 'receipt_summary', 'invoice', 'credit_note'] %}
    select document_key, account_number, line_amount_minor from {{ ref('fct_expected_' ~ table ~ '_lines') }}
    {% if not loop.last %}union all{% endif %}
    {%- endfor %}
),

moves as (
    select document_key, total_minor as amount_minor, 1 as header_sign, deposit_account_number as to_account_number, accounts.receivable as from_account_number,
        entity_id, document_date, currency_code
    from {{ ref('fct_expected_payments') }}
    inner join {{ ref('dim_posting_accounts') }} as accounts using (entity_id)
    where held_back_reason is null and not is_in_books and total_minor > 0
    union all
    select document_key, total_minor, 1, deposit_account_number, source_account_number, entity_id, document_date, currency_code
    from {{ ref('fct_expected_deposits') }} where held_back_reason is null and not is_in_books
    union all
    select deposits.document_key, lines.line_amount_minor, 1, deposits.deposit_account_number, lines.account_number,
        deposits.entity_id, deposits.document_date, deposits.currency_code
    from {{ ref('fct_expected_payment_deposits') }} as deposits
    inner join {{ ref('fct_expected_payment_deposit_lines') }} as lines on deposits.document_key = lines.document_key
    where deposits.held_back_reason is null and not deposits.is_in_books
),

postings as (
    select entity_id, document_date, currency_code, header_account_number as account_number, header_sign * total_minor as signed_minor
    from forms
    union all
    select forms.entity_id, forms.document_date, forms.currency_code, form_lines.account_number,
        -forms.header_sign * form_lines.line_amount_minor
    from forms
    inner join form_lines on forms.document_key = form_lines.document_key
    union all
    select entity_id, document_date, currency_code, to_account_number, amount_minor from moves
    union all
    select entity_id, document_date, currency_code, from_account_number, -amount_minor from moves
    union all
    select lines.entity_id, lines.document_date, lines.currency_code, lines.account_number,
        case lines.side when 'debit' then lines.line_amount_minor else -lines.line_amount_minor end
    from {{ ref('fct_expected_journal_lines') }} as lines
    inner join {{ ref('fct_expected_journal_documents') }} as documents on lines.document_key = documents.document_key
    where documents.held_back_reason is null and not documents.is_in_books
),

movements as (
    select entity_id, document_date, currency_code, account_number, {{ sum_minor('signed_minor') }} as signed_minor
    from postings
    group by entity_id, document_date, currency_code, account_number
)

select * from movements where signed_minor <> 0
