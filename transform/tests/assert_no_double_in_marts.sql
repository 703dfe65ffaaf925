{{ config(tags=['identity'], meta={'identity': 'no_double', 'severity': 'blocks'}) }}
-- No column of a mart or an activation model is a floating-point number: money is whole minor units, rates are decimals.
-- A failure names the column. Models are named here so that the scan runs after them.
-- depends_on: {{ ref('fct_bridge') }}
select table_schema, table_name, column_name, data_type
from information_schema.columns
where table_schema in ('marts', 'activation', 'canonical')
    and (upper(data_type) in ('DOUBLE', 'FLOAT', 'REAL', 'HUGEINT') or (column_name like '%\_minor' escape '\' and upper(data_type) != 'BIGINT'))
