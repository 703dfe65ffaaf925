{#
    In equals out, per currency: the same sum of `column` here and of `from_column` (the same name unless told) in `from`.
    A failure names the currency and both sums: a join lost or multiplied money. It does not say which side is right.
#}
{% test sum_preserved(model, from, column, from_column=none, currency='currency_code', from_currency=none, filter='true', from_filter='true') %}
with

here as (
    select {{ currency }} as currency_code, {{ sum_minor(column) }} as amount_minor
    from {{ model }}
    where {{ filter }}
    group by {{ currency }}
),

there as (
    select {{ from_currency or currency }} as currency_code, {{ sum_minor(from_column or column) }} as amount_minor
    from {{ from }}
    where {{ from_filter }}
    group by {{ from_currency or currency }}
),

compared as (
    select
        coalesce(here.currency_code, there.currency_code) as currency_code,
        coalesce(here.amount_minor, 0) as here_minor,
        coalesce(there.amount_minor, 0) as there_minor
    from here
    full outer join there
        on here.currency_code = there.currency_code
)

select * from compared where here_minor != there_minor
{% endtest %}
