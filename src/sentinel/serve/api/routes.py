"""All routes of the API, put together."""

from collections.abc import Callable
from datetime import datetime
from functools import cache
from typing import Any

from fastapi import FastAPI

from sentinel.model.secret import Secret
from sentinel.serve.api import agents, desk, failures, history, people, reads, scorecard, services, values, writes
from sentinel.serve.api.document import document
from sentinel.serve.api.door import Door
from sentinel.serve.api.port import ApiHub
from sentinel.serve.api.problem import answer_problems
from sentinel.serve.api.route import ApiRoute
from sentinel.serve.gate import Need
from sentinel.serve.probe import routes as probe


def add_routes(app: FastAPI, hub: ApiHub, token: Secret, clock: Callable[[], datetime]) -> None:
    """The operations, the document that describes them, and how their problems are answered."""
    door = Door(hub, token, clock)
    parts = (reads, failures, scorecard, services, history, values, agents, desk, people, writes)
    operations = [route for part in parts for route in part.routes(hub, door)]

    @cache
    def whole() -> dict[str, Any]:
        return document(operations)

    async def get_openapi() -> dict[str, Any]:
        """Show the OpenAPI document of this API."""
        return whole()

    about: dict[str, Any] = {"operation_id": "get_openapi", "summary": "Show this document", "tags": ["hub"]}
    operations.append(ApiRoute(door, "GET", "/openapi.json", Need.SIGNED_IN, get_openapi, **about))
    app.router.routes.extend([*operations, *probe.routes(hub, door)])
    answer_problems(app)
