"""Mailbox: reads the mailbox that bounces come to, again and again, and marks as seen what is on disk.

Belongs here: one pass after the other, and how long to wait between. Does not belong here: the conversation with the server
(imap.py), what a mail says (exchange/returned.py), what it changes (store/returns.py).

The flag is the cursor: what is not \\Seen is looked at, and it becomes \\Seen only once what it reports is written. A crash in
between has it looked at again, which changes nothing. So several hubs may read one mailbox. Nothing is ever deleted.
"""

import asyncio
import logging
from random import Random, SystemRandom
from typing import Final

from sentinel.model.returned import Mailbox
from sentinel.run.imap import Conversation, MailboxTrouble
from sentinel.run.inlet import Inlet
from sentinel.run.returns import Overrun
from sentinel.store.trouble import StoreTrouble, loudness

PIECE: Final = 20
"""Mails that are fetched and written at once."""
LOOK_EVERY: Final = 1.0
"""Seconds between two looks at whether there is a mailbox to read."""
LONGEST_REST: Final = 300.0
FIRST_REST: Final = 5.0

log = logging.getLogger(__name__)


class Reader:
    """Reads the mailbox of the configuration in force, if it names one."""

    def __init__(self, inlet: Inlet, dice: Random | None = None) -> None:
        self._inlet = inlet
        self._dice = dice or SystemRandom()
        self._failures = 0
        self.why = ""
        """Why it cannot be read."""
        self.passes = 0
        """How often it was read to its end."""

    async def run(self) -> None:
        """Until cancelled."""
        while True:
            mailbox = self._inlet.ways.mailbox
            if mailbox is None:
                self._failures, self.why = 0, ""
                await asyncio.sleep(LOOK_EVERY)
                continue
            await asyncio.sleep(await self._look(mailbox))

    async def _look(self, mailbox: Mailbox) -> float:
        """One pass; how many seconds to wait for the next."""
        try:
            await self._read(mailbox)
        except Overrun as overrun:
            return overrun.seconds
        except (StoreTrouble, TimeoutError) as error:
            log.log(loudness(error), "bounces in the mailbox wait: %s", type(error).__name__)
            return FIRST_REST
        except MailboxTrouble as error:
            self._failures += 1
            if self.why != str(error):
                log.warning("the mailbox for bounces cannot be read: %s", error)
            self.why = str(error)
            rest: float = min(LONGEST_REST, FIRST_REST * 2.0 ** min(self._failures - 1, 10))
            return rest * (0.5 + self._dice.random() / 2)
        if self.why:
            log.info("the mailbox for bounces can be read again")
        self._failures, self.why = 0, ""
        self.passes += 1
        return mailbox.every.total_seconds()

    async def _read(self, mailbox: Mailbox) -> None:
        conversation = Conversation(mailbox)
        try:
            await asyncio.to_thread(conversation.open)
            while numbers := await asyncio.to_thread(conversation.unseen):
                for at in range(0, len(numbers), PIECE):
                    some = numbers[at : at + PIECE]
                    await self._inlet.take_all(await asyncio.to_thread(conversation.fetch, some))
                    await asyncio.to_thread(conversation.mark_seen, some)
            await asyncio.to_thread(conversation.close)
        finally:
            conversation.hang_up()  # frees a thread that waits for an answer, too
