{{ config(meta={'spares': 'goods'}) }}
-- A row here is a document in the books whose postings do not sum to zero, or that has none: a kind of line or tax
-- we read wrongly, never a mistake of the bookkeeper, because the books themselves always balance.
select
    documents.document_id,
    documents.document_type,
    coalesce({{ sum_minor('lines.signed_minor') }}, 0) as out_of_balance_minor,
    count(lines.book_line_id) as line_count
from {{ ref('can_book_documents') }} as documents
left join {{ ref('can_book_lines') }} as lines on documents.document_id = lines.document_id
group by documents.document_id, documents.document_type
having coalesce({{ sum_minor('lines.signed_minor') }}, 0) != 0 or count(lines.book_line_id) = 0
