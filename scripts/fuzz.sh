#!/usr/bin/env bash
# Every fuzz target of every package, one after the other, each for a time
# (default 10m): scripts/fuzz.sh [TIME] [PATTERN]. Findings are written below
# the package's testdata/fuzz by go test and listed at the end; exit 1 if any.
# FUZZWORKERS is how many run side by side (default: one per processor). A
# worker "hung or terminated" on a machine with other work may only have had
# too little of it (an input has ten seconds): go test -run TARGET/FILE tells.
set -uo pipefail
cd "$(dirname "$0")/.."
time=${1:-10m}
pattern=${2:-.}
log=.cache/fuzz
mkdir -p "$log"
targets=0 findings=()
for package in $(go list ./...); do
  # go test -list prints the targets, then a line for the package.
  for target in $(go test -list '^Fuzz' "$package" 2>/dev/null | grep '^Fuzz' | grep -E "$pattern"); do
    targets=$((targets + 1))
    name=$(basename "$package").$target
    echo "=== $package $target for $time"
    if go test -run '^$' -fuzz "^$target\$" -fuzztime "$time" -fuzzminimizetime 50x ${FUZZWORKERS:+-parallel "$FUZZWORKERS"} "$package" >"$log/$name.txt" 2>&1; then
      grep '^fuzz: elapsed' "$log/$name.txt" | tail -1
    else
      findings+=("$package $target: see $log/$name.txt")
      grep -vE '^fuzz: (elapsed|gathering)' "$log/$name.txt" | head -40
    fi
  done
done
echo
echo "$targets fuzz targets of $time each, ${#findings[@]} with findings"
[ ${#findings[@]} -eq 0 ] || printf '%s\n' "${findings[@]}"
[ "$targets" -gt 0 ] && [ ${#findings[@]} -eq 0 ]
