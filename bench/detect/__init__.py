"""How early and how seldom in vain the detectors speak: `python -m bench.detect`. No network, no store."""
