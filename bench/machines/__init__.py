"""Two machines, the database and the world, each in a network of its own, and cables that are pulled while messages leave.

`python -m bench.machines` plays it. Linux, as root: the networks are namespaces inside one of the run's own, which the
machine's interfaces are no part of, and which ends with the run.
"""
