with

recognitions as (
    select * from {{ ref('fct_order_recognitions') }}
),

advances as (
    select order_id, min(settled_date) as first_settled_date
    from {{ ref('fct_settled_legs') }}
    where is_advance
    group by order_id
),

dated as (
    select recognitions.order_id, coalesce(advances.first_settled_date, recognitions.recognised_date) as rate_date
    from recognitions
    left join advances using (order_id)
)

select order_id, rate_date from dated where rate_date is not null
