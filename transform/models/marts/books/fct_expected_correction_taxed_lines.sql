with

corrections as (
    select * from {{ ref('fct_expected_corrections') }}
    where held_back_reason is null and entity_id in {{ entities_with_books('xero') }}
),

kinds as (
    select document_key, 1 as sign from {{ ref('fct_expected_sales_receipts') }}
    union all
    select document_key, -1 from {{ ref('fct_expected_refund_receipts') }}
),

documents as (
    select document_id, {{ corrected_key('memo') }} as corrects_key
    from {{ ref('can_book_documents') }}
    where memo like 'je:%' and not is_deleted
),

-- Credit is positive. Wanted as the document would be written today, held as the books read it back: there, tax stands on its account by code.
sides as (
    select
        lines.document_key as corrects_key, lines.account_number, case when lines.line_tax_minor = 0 then 'NONE' else lines.platform_tax_code end as tax_code,
        kinds.sign * lines.line_amount_minor as amount_minor, kinds.sign * lines.line_tax_minor as tax_minor, lines.is_tax_mapped
    from {{ ref('fct_expected_taxed_lines') }} as lines
    inner join kinds on lines.document_key = kinds.document_key
    union all
    select
        documents.corrects_key, lines.account_number, coalesce(lines.platform_tax_code, 'NONE'),
        case when lines.account_number = accounts.tax then 0 else lines.signed_minor end,
        case when lines.account_number = accounts.tax then lines.signed_minor else 0 end, true
    from documents
    inner join {{ ref('can_book_lines') }} as lines on documents.document_id = lines.document_id
    inner join {{ ref('dim_posting_accounts') }} as accounts on lines.entity_id = accounts.entity_id
    where lines.account_number not in (accounts.clearing, accounts.receivable)
),

summed as (
    select
        corrections.document_key, corrections.entity_id, sides.account_number, sides.tax_code,
        {{ sum_minor('sides.amount_minor') }} as amount_minor, {{ sum_minor('sides.tax_minor') }} as tax_minor,
        bool_and(sides.is_tax_mapped) as is_tax_mapped
    from corrections
    inner join sides on corrections.corrects_key = sides.corrects_key
    group by corrections.document_key, corrections.entity_id, sides.account_number, sides.tax_code
),

-- The books take tax with a line of its code: all of a code's change goes to its largest one.
placed as (
    select
        summed.*, accounts.tax as tax_account_number, cast(sum(tax_minor) over (partition by document_key, tax_code) as bigint) as code_tax_minor,
        row_number() over (
            partition by document_key, tax_code
            order by case when account_number = accounts.tax then 1 else 0 end, abs(amount_minor) desc, account_number
        ) as nth
    from summed
    inner join {{ ref('dim_posting_accounts') }} as accounts on summed.entity_id = accounts.entity_id
),

lines as (
    select
        document_key, entity_id, account_number, tax_account_number, tax_code, amount_minor, case when nth = 1 then code_tax_minor else 0 end as line_tax_minor, is_tax_mapped
    from placed
)

select
    document_key,
    cast(row_number() over (partition by document_key order by account_number, tax_code nulls first) as bigint) as line_number,
    entity_id, account_number, 'Account ' || account_number || ', as it is now less as it was' as line_description,
    cast(amount_minor as bigint) as line_amount_minor, cast(line_tax_minor as bigint) as line_tax_minor, tax_code as platform_tax_code,
    is_tax_mapped and account_number != tax_account_number as is_tax_mapped
from lines
where amount_minor != 0 or line_tax_minor != 0
