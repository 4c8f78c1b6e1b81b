#!/bin/sh
# Saves a tiny checkpoint of every decoder class of `transformers` under .cache/
# of the project (random weights, no GPU, nothing from a Hub), and runs the tests
# that add them from their directories.
#
#   scripts/checkpoints.sh             install and save where needed, then run the tests
#   scripts/checkpoints.sh --save      only install and save, however long it takes; prints the directory
#   scripts/checkpoints.sh --update    write what phases/testdata/checkpoints keeps of them
#
# Needs python3 (3.11 or later, with venv) and PyPI (some 3 GB the first time, 6 on disk:
# PyTorch's wheel is linked with CUDA); PYTHON names another interpreter. Exits 3
# with the reason when it cannot install.
#
# Saving them all takes some minutes, once. A test run is held no longer than ten
# (FIB_LS_CHECKPOINTS_SECONDS): what is then missing is tested from its testdata,
# and the next run goes on.
set -eu

root=$(cd "$(dirname "$0")/.." && pwd)
requirements=$root/scripts/checkpoints-requirements.txt
version=$(sed -n 's/^transformers==//p' "$requirements")
venv=$root/.cache/transformers-$version
saved=$root/.cache/checkpoints-$version-$(cksum <"$root/scripts/checkpoints/save.py" | cut -d' ' -f1)

say() { echo "checkpoints: $*" >&2; }

# save saves what is missing, with a process of one thread for each of up to four
# cores (each needs about a gigabyte).
save() {
	seconds=${FIB_LS_CHECKPOINTS_SECONDS:-600}
	case $1 in --save | --update) seconds=86400 ;; esac
	jobs=$(getconf _NPROCESSORS_ONLN 2>/dev/null || echo 1)
	[ "$jobs" -le 4 ] || jobs=4
	mkdir -p "$saved"
	pids='' i=0
	while [ "$i" -lt "$jobs" ]; do
		HF_HUB_OFFLINE=1 HF_HUB_DISABLE_PROGRESS_BARS=1 PYTHONDONTWRITEBYTECODE=1 \
			"$venv/bin/python" "$root/scripts/checkpoints/save.py" "$saved" --shard "$i/$jobs" --seconds "$seconds" >&2 &
		pids="$pids $!"
		i=$((i + 1))
	done
	worst=0
	for pid in $pids; do
		wait "$pid" || { status=$?; [ "$status" -le "$worst" ] || worst=$status; }
	done
	case $worst in
	0) touch "$saved/complete" ;;
	4) say "not all were saved in $seconds s; the next run goes on" ;;
	*) say "save.py failed"; exit 1 ;;
	esac
}

if [ ! -f "$venv/complete" ]; then
	python=${PYTHON:-python3}
	command -v "$python" >/dev/null 2>&1 || { say "no $python on PATH"; exit 3; }
	mkdir -p "$root/.cache"
	rm -rf "$venv"
	"$python" -m venv "$venv" >&2 || { say "$python cannot make a virtual environment"; exit 3; }
	"$venv/bin/python" -m pip install --quiet --disable-pip-version-check --no-deps -r "$requirements" >&2 ||
		{ say "PyPI gave no transformers==$version with its packages"; exit 3; }
	touch "$venv/complete"
fi
if [ ! -f "$saved/complete" ]; then
	save "${1:-}"
fi
case "${1:-}" in
--save)
	echo "$saved"
	exit 0
	;;
--update)
	cd "$root"
	FIB_LS_CHECKPOINTS=$saved exec go test -count=1 -run 'TestCheckpoints' ./phases -update
	;;
esac
cd "$root"
FIB_LS_CHECKPOINTS=$saved exec go test -count=1 -run 'TestCheckpoints' ./phases "$@"
