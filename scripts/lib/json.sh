# shellcheck shell=bash
# JSON by the shell alone: a host may have no jq yet.

# json_text TEXT: a text as JSON. Control characters except newlines and tabs are left out.
json_text() {
  local text=$1
  text=${text//\\/\\\\}
  text=${text//\"/\\\"}
  text=${text//$'\n'/\\n}
  text=${text//$'\t'/\\t}
  printf '"%s"' "${text//[[:cntrl:]]/}"
}

# json_list: the lines of standard input as a list of texts.
json_list() {
  local line separator=""
  printf '['
  while IFS= read -r line || [ -n "$line" ]; do
    [ -n "$line" ] || continue
    printf '%s' "$separator"
    json_text "$line"
    separator=,
  done
  printf ']'
}

# json_flag COMMAND…: true or false, as the command ends.
json_flag() {
  if "$@"; then printf true; else printf false; fi
}
