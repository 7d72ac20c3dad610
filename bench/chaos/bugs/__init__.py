"""Planted bugs that a harness worth its name must find. Each is patched into a process of the harness and nowhere else.

`sending` holds those of senders and the ledger, `deciding` those of approval, closing and watching, `table` says which there
are, how each is looked for, and what it must be found as.
"""
