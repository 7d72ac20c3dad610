"""Where other tools report what they see."""
