{{ low_stock_alerts('email__low_stock_alerts') }}
