"""The face that agents of other places report to."""
