"""The engine: carries wake-ups from whoever commits a change to whoever sees to it. Two verbs, two ways of doing it."""
