"""Blast: hundreds of kills in the middle of one notice to many people, over and over, on SQLite or on PostgreSQL with workers.

`ground` holds the processes, `people` writes the audience, `aims` says what a kill waits for, `strike` is what is written
down of one, `scene` plays, `verdict` asks the oracles. The company, the providers and the hubs are processes of their own.
"""
