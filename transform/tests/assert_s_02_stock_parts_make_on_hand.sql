{{ config(tags=['identity'], meta={'identity': 'S-02', 'severity': 'blocks'}) }}
-- S-02: on hand = available + committed + reserved + safety + damaged + quality control, per SKU × location.
-- A failure means that a part was left out of the formula; it does not mean that the count is wrong.
select *
from {{ ref('fct_stock') }}
where on_hand <> available + committed + reserved + safety + damaged + quality_control
