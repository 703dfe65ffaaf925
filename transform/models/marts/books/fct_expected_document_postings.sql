-- Each document the books should hold: its header's account and its sign there. Lines of sales forms stand on the other side; those of a journal
-- say their own. An order's receipt is its own document unless a day's summary holds it or it is invoiced.
with

-- What another document books.
elsewhere as (
    select document_key, true as is_in_a_summary from {{ ref('fct_expected_summary_members') }}
    union all
    select document_key, false from {{ ref('fct_expected_invoices') }}
    union all
    select document_key, false from {{ ref('fct_expected_credit_notes') }}
),

policies as (
    select order_id, booking_policy from {{ ref('fct_order_book_policies') }}
),

forms as (
    {%- for table, sign in [('sales_receipt', 1), ('advance', 1), ('refund_receipt', -1)] %}
    select '{{ table }}' as form, documents.document_key, documents.entity_id, documents.document_date, documents.document_number, documents.currency_code,
        documents.deposit_account_number as header_account_number, {{ sign }} as header_sign, documents.total_minor, documents.is_in_books,
        coalesce(documents.held_back_reason, case when policies.booking_policy = 'daily_summary' then 'day_not_over' end) as held_back_reason
    from {{ ref('fct_expected_' ~ table ~ 's') }} as documents
    inner join policies on documents.order_id = policies.order_id
    left join elsewhere on documents.document_key = elsewhere.document_key
    where elsewhere.document_key is null or (elsewhere.is_in_a_summary and documents.is_in_books)
    union all
    {%- endfor %}
    select 'receipt_summary', document_key, entity_id, document_date, document_number, currency_code, deposit_account_number,
        case document_type when 'sales_receipt' then 1 else -1 end, total_minor, is_in_books, held_back_reason
    from {{ ref('fct_expected_receipt_summaries') }}
    {%- for table, sign in [('invoice', 1), ('credit_note', -1)] %}
    union all
    select '{{ table }}', document_key, entity_id, document_date, document_number, currency_code, receivable_account_number, {{ sign }}, total_minor,
        is_in_books, held_back_reason
    from {{ ref('fct_expected_' ~ table ~ 's') }}
    {%- endfor %}
),

form_lines as (
    {%- for table in ['sales_receipt', 'advance', 'refund_receipt', 'receipt_summary', 'invoice', 'credit_note'] %}
    select '{{ table }}' as form, document_key, account_number, line_amount_minor from {{ ref('fct_expected_' ~ table ~ '_lines') }}
    {% if not loop.last %}union all{% endif %}
    {%- endfor %}
),

moves as (
    select payments.document_key, payments.entity_id, payments.document_date, payments.payment_reference as document_number, payments.currency_code,
        payments.deposit_account_number as to_account_number, accounts.receivable as from_account_number, payments.total_minor as amount_minor,
        payments.is_in_books, payments.held_back_reason
    from {{ ref('fct_expected_payments') }} as payments
    inner join {{ ref('dim_posting_accounts') }} as accounts on payments.entity_id = accounts.entity_id
    where payments.total_minor > 0
    union all
    select document_key, entity_id, document_date, document_number, currency_code, deposit_account_number, source_account_number, total_minor, is_in_books,
        held_back_reason
    from {{ ref('fct_expected_deposits') }}
    union all
    select deposits.document_key, deposits.entity_id, deposits.document_date, deposits.payment_reference, deposits.currency_code,
        deposits.deposit_account_number, lines.account_number, lines.line_amount_minor, deposits.is_in_books, deposits.held_back_reason
    from {{ ref('fct_expected_payment_deposits') }} as deposits
    inner join {{ ref('fct_expected_payment_deposit_lines') }} as lines on deposits.document_key = lines.document_key
),

postings as (
    select document_key, entity_id, document_date, document_number, currency_code, is_in_books, held_back_reason, header_account_number as account_number,
        header_sign * total_minor as signed_minor
    from forms
    union all
    select forms.document_key, forms.entity_id, forms.document_date, forms.document_number, forms.currency_code, forms.is_in_books, forms.held_back_reason,
        form_lines.account_number, -forms.header_sign * form_lines.line_amount_minor
    from forms
    -- An order that is invoiced has lines of the receipt it would have had, under the same key.
    inner join form_lines on forms.form = form_lines.form and forms.document_key = form_lines.document_key
    {%- for account, sign in [('to', 1), ('from', -1)] %}
    union all
    select document_key, entity_id, document_date, document_number, currency_code, is_in_books, held_back_reason, {{ account }}_account_number,
        {{ sign }} * amount_minor
    from moves
    {%- endfor %}
    union all
    select documents.document_key, documents.entity_id, documents.document_date, documents.document_number, documents.currency_code, documents.is_in_books,
        documents.held_back_reason, lines.account_number, case lines.side when 'debit' then lines.line_amount_minor else -lines.line_amount_minor end
    from {{ ref('fct_expected_journal_documents') }} as documents
    inner join {{ ref('fct_expected_journal_lines') }} as lines on documents.document_key = lines.document_key
)

select
    document_key, entity_id, document_date, document_number, currency_code, account_number, is_in_books, held_back_reason,
    {{ sum_minor('signed_minor') }} as signed_minor
from postings
group by document_key, entity_id, document_date, document_number, currency_code, account_number, is_in_books, held_back_reason
having sum(signed_minor) != 0
