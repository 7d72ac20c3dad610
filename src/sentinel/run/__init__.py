"""The shell: rounds, schedules, children, senders, clock, wiring. It acts on what the rooms of the flow decide."""
