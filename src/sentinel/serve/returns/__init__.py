"""Where providers report over HTTP what became of messages that they had taken."""
