#!/usr/bin/env bash
# Makes the release archives in dist/, each with the binary, man pages, shell
# completions and a bill of materials, and their checksums:
#
#   scripts/release.sh [linux/amd64 linux/arm64 windows/amd64 darwin/arm64 …]
#
# Linux binaries are static. tree-sitter is C, so a target needs a C compiler
# for it (Debian: gcc-aarch64-linux-gnu libc6-dev-arm64-cross,
# gcc-mingw-w64-x86-64; macOS: on a Mac itself). A target without one is
# skipped, and said so; REQUIRE=1 makes that an error. Two runs of one commit
# make the same bytes.
set -euo pipefail
cd "$(dirname "$0")/.."
version=${VERSION:-$(git describe --tags --always --dirty 2>/dev/null || echo devel)}
export SOURCE_DATE_EPOCH=${SOURCE_DATE_EPOCH:-$(git log -1 --format=%ct)}
targets=("$@")
[ ${#targets[@]} -gt 0 ] || targets=(linux/amd64 linux/arm64 windows/amd64)
host="$(go env GOHOSTOS)/$(go env GOHOSTARCH)"
rm -rf dist
mkdir -p dist/.work
go build -o dist/.work/release ./scripts/release
go build -trimpath -ldflags "-X main.version=$version" -o dist/.work/fib-ls ./cmd/fib-ls
env -i HOME="$HOME" dist/.work/fib-ls docs --man dist/.work/man --completions dist/.work/completions
skipped=0

compiler() { # compiler TARGET: the C compiler for it
  case $1 in
  "$host") echo "${CC:-gcc}" ;;
  linux/arm64) echo aarch64-linux-gnu-gcc ;;
  linux/amd64) echo x86_64-linux-gnu-gcc ;;
  windows/amd64) echo x86_64-w64-mingw32-gcc ;;
  darwin/*) [ "${host%/*}" = darwin ] && echo clang || echo "a C compiler for macOS" ;;
  *) echo "a C compiler for $1" ;;
  esac
}

for target in "${targets[@]}"; do
  os=${target%/*} arch=${target#*/}
  cc=$(compiler "$target")
  if ! command -v "$cc" >/dev/null 2>&1; then
    echo "skipped $target: $cc is not installed"
    skipped=1
    continue
  fi
  name="fib-ls_${version#v}_${os}_${arch}"
  dir="dist/.work/$name"
  mkdir -p "$dir"
  exe=fib-ls flags="-s -w -X main.version=$version" extension=tar.gz
  case $os in
  linux) flags="$flags -linkmode external -extldflags -static" ;;
  windows) flags="$flags -extldflags -static" exe=fib-ls.exe extension=zip ;;
  esac
  CGO_ENABLED=1 CC=$cc GOOS=$os GOARCH=$arch go build -trimpath -tags netgo,osusergo -ldflags "$flags" -o "$dir/$exe" ./cmd/fib-ls
  if [ "$os" = linux ] && command -v readelf >/dev/null && readelf -l "$dir/$exe" | grep -q INTERP; then
    echo "$target: the binary is not static" >&2
    exit 1
  fi
  cp LICENSE README.md CHANGELOG.md "$dir"
  GOOS=$os GOARCH=$arch scripts/go-licenses.sh >"$dir/THIRD_PARTY_LICENSES.txt"
  cp -r dist/.work/man dist/.work/completions "$dir"
  dist/.work/release sbom "$dir/$exe" "$version" >"dist/$name.cdx.json"
  cp "dist/$name.cdx.json" "$dir/sbom.cdx.json"
  dist/.work/release archive "dist/$name.$extension" "$dir"
  echo "dist/$name.$extension"
done
rm -rf dist/.work
(cd dist && sha256sum fib-ls_* >SHA256SUMS && cat SHA256SUMS)
[ $skipped = 0 ] || [ -z "${REQUIRE:-}" ]
