#!/bin/sh
# Unpacks the Python sources of a package from PyPI, without its dependencies,
# into .cache/NAME-VERSION, and prints that directory: a real source tree for
# the tests and for `make generate` (its layout is that of site-packages). The
# package is data here: it is never installed or imported.
#
#   scripts/fetch-package.sh sglang [VERSION]
#   scripts/fetch-package.sh transformers VERSION
#
# A directory that is there and whole is used again without the network.
set -eu

name=$1
# Of sglang the version that the embedded index is made from, with the wheel's
# digest as PyPI states it; another version has none here and is taken as pip
# verified it in transit.
pinned=0.5.23
pinned_sha256=00b3cd5b265ac76c64185fbb6b95424f324ddd9f428d0306b77bc9db9d859937
case $name in
sglang)
    version=${2:-$pinned}
    proof=sglang/srt/models/llama.py
    # One named wheel, so that every machine and every Python gets the same bytes.
    platform="--implementation cp --python-version 3.11 --abi cp311 --abi none
        --platform manylinux_2_34_x86_64 --platform any"
    ;;
transformers)
    version=$2
    proof=transformers/models/llama/configuration_llama.py
    platform=
    ;;
*)
    echo "$0: $name is not a package that is read here" >&2
    exit 2
    ;;
esac

root=$(cd "$(dirname "$0")/.." && pwd)
dir=$root/.cache/$name-$version

if [ -f "$dir/.complete" ]; then
    echo "$dir"
    exit 0
fi

python=${PYTHON:-python3}
mkdir -p "$root/.cache"
tmp=$(mktemp -d "$root/.cache/.$name-$version.XXXXXX")
trap 'rm -rf "$tmp"' EXIT
trap 'exit 130' INT TERM

# --only-binary: a source distribution would run the package's build.
# shellcheck disable=SC2086 # $platform is several words
"$python" -m pip download --quiet --disable-pip-version-check --no-deps --only-binary=:all: \
    $platform --dest "$tmp/wheel" "$name==$version" >&2

wheel=$(ls "$tmp"/wheel/*.whl)
if [ "$name $version" = "sglang $pinned" ]; then
    actual=$("$python" -c 'import hashlib,sys; print(hashlib.sha256(open(sys.argv[1],"rb").read()).hexdigest())' "$wheel")
    if [ "$actual" != "$pinned_sha256" ]; then
        echo "$0: $(basename "$wheel") has digest $actual, not $pinned_sha256" >&2
        exit 1
    fi
fi

"$python" - "$wheel" "$tmp/tree" <<'EOF'
import sys, zipfile

with zipfile.ZipFile(sys.argv[1]) as wheel:
    names = [n for n in wheel.namelist() if n.endswith(".py") or ".dist-info/" in n]
    wheel.extractall(sys.argv[2], names)
    built = max(i.date_time for i in wheel.infolist())

# When the package was built, and so how old its facts are.
with open(sys.argv[2] + "/.date", "w") as f:
    f.write("%04d-%02d-%02dT00:00:00Z\n" % built[:3])
EOF
if [ ! -f "$tmp/tree/$proof" ]; then
    echo "$0: $name $version has no $proof" >&2
    exit 1
fi
touch "$tmp/tree/.complete"
rm -rf "$dir" # an unfinished one
mv "$tmp/tree" "$dir"
echo "$dir"
