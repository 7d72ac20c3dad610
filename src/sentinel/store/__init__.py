"""What is kept: tables, queries, the one writer. Nothing is decided here, and no time is read here: instants are arguments."""
