#!/usr/bin/env bash
# gofmt, go vet and golangci-lint over all Go code, actionlint over the
# workflows. Both linters are built from their modules, pinned, into .cache/bin.
set -euo pipefail
cd "$(dirname "$0")/.."
bin="$PWD/.cache/bin"

linter() { # linter NAME PACKAGE: sets $lint to the program, which it installs
  local version
  version=$(cat "scripts/$1.version")
  lint="$bin/$1-$version"
  [ ! -x "$lint" ] || return 0
  echo "installing $1 $version"
  mkdir -p "$bin"
  GOBIN="$bin" go install "$2@$version"
  mv "$bin/$1" "$lint"
}

unformatted=$(gofmt -l $(git ls-files '*.go'))
if [ -n "$unformatted" ]; then
  echo "not gofmt'ed:" >&2
  echo "$unformatted" >&2
  exit 1
fi
go vet ./...
linter golangci-lint github.com/golangci/golangci-lint/v2/cmd/golangci-lint
"$lint" run ./...
linter actionlint github.com/rhysd/actionlint/cmd/actionlint
"$lint" -no-color .github/workflows/*.yml
