"""One file per channel kind; the file name is the kind that people write.

Each holds `Options`, whom it can write to and one verb. Whom is `REACHES`, a frozenset of `Towards`, or, where the options
decide, `reaches(options)`: a file that sends somebody else through it is refused when it is read. The verb is
`connect(options, *, secret, now, allow) -> Connection`: `secret` signs what customers send back (unsubscribe.py), `now` is the
clock, `allow` the private networks that a channel by HTTP may reach (post.py). A connection serves one sender at a time:
`await send(message, arm)` answers with an outcome and never raises for what a provider does. `arm` is awaited at the last
moment before the effect can happen; where it says no, nothing is sent. `await close()` says goodbye.

A kind whose provider takes the same message once, however often it comes with the same key, also has
`dedupes(options) -> timedelta | None`: for how long. Its unknown fates may be tried again.
"""
