"""ledgerd: the double of every provider, in a process of its own.

`python -m bench.chaos.ledgerd FILE` serves SMTP, a Slack-shaped hook, a provider API that honours an idempotency key and one
that ignores it, and Twilio's messages, on loopback. What it takes it appends to FILE and syncs **before** it answers: FILE is
what the world saw, whoever was killed. It delays, refuses, limits, drops and kills as it is told (`mood`, `snare`), never by
itself.
"""
