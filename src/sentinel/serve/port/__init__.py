"""What serve is given: the Hub, as a Protocol, and the small frozen views that it answers with.

Belongs here: what the pages, the API and the metrics need to know, made of the model's records. Does not belong here: how it
is found (run/ implements it over the store), or how it looks (pages/). Every read is bounded and changes nothing.
"""

from sentinel.serve.accounts.port import Session as Session
from sentinel.serve.port.board import Board as Board
from sentinel.serve.port.board import CheckView as CheckView
from sentinel.serve.port.board import HoldView as HoldView
from sentinel.serve.port.board import IncidentLine as IncidentLine
from sentinel.serve.port.board import ServiceView as ServiceView
from sentinel.serve.port.board import TroubleLine as TroubleLine
from sentinel.serve.port.figures import Figures as Figures
from sentinel.serve.port.figures import Health as Health
from sentinel.serve.port.figures import OwnFigures as OwnFigures
from sentinel.serve.port.hub import Hub as Hub
from sentinel.serve.port.hub import status_of as status_of
from sentinel.serve.port.incident import AudienceCount as AudienceCount
from sentinel.serve.port.incident import BriefSent as BriefSent
from sentinel.serve.port.incident import DeliveryPage as DeliveryPage
from sentinel.serve.port.incident import EarlyWarning as EarlyWarning
from sentinel.serve.port.incident import IncidentPage as IncidentPage
from sentinel.serve.port.incident import NoticeView as NoticeView
from sentinel.serve.port.incident import Part as Part
from sentinel.serve.port.incident import Preview as Preview
from sentinel.serve.port.incident import ReportView as ReportView
from sentinel.serve.port.incident import Signed as Signed
from sentinel.serve.port.incident import VendorTime as VendorTime
from sentinel.serve.services.port import Shown as Shown
