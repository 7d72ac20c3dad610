#!/usr/bin/env bash
# Checks what lies in deploy/ with the tools that will read it. `make lint-deploy` runs it; so does `make check`.
# A tool that is not on this machine is fetched from Debian into .venv/deploy-tools (no root needed, nothing is installed). Where
# that cannot be done it says NOT CHECKED, loudly; with CI set, that fails.
set -uo pipefail
cd "$(dirname "$0")/.."
bin=.venv/bin
tools=$PWD/.venv/deploy-tools
failed=0

did() { printf 'ok           %s\n' "$1"; }
wrong() { printf 'WRONG        %s\n' "$1" >&2; failed=1; }
missing() {
  printf '\n!!! NOT CHECKED: %s\n\n' "$1" >&2
  if [ -n "${CI:-}" ]; then failed=1; fi
}
run() { # what, command...: its output is shown only if it fails
  local what=$1 said
  shift
  if said=$("$@" 2>&1); then did "$what"; else wrong "$what"; printf '%s\n' "$said" >&2; fi
}

# A Debian package unpacked beside the virtual environment.
fetch() {
  local place="$tools/$1" into
  [ -e "$place/.done" ] && return 0
  command -v apt-get >/dev/null && command -v dpkg >/dev/null || return 1
  mkdir -p "$place" && into=$(mktemp -d) && chmod 755 "$into" || return 1
  (cd "$into" && { apt-get -qq download "$1" || { apt-get -qq update && apt-get -qq download "$1"; }; } && dpkg -x ./*.deb "$place") \
    >/dev/null 2>&1 && touch "$place/.done"
  rm -rf "$into"
  [ -e "$place/.done" ]
}

prom() {
  if type -P promtool >/dev/null; then promtool "$@"; else "$tools/prometheus/usr/bin/promtool" "$@"; fi
}

unit() { # systemd-analyze returns 0 for a setting that it does not know, so every line about our unit counts
  local copy said
  copy=$(mktemp -d) || return 1
  sed "s|^ExecStart=[^ ]*|ExecStart=/bin/true|" deploy/sentinel.service > "$copy/sentinel.service"
  said=$(systemd-analyze verify "$copy/sentinel.service" 2>&1 | grep 'sentinel\.service')
  rm -rf "$copy"
  printf '%s' "$said"
  [ -z "$said" ]
}

# Each expression of the dashboard as a recording rule: promtool has Prometheus' own parser.
dashboard() {
  local made
  made=$(mktemp) || return 1
  "$bin/python" - deploy/grafana-dashboard.json > "$made" <<'PY'
import json, sys
panels = json.load(open(sys.argv[1], encoding="utf-8"))["panels"]
exprs = [target["expr"].replace("$__rate_interval", "5m") for panel in panels for target in panel["targets"]]
rules = [{"record": f"dashboard:panel_{place}", "expr": expr} for place, expr in enumerate(exprs)]
json.dump({"groups": [{"name": "dashboard", "rules": rules}]}, sys.stdout)
PY
  prom check rules "$made"
  local code=$?
  rm -f "$made"
  return "$code"
}

compose() { # the Compose specification's own schema, as Debian's docker-compose ships it
  "$bin/python" - "$tools/docker-compose/usr/lib/python3/dist-packages/compose/config/compose_spec.json" <<'PY'
import json, sys
import jsonschema, yaml
schema = json.load(open(sys.argv[1], encoding="utf-8"))
said = yaml.safe_load(open("deploy/compose.yaml", encoding="utf-8"))
said.pop("name")  # newer than that schema
found = list(jsonschema.Draft7Validator(schema).iter_errors(said))
for each in found:
    print("/".join(map(str, each.absolute_path)), each.message)
sys.exit(bool(found))
PY
}

run "Containerfile (hadolint)" "$bin/hadolint" --failure-threshold style deploy/Containerfile
run "YAML (yamllint)" "$bin/yamllint" -c deploy/.yamllint --strict deploy
for script in deploy/*.sh deploy/directory/*.sh; do run "$script (bash -n)" bash -n "$script"; done

if command -v systemd-analyze >/dev/null; then
  run "sentinel.service (systemd-analyze verify)" unit
  score=$(systemd-analyze security --offline=true --threshold=25 deploy/sentinel.service 2>&1)
  code=$?
  if [ "$code" -eq 0 ]; then did "sentinel.service hardening:${score##*:}"; else wrong "sentinel.service is exposed:${score##*:}"; fi
else
  missing "sentinel.service: systemd-analyze is not on this machine"
fi

if type -P promtool >/dev/null || fetch prometheus; then
  run "alert rules (promtool check)" prom check rules --lint=all --lint-fatal deploy/prometheus-rules.yaml
  run "alert rules (promtool test)" prom test rules deploy/prometheus-rules.test.yaml
  run "scrape configuration (promtool check)" prom check config deploy/prometheus.yml
  run "the dashboard's queries (promtool check)" dashboard
else
  missing "alert rules and dashboard: promtool is neither here nor to be had from Debian"
fi

if fetch docker-compose; then
  run "compose.yaml (Compose specification)" compose
else
  missing "compose.yaml: the Compose schema is not to be had from Debian"
fi
if docker compose version >/dev/null 2>&1; then
  run "compose.yaml (docker compose config)" docker compose -f deploy/compose.yaml --profile monitoring config --quiet
else
  printf 'not here     docker compose: the schema above is what compose.yaml was held against\n'
fi

exit "$failed"
