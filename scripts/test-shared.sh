#!/usr/bin/env bash
# The tests that read the folder of measured truths, ../shared, which most
# checkouts do not have: it only adds to what testdata holds. They are those of
# the files that name the folder or ask for its data (gold…(t)). Ends with one
# line that counts them.
set -uo pipefail
cd "$(dirname "$0")/.."
if FIB_LS_SGLANG_SRC=$(scripts/fetch-package.sh sglang); then export FIB_LS_SGLANG_SRC; fi
out=.cache/test
mkdir -p "$out"
files=$(git ls-files '*_test.go' | xargs grep -lE 'shared/gold|"shared", "(gold|truth)"|\bgold(Dir|File|Models)?\(t\b')
tests=$(grep -ohE '^func Test\w+' $files | cut -c6- | sort -u | paste -sd'|')
packages=$(dirname $files | sort -u | sed 's,^,./,')
echo "=== $(echo "$tests" | tr '|' '\n' | wc -l) tests that read ../shared"
go test -run "^($tests)\$" -timeout 40m -json $packages >"$out/shared.json"
go run ./scripts/testsummary <"$out/shared.json" >"$out/shared.txt"
status=$?
cat "$out/shared.txt"
read -r passed failed skipped < <(tail -1 "$out/shared.txt")
echo "$passed passed, $failed failed, $skipped skipped"
exit "$status"
