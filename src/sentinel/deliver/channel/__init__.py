"""One file per channel kind; the file name is the kind that people write.

Each holds `Options` and one verb, `connect(options, *, secret, now) -> Connection`. `secret` signs what customers send back
(unsubscribe.py), `now` is the clock. A connection serves one sender at a time: `await send(message, arm)` answers with an
outcome and never raises for what a provider does. `arm` is awaited at the last moment before the effect can happen; where it
says no, nothing is sent. `await close()` says goodbye.
"""
