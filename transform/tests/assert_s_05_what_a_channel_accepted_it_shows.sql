{{ config(severity='warn', tags=['identity'], meta={'identity': 'S-05', 'severity': 'warns'}) }}
-- S-05: a channel read after it accepted a number shows it, or its own sales since explain the difference. A row was edited
-- there by hand, or by another program; drift has its own choice for it (cartwheel drift list).
select sku, channel, listing_id, units
from {{ ref('fct_listing_differences') }}
where stock_reason_code = 'STK-06'
