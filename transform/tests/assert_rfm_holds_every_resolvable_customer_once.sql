-- Each resolvable customer has exactly one segment, and nobody else has one.
select customers.customer_id as customer_id, rfm.customer_id as scored_customer_id
from {{ ref('dim_customers') }} as customers
full outer join {{ ref('fct_rfm') }} as rfm on customers.customer_id = rfm.customer_id
where
    (customers.is_resolvable and rfm.customer_id is null)
    or (not customers.is_resolvable and rfm.customer_id is not null)
    or customers.customer_id is null
