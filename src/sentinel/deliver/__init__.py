"""Did it arrive: the life of one delivery (ledger.py, pure), how a brief is laid out, and one file per channel."""
