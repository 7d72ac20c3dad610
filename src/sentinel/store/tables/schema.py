"""The one MetaData that all tables belong to."""

from sqlalchemy import MetaData

metadata = MetaData()
