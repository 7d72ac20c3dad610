"""One file a detector: the file name is the kind that people write under `detect:`. It holds `Options`, `VERDICT`, `step`."""
