"""The stand-in's part of the port for providers that report back: one channel that is reported to, by a word that is right."""

from sentinel.serve.returns.port import Answer, Heard

WORD = "right"


class ReturnsStandIn:
    """`reported` keeps what was taken; `full` says that there is no room, `store_is_away` that nothing can be stored."""

    full = False
    store_is_away = False

    def __init__(self) -> None:
        super().__init__()
        self.reported: list[bytes] = []

    async def take_reports(self, channel: str, query: str, headers: dict[str, str], body: bytes) -> Answer:
        if channel != "email":
            return Answer(heard=Heard.UNKNOWN, why="There is no such channel that is reported to.")
        if self.store_is_away:
            raise RuntimeError("planted: the store is gone, password hunter2")
        if headers.get("webhook-signature") != WORD:
            return Answer(heard=Heard.UNPROVEN, why="Nothing was changed: its signature is not by a secret of this channel.")
        if not body:
            return Answer(heard=Heard.UNREADABLE, why="Nothing was changed: the body is no JSON.")
        if self.full:
            return Answer(heard=Heard.BUSY, why="More is reported than can be stored at this moment. Send it again.")
        self.reported.append(body)
        return Answer(heard=Heard.STORED, reports=1)
