{{ low_stock_alerts('slack__low_stock_alerts') }}
