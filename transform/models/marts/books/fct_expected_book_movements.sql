select entity_id, document_date, currency_code, account_number, {{ sum_minor('signed_minor') }} as signed_minor
from {{ ref('fct_expected_document_postings') }}
where held_back_reason is null and not is_in_books
group by entity_id, document_date, currency_code, account_number
having sum(signed_minor) != 0
