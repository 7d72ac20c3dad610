"""The tables. What each row means is said in model/; here is only how it lies on disk.

Records whose parts nobody asks for in SQL (what an entry says, a draft's bodies) are kept as JSON text. Whoever changes a table
writes a migration with it (store/migrations).
"""

from sentinel.store.tables.agents import agent as agent
from sentinel.store.tables.incidents import contact as contact
from sentinel.store.tables.incidents import contact_count as contact_count
from sentinel.store.tables.incidents import contact_customer as contact_customer
from sentinel.store.tables.incidents import contact_usual as contact_usual
from sentinel.store.tables.incidents import entry as entry
from sentinel.store.tables.incidents import episode as episode
from sentinel.store.tables.incidents import estimate as estimate
from sentinel.store.tables.incidents import incident as incident
from sentinel.store.tables.incidents import promise as promise
from sentinel.store.tables.incidents import shadow as shadow
from sentinel.store.tables.installation import installation as installation
from sentinel.store.tables.installation import process as process
from sentinel.store.tables.installation import trouble as trouble
from sentinel.store.tables.ledger import broken as broken
from sentinel.store.tables.ledger import callback as callback
from sentinel.store.tables.ledger import claimable as claimable
from sentinel.store.tables.ledger import delivery as delivery
from sentinel.store.tables.ledger import rate as rate
from sentinel.store.tables.notices import approval as approval
from sentinel.store.tables.notices import brief as brief
from sentinel.store.tables.notices import draft as draft
from sentinel.store.tables.notices import notice as notice
from sentinel.store.tables.notices import signature as signature
from sentinel.store.tables.notices import snapshot as snapshot
from sentinel.store.tables.notices import snapshot_person as snapshot_person
from sentinel.store.tables.notices import spent as spent
from sentinel.store.tables.people import account as account
from sentinel.store.tables.people import anchor as anchor
from sentinel.store.tables.people import audit as audit
from sentinel.store.tables.people import erasure as erasure
from sentinel.store.tables.people import session as session
from sentinel.store.tables.people import subscriber as subscriber
from sentinel.store.tables.people import token as token
from sentinel.store.tables.people import unsubscribed as unsubscribed
from sentinel.store.tables.rollups import rollup_due as rollup_due
from sentinel.store.tables.rollups import rollup_hour as rollup_hour
from sentinel.store.tables.rollups import rollup_minute as rollup_minute
from sentinel.store.tables.schema import metadata as metadata
from sentinel.store.tables.watching import check_name as check_name
from sentinel.store.tables.watching import cursor as cursor
from sentinel.store.tables.watching import heartbeat as heartbeat
from sentinel.store.tables.watching import hysteresis as hysteresis
from sentinel.store.tables.watching import latest as latest
from sentinel.store.tables.watching import pushed as pushed
from sentinel.store.tables.watching import quarantine as quarantine
from sentinel.store.tables.watching import signal as signal
