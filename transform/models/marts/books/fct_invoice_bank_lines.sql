with

bank_lines as (
    select * from {{ ref('can_bank_lines') }}
),

-- What names its invoice, or what a person says; then what fits one and only one, as far as the entity lets it.
matches as (
    select bank_line_id, document_key, match_strength from {{ ref('fct_named_invoice_lines') }}
    union all
    select bank_line_id, document_key, cast(3 as bigint)
    from {{ ref('fct_invoice_candidates') }}
    where is_only_one and amount_minor <= up_to_minor
)

select
    matches.bank_line_id, matches.document_key, bank_lines.entity_id, bank_lines.value_date, bank_lines.amount_minor, bank_lines.currency_code,
    matches.match_strength
from matches
inner join bank_lines using (bank_line_id)
