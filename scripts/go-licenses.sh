#!/usr/bin/env bash
# Prints the licences of Go itself and of every module that is linked into
# fib-ls, for the packages that hold the binary.
set -euo pipefail
shopt -s nullglob nocaseglob
cd "$(dirname "$0")/.."
line=$(printf -- '-%.0s' {1..72})
echo "Go $(go env GOVERSION)"
echo
cat "$(go env GOROOT)/LICENSE"
go list -deps -f '{{with .Module}}{{if not .Main}}{{.Path}} {{.Version}} {{.Dir}}{{end}}{{end}}' ./cmd/fib-ls | sort -u |
  while read -r path version dir; do
    printf '\n%s\n\n%s %s\n' "$line" "$path" "$version"
    found=
    for file in "$dir"/licen[cs]e* "$dir"/unlicense* "$dir"/copying* "$dir"/notice*; do
      found=yes
      echo
      cat "$file"
    done
    [ -n "$found" ] || { echo "$path has no licence file" >&2; exit 1; }
  done
