"""What people write, read into the model: every mistake at once, each with its file, line and column.

Belongs here: YAML to records, the checks across files, and what a valid installation can and cannot do (`reach`). Does not
belong here: reading the disk or the environment (run/files.py does), and what the kinds do with their options.
"""

from sentinel.config.folder import load
from sentinel.config.problem import ConfigError, Problem

__all__ = ["ConfigError", "Problem", "load"]
