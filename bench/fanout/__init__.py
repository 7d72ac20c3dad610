"""Fanout: what it costs to tell everybody, whole product in the path.

`place` is one installation in a folder with its hub, `sink` the providers in a process of their own, `blast` tells everybody
once and looks at the books, `staff` gives staff something to hear every second meanwhile, `cost` reads what the product's
processes used, `syncs` counts what reached the disk, `million` writes the ledger rows of a great many, `limit` sends the same
mails as fast as can be. `report` prints.
"""
