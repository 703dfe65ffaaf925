with

recognitions as (
    select * from {{ ref('fct_order_recognitions') }}
),

orders as (
    select order_id, case when tax_id is not null then 'business' else 'consumer' end as buyer
    from {{ ref('can_orders') }}
),

taxes as (
    select * from {{ ref('can_tax_lines') }}
),

-- The law of the day the sale counts on; until it counts, of the day it was placed.
asked as (
    select distinct
        recognitions.entity_id,
        recognitions.order_id,
        coalesce(recognitions.recognised_date, recognitions.order_date) as tax_date,
        orders.buyer,
        taxes.buyer_place,
        taxes.jurisdiction
    from taxes
    inner join recognitions using (order_id)
    inner join orders using (order_id)
),

-- Few places, days and kinds of buyer stand behind many orders: the rows of the accountant are looked through once for each.
questions as (
    select distinct entity_id, buyer_place as place, buyer, tax_date, 'expected' as question from asked
    union
    -- Tax that was charged is a consumer's, whoever bought.
    select distinct entity_id, jurisdiction as place, 'consumer' as buyer, tax_date, 'charged' as question from asked
),

candidates as (
    select
        questions.*,
        registrations.scheme,
        row_number() over (
            partition by questions.entity_id, questions.place, questions.buyer, questions.tax_date, questions.question
            order by length(registrations.jurisdiction) desc, registrations.buyer = 'any', registrations.valid_from desc
        ) as nearness
    from questions
    inner join {{ ref('tax_registrations') }} as registrations
        on questions.entity_id = registrations.entity_id
        and registrations.buyer in (questions.buyer, 'any')
        and questions.tax_date >= registrations.valid_from
        and (registrations.valid_to is null or questions.tax_date <= registrations.valid_to)
        and (
            registrations.jurisdiction in (questions.place, split_part(questions.place, '-', 1))
            or (registrations.jurisdiction = '*' and questions.place != 'unknown')
        )
    where questions.question = 'expected' or registrations.scheme in ('domestic', 'oss', 'ioss')
),

answers as (
    select * from candidates where nearness = 1
)

select
    asked.order_id,
    asked.entity_id,
    asked.tax_date,
    asked.buyer,
    asked.buyer_place,
    asked.jurisdiction,
    expected.scheme as expected_scheme,
    coalesce(charged.scheme, 'unregistered') as charged_scheme
from asked
left join answers as expected
    on asked.entity_id = expected.entity_id
    and asked.buyer_place = expected.place
    and asked.buyer = expected.buyer
    and asked.tax_date = expected.tax_date
    and expected.question = 'expected'
left join answers as charged
    on asked.entity_id = charged.entity_id
    and asked.jurisdiction = charged.place
    and asked.tax_date = charged.tax_date
    and charged.question = 'charged'
