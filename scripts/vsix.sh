#!/usr/bin/env bash
# Builds the VS Code extension as platform packages below dist/ (or OUT), each
# with its own fib-ls inside: for this machine, and, unless `--host` is given,
# for every platform that there is a C cross compiler for (tree-sitter's
# grammars are C). On Linux the program is linked statically, so that it runs on
# any distribution. What is left out is said, with the reason.
set -euo pipefail
cd "$(dirname "$0")/.."
extension=vscode-extension
version=$(node -p "require('./$extension/package.json').version")
all=yes
[ "${1:-}" = --host ] && all=no
dist=${OUT:-dist}
mkdir -p "$dist"

stamp=$extension/node_modules/.installed-$(sha256sum $extension/package-lock.json 2>/dev/null || shasum -a 256 $extension/package-lock.json)
stamp=${stamp%% *}
if [ ! -e "$stamp" ]; then
  (cd $extension && npm ci --silent --no-audit --no-fund --ignore-scripts)
  touch "$stamp"
fi

package() { # package TARGET GOOS GOARCH CC NAME LDFLAGS
  local target=$1 goos=$2 goarch=$3 cc=$4 name=$5 ldflags=$6 out
  out=$dist/fib-ls-$target-$version.vsix
  rm -rf $extension/server
  mkdir -p $extension/server
  CGO_ENABLED=1 GOOS=$goos GOARCH=$goarch CC=$cc go build -trimpath -tags netgo,osusergo \
    -ldflags "-s -w -X main.version=$version $ldflags" -o "$extension/server/$name" ./cmd/fib-ls
  GOOS=$goos GOARCH=$goarch scripts/go-licenses.sh >$extension/server/THIRD_PARTY_LICENSES.txt
  (cd $extension && npm exec --no -- vsce package --no-dependencies --target "$target" --out "../$out" >/dev/null)
  echo "$out: $(du -h "$out" | cut -f1)"
}

skip() { echo "$1: skipped, $2"; }

static='-linkmode external -extldflags "-static"'
native=$(uname -s)-$(uname -m)
case $native in
  Linux-x86_64) package linux-x64 linux amd64 "${CC:-gcc}" fib-ls "$static" ;;
  Linux-aarch64) package linux-arm64 linux arm64 "${CC:-gcc}" fib-ls "$static" ;;
  Darwin-x86_64) package darwin-x64 darwin amd64 "${CC:-clang}" fib-ls "" ;;
  Darwin-arm64) package darwin-arm64 darwin arm64 "${CC:-clang}" fib-ls "" ;;
  *) skip "$native" "no recipe for this machine" ;;
esac
[ $all = yes ] || exit 0
if [ "$native" != Linux-aarch64 ]; then
  if command -v aarch64-linux-gnu-gcc >/dev/null; then
    package linux-arm64 linux arm64 aarch64-linux-gnu-gcc fib-ls "$static"
  else
    skip linux-arm64 "aarch64-linux-gnu-gcc is not installed (Debian: gcc-aarch64-linux-gnu libc6-dev-arm64-cross)"
  fi
fi
if command -v x86_64-w64-mingw32-gcc >/dev/null; then
  package win32-x64 windows amd64 x86_64-w64-mingw32-gcc fib-ls.exe "$static"
else
  skip win32-x64 "x86_64-w64-mingw32-gcc is not installed (Debian: gcc-mingw-w64-x86-64)"
fi
case $native in
  Darwin-*) ;;
  *) skip "darwin-x64, darwin-arm64" "Apple's C compiler is on macOS only; .github/workflows/release.yml builds them there" ;;
esac
