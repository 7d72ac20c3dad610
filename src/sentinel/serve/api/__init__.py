"""`/api/v1`: the console's commands and views as JSON, for programs with a token of their own and for the operator's commands.

Takes a bearer token and no cookie, so no page can ask in a person's name. Every refusal is problem+json (RFC 9457).
"""
