"""Files that commands write while others may be reading them: whole, or not at all."""

import os
from pathlib import Path
from tempfile import NamedTemporaryFile


def write_whole(path: Path, body: bytes) -> None:
    """Put `body` at `path`, in a folder that is made if need be; its mode stays as it was. What fails leaves what was there,
    and nothing beside it. Raises OSError."""
    path = path.absolute()
    path.parent.mkdir(parents=True, exist_ok=True)
    mode = path.stat().st_mode & 0o777 if path.exists() else 0o644
    with NamedTemporaryFile(dir=path.parent, prefix=".", suffix="~", delete=False) as file:
        fresh = Path(file.name)
        try:
            file.write(body)
            file.flush()
            os.fsync(file.fileno())
            fresh.chmod(mode)
            fresh.replace(path)
        finally:
            fresh.unlink(missing_ok=True)
