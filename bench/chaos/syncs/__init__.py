"""Syncs: kill -9 at every single sync to disk of a deed (opening, approving, holding, sending, closing, ...), one after the
other.

`tracer` has strace kill at the N-th sync, `deeds` says what is done and what must be so afterwards, `run` counts N upwards
until the deed is through before it. What is torn at random in a blast is torn in order here.
"""
