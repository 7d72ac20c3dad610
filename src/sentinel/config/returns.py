"""Mail that came back: what must agree between `returns:` and the channels, and the record that is made of it."""

from sentinel.config.problem import Problems
from sentinel.config.shape import ReturnsShape
from sentinel.config.tree import Mapping, Node, below
from sentinel.model.returned import Mailbox, Ways


def check_returns(tree: Node, problems: Problems) -> None:
    """It has a way in, and some channel has its mail sent back there."""
    written = below(tree, "returns")
    if not isinstance(written, Mapping):
        return
    if not written.items:
        problems.add(written, "mail that comes back has no way in", "write `imap` or `lmtp` below it")
        return
    channels = below(tree, "channels")
    each = [node for _, node in channels.items] if isinstance(channels, Mapping) else []
    if not any(below(channel, "email", "bounces") for channel in each):
        what = "no channel has its mail sent back"
        problems.add(written, what, "write `bounces: bounces@example.com` into the `email` channel of your customers")


def ways(shape: ReturnsShape | None) -> Ways:
    """The record of a shape in which everything is right."""
    if shape is None:
        return Ways()
    imap = shape.imap
    mailbox = (
        None
        if imap is None
        else Mailbox(
            host=imap.host,
            port=imap.port,
            user=imap.user,
            password=imap.password,
            is_tls=imap.is_tls,
            may_be_clear=imap.may_be_clear,
            ca_file=imap.ca_file,
            folder=imap.folder,
            every=imap.every,
        )
    )
    return Ways(mailbox=mailbox, lmtp=shape.lmtp or "")
