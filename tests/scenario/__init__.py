"""Stories for the whole: a hub of its own process, real HTTP services, a real SMTP server, a Slack-shaped server."""
