#!/bin/sh
# Installs Python's huggingface_hub, pinned, under .cache/ of the project and
# runs the tests that compare our Hub client and the fake Hub with it.
#
#   scripts/hub-peer.sh             install where needed, then run the tests
#   scripts/hub-peer.sh --install   only install; prints the interpreter's path
#
# Needs python3 (3.10 or later, with venv) and PyPI; PYTHON names another
# interpreter. Exits 3 with the reason when it cannot install.
set -eu

root=$(cd "$(dirname "$0")/.." && pwd)
requirements=$root/scripts/hub-peer-requirements.txt
version=$(sed -n 's/^huggingface_hub==//p' "$requirements")
venv=$root/.cache/hub-peer-$version

say() { echo "hub-peer: $*" >&2; }

interpreter() {
	for p in "$1/bin/python" "$1/Scripts/python.exe"; do
		if [ -x "$p" ]; then echo "$p"; return 0; fi
	done
	return 1
}

install() {
	python=${PYTHON:-python3}
	command -v "$python" >/dev/null 2>&1 || { say "no $python on PATH"; exit 3; }
	mkdir -p "$root/.cache"
	new=$(mktemp -d "$root/.cache/hub-peer-new-XXXXXX")
	trap 'rm -rf "$new"' EXIT INT TERM
	"$python" -m venv "$new/venv" >&2 || { say "$python cannot make a virtual environment"; exit 3; }
	"$(interpreter "$new/venv")" -m pip install --quiet --disable-pip-version-check --no-deps \
		-r "$requirements" >&2 || { say "PyPI gave no huggingface_hub==$version"; exit 3; }
	touch "$new/venv/complete"
	rm -rf "$venv"
	mv "$new/venv" "$venv"
	rm -rf "$new"
	trap - EXIT INT TERM
}

[ -f "$venv/complete" ] || install
python=$(interpreter "$venv")
"$python" -c 'import huggingface_hub' || { say "the installation in $venv is broken: remove it"; exit 3; }
if [ "${1:-}" = --install ]; then
	echo "$python"
	exit 0
fi
cd "$root"
FIB_LS_HUB_PEER=1 exec go test -count=1 -run 'TestPeer' ./phases/extract/hub/ "$@"
