"""An agent: probes from a place of its own and reports to the hub over HTTPS."""
