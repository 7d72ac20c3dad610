"""The page that says how well we estimate: what was claimed, and what held."""
