"""The directory: customers and their addresses, read from where a company keeps them, each row checked.

Belongs here: reading a source (one file a kind), what a row says of a person, and whether somebody is admitted. Does not belong
here: snapshots, caps, what was told to whom (the store knows it, and says it where admission asks).
"""
