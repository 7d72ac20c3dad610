"""The record → figures: what happened in each incident, what was promised and kept, whether the books balance.

Belongs here: figures, their names and their layout as plain text. Does not belong here: reading the record (store), pages
(serve).
"""
