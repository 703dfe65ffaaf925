select
    document_id, platform, account_id, entity_id, platform_document_id, document_type, document_number,
    document_date, currency_code, total_minor, party_name, memo, sync_token, updated_at, is_deleted
from {{ ref('can_book_documents__quickbooks') }}
union all
select
    document_id, platform, account_id, entity_id, platform_document_id, document_type, document_number,
    document_date, currency_code, total_minor, party_name, memo, sync_token, updated_at, is_deleted
from {{ ref('can_book_documents__xero') }}
