"""Three places that look at one insurer: one is cut off, one lies, and then the insurer is down for real."""
