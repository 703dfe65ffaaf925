{{ config(meta={'spares': 'goods'}) }}
-- What our documents would post balances on every day of every entity and currency. A row here is a document whose lines
-- and header do not meet; it is no mistake of the books.
select entity_id, document_date, currency_code, {{ sum_minor('signed_minor') }} as out_of_balance_minor
from {{ ref('fct_expected_book_movements') }}
group by entity_id, document_date, currency_code
having {{ sum_minor('signed_minor') }} <> 0
