"""Shapes: which keys each file may hold and of what type. What must agree across files is checked elsewhere.

What a kind decides (a check's kind and conditions, a channel, a detector) is `Any` here and fitted to the kind's own model.
"""

from sentinel.config.shape.check import CheckShape as CheckShape
from sentinel.config.shape.check import DefaultsShape as DefaultsShape
from sentinel.config.shape.frame import Shape as Shape
from sentinel.config.shape.hooks import HookFieldsShape as HookFieldsShape
from sentinel.config.shape.hooks import HookRuleShape as HookRuleShape
from sentinel.config.shape.hooks import HookShape as HookShape
from sentinel.config.shape.installation import CalendarShape as CalendarShape
from sentinel.config.shape.installation import DeadManShape as DeadManShape
from sentinel.config.shape.installation import InstallationShape as InstallationShape
from sentinel.config.shape.installation import KeepShape as KeepShape
from sentinel.config.shape.installation import PlaceShape as PlaceShape
from sentinel.config.shape.people import AudienceShape as AudienceShape
from sentinel.config.shape.people import ChannelShape as ChannelShape
from sentinel.config.shape.people import DrillShape as DrillShape
from sentinel.config.shape.people import HttpShape as HttpShape
from sentinel.config.shape.people import LoginShape as LoginShape
from sentinel.config.shape.people import SqlShape as SqlShape
from sentinel.config.shape.policy import AuditShape as AuditShape
from sentinel.config.shape.policy import ContactsShape as ContactsShape
from sentinel.config.shape.policy import EstimateShape as EstimateShape
from sentinel.config.shape.policy import GuardsShape as GuardsShape
from sentinel.config.shape.policy import IncidentShape as IncidentShape
from sentinel.config.shape.policy import NoticeShape as NoticeShape
from sentinel.config.shape.policy import PoliciesShape as PoliciesShape
from sentinel.config.shape.policy import StandingShape as StandingShape
from sentinel.config.shape.returns import ImapShape as ImapShape
from sentinel.config.shape.returns import ReturnsShape as ReturnsShape
from sentinel.config.shape.service import CustomersShape as CustomersShape
from sentinel.config.shape.service import OwnerShape as OwnerShape
from sentinel.config.shape.service import ServiceShape as ServiceShape
from sentinel.config.shape.service import TellShape as TellShape
from sentinel.config.shape.statement import AssureShape as AssureShape
from sentinel.config.shape.statement import InLanguages as InLanguages
from sentinel.config.shape.statement import InsteadShape as InsteadShape
from sentinel.config.shape.statement import StatementShape as StatementShape
