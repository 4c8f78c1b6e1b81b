#!/usr/bin/env bash
# gofmt, go vet and golangci-lint over all Go code. golangci-lint is built
# from its module, pinned, into .cache/bin.
set -euo pipefail
cd "$(dirname "$0")/.."
version=$(cat scripts/golangci-lint.version)
bin="$PWD/.cache/bin"
lint="$bin/golangci-lint-$version"
if [ ! -x "$lint" ]; then
  echo "installing golangci-lint $version"
  mkdir -p "$bin"
  GOBIN="$bin" go install "github.com/golangci/golangci-lint/v2/cmd/golangci-lint@$version"
  mv "$bin/golangci-lint" "$lint"
fi
unformatted=$(gofmt -l $(git ls-files '*.go'))
if [ -n "$unformatted" ]; then
  echo "not gofmt'ed:" >&2
  echo "$unformatted" >&2
  exit 1
fi
go vet ./...
"$lint" run ./...
