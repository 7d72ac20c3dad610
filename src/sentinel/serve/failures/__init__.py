"""The page of failures: deliveries in doubt, given up, refused, held or come back; channels and addresses that are broken."""
