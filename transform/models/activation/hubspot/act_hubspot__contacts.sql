{{ customer_segments('hubspot', 'HubSpot', 'contact', to_the_unsubscribed=true) }}
