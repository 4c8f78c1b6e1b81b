#!/usr/bin/env bash
# The tests that read the folder of measured truths, ../shared, which most
# checkouts do not have: they only add to what testdata holds. Ends with one
# line that counts them.
set -uo pipefail
cd "$(dirname "$0")/.."
if FIB_LS_SGLANG_SRC=$(scripts/fetch-sglang-package.sh); then export FIB_LS_SGLANG_SRC; fi
out=.cache/test
mkdir -p "$out"
# Files named shared_test.go read it, and no others (TestSharedFiles).
packages=$(git ls-files '*shared_test.go' | xargs -n1 dirname | sort -u | sed 's,^,./,')
go test -run '^TestShared' -timeout 40m -json $packages >"$out/shared.json"
go run ./scripts/testsummary <"$out/shared.json" >"$out/shared.txt"
status=$?
cat "$out/shared.txt"
read -r passed failed skipped < <(tail -1 "$out/shared.txt")
echo "$passed passed, $failed failed, $skipped skipped"
exit "$status"
