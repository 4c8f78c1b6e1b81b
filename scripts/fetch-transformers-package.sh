#!/bin/sh
# Unpacks the Python sources of a transformers package from PyPI, without its
# dependencies, into .cache/transformers-<version>, and prints that directory.
# The package is data here: it is never installed or imported.
#
#   scripts/fetch-transformers-package.sh VERSION
#
# A directory that is there and whole is used again without the network.
set -eu

version=$1
root=$(cd "$(dirname "$0")/.." && pwd)
dir=$root/.cache/transformers-$version

if [ -f "$dir/.complete" ]; then
    echo "$dir"
    exit 0
fi

python=${PYTHON:-python3}
mkdir -p "$root/.cache"
tmp=$(mktemp -d "$root/.cache/.transformers-$version.XXXXXX")
trap 'rm -rf "$tmp"' EXIT
trap 'exit 130' INT TERM

# --only-binary: a source distribution would run the package's build.
"$python" -m pip download --quiet --disable-pip-version-check --no-deps --only-binary=:all: \
    --dest "$tmp/wheel" "transformers==$version" >&2
"$python" -m zipfile -e "$tmp"/wheel/*.whl "$tmp/tree"
if [ ! -f "$tmp/tree/transformers/models/llama/configuration_llama.py" ]; then
    echo "$0: transformers $version has no models/llama/configuration_llama.py" >&2
    exit 1
fi
touch "$tmp/tree/.complete"
rm -rf "$dir" # an unfinished one
mv "$tmp/tree" "$dir"
echo "$dir"
