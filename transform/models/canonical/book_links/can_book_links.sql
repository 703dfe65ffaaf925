select
    book_link_id, platform, account_id, entity_id, document_id, linked_document_id, linked_type, amount_minor, currency_code
from {{ ref('can_book_links__quickbooks') }}
