"""What every shape is: keys that are known, and no others."""

from pydantic import BaseModel, ConfigDict


class Shape(BaseModel):
    """No key but the known ones."""

    model_config = ConfigDict(extra="forbid", frozen=True, arbitrary_types_allowed=True, use_attribute_docstrings=True)
