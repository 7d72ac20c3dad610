"""The way of a store from the first version to this one: one migration a schema, forward only.

Belongs here: `versions/`, one file a migration, and what they need frozen. Does not belong here: when they run
(store/migrate.py), the tables as they are now (store/tables), which a test holds equal to where the migrations lead.

A migration names `schema`, the version that it leads to, and `reader`, the oldest version whose hubs and workers may go on
working while and after it runs: the one before, if it only adds what old code may leave alone; else its own.
"""
