# shellcheck shell=bash
# To be sourced: what a POC may be called, so that no name can be anything else to a shell, a path or JSON.

# Else a failure within $(…) would go unnoticed.
shopt -s inherit_errexit

valid_name() {
  [[ "$1" =~ ^[a-z]([a-z0-9-]*[a-z0-9])?$ && ${#1} -le 63 ]]
}

# The names in a JSON list of names, or of objects with a name; one a line.
names_in() {
  python3 -c '
import json, sys
for item in json.loads(sys.argv[1]):
    print(item["name"] if isinstance(item, dict) else item)
' "$1"
}

# A JSON list of strings.
json_list() {
  python3 -c 'import json, sys; print(json.dumps(sys.argv[1:]))' "$@"
}
