{{ config(tags=['identity'], severity='warn', meta={'identity': 'I-29', 'severity': 'warns'}) }}
-- I-29: of every day that was counted, as many records and the same amounts were loaded as the platform has.
-- A failure means that records are missing even after they were read again, or that the platform no longer shows what it once gave. It says nothing of days nobody counted.
select * from {{ ref('fct_loaded_counts') }} where not is_complete
