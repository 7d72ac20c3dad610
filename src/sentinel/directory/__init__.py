"""The directory: customers and their addresses, read from where a company keeps them, each row checked.

Belongs here: reading a source and saying of each person whether they can be sent to. Does not belong here: caps, quiet hours,
unsubscribes and snapshots.
"""
