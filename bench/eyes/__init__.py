"""Eyes: what looking costs, whole product in the path, beside blackbox_exporter and Prometheus on the same targets.

`target` is what is looked at, `hub` a hub of its own with nothing but checks, `peers` the other tools, `report` the figures.
"""
