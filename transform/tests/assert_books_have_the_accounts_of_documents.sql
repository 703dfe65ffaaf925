{{ config(severity='warn', meta={'spares': 'goods'}) }}
-- Every account a document is to stand on exists in the chart that was read from the entity's books, and is active there.
-- A failure means that the books will refuse these documents: name another account in seeds/posting_rules, or open it in the books.
with

charts as (
    select distinct entity_id, account_number
    from {{ ref('can_book_accounts') }}
    where is_active and account_number is not null
),

read_entities as (
    select distinct entity_id from charts
)

select movements.entity_id, movements.account_number, count(*) as days
from {{ ref('fct_expected_book_movements') }} as movements
inner join read_entities on movements.entity_id = read_entities.entity_id
left join charts on movements.entity_id = charts.entity_id and movements.account_number = charts.account_number
where charts.account_number is null
group by movements.entity_id, movements.account_number
