"""The page of deliveries that want somebody: in doubt, given up, refused, held; and of channels that are broken."""
