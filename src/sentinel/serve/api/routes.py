"""All routes of the API, put together."""

from collections.abc import Callable
from datetime import datetime
from functools import cache
from typing import Any

from fastapi import FastAPI

from sentinel.model.secret import Secret
from sentinel.serve.api import desk, failures, people, reads, services, writes
from sentinel.serve.api.document import document
from sentinel.serve.api.door import Door
from sentinel.serve.api.port import ApiHub
from sentinel.serve.api.problem import answer_problems
from sentinel.serve.api.route import ApiRoute
from sentinel.serve.gate import Need


def add_routes(app: FastAPI, hub: ApiHub, token: Secret, clock: Callable[[], datetime]) -> None:
    """The operations, the document that describes them, and how their problems are answered."""
    door = Door(hub, token, clock)
    operations = [route for part in (reads, failures, services, desk, people, writes) for route in part.routes(hub, door)]

    @cache
    def whole() -> dict[str, Any]:
        return document(operations)

    async def get_openapi() -> dict[str, Any]:
        """Show the OpenAPI document of this API."""
        return whole()

    about = {"operation_id": "get_openapi", "summary": "Show this document", "tags": ["hub"]}
    operations.append(ApiRoute(door, "GET", "/openapi.json", Need.SIGNED_IN, get_openapi, **about))
    app.router.routes.extend(operations)
    answer_problems(app)
