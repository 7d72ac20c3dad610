"""Tests of checks that people write, run with the hub's own decisions on made-up time. Nothing is sent and nothing is asked."""
