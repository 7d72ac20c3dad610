"""`/probe`: one sample for a scraper, in the words of blackbox_exporter."""
