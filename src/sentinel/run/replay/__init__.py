"""What detectors and estimates would have said of what was seen, in the store or in a long CSV. It only reads."""
