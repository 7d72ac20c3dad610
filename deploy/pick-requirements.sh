#!/usr/bin/env bash
# Prints the pins of the packages named, with their hashes, out of requirements/dev.txt. Fails if one of them is not there.
set -euo pipefail
cd "$(dirname "$0")/.."
for name in "$@"; do
  awk -v name="$name" '
    /^[^ #]/ { keep = index($0, name "==") == 1 || index($0, name "[") == 1; found = found || keep }
    keep
    END { if (!found) { print name " is not pinned in requirements/dev.txt" > "/dev/stderr"; exit 1 } }
  ' requirements/dev.txt
done
