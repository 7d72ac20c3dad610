"""What other tools speak, one file a format: the bytes of a request → alerts in our own words."""
