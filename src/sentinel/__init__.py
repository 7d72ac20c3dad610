"""Sentinel: tells customer service and customers what is wrong, until when, and when it is over."""
