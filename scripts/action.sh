#!/usr/bin/env bash
# What action.yml runs. Its inputs are the INPUT_… variables; its outputs go to
# $GITHUB_OUTPUT and the job summary to $GITHUB_STEP_SUMMARY.
set -uo pipefail
output=${GITHUB_OUTPUT:-/dev/null}
summary=${GITHUB_STEP_SUMMARY:-/dev/null}

# escape TEXT: as the runner unescapes the text of a workflow command, so that
# no input can begin a command of its own.
escape() {
  local text=${1//'%'/%25}
  text=${text//$'\r'/%0D}
  printf '%s' "${text//$'\n'/%0A}"
}

fail() {
  echo "::error title=fib-ls::$(escape "$1")"
  exit 2
}

command -v node >/dev/null || fail "there is no node on the runner's PATH: add actions/setup-node before this step"

bin=${INPUT_BINARY:-}
if [ -z "$bin" ]; then
  bin="${RUNNER_TEMP:-/tmp}/fib-ls"
  (cd "$FIB_LS_ACTION_PATH" && go build -trimpath -o "$bin" ./cmd/fib-ls) || fail "fib-ls could not be built"
fi

# emit NAME VALUE: an output whose value may have several lines, with a
# delimiter that the value cannot contain.
emit() {
  local mark="fib_ls_$(od -An -N16 -tx1 /dev/urandom | tr -d ' \n')"
  printf '%s<<%s\n%s\n%s\n' "$1" "$mark" "$2" "$mark" >>"$output"
}

summarise() { # the job summary holds less than 1 MiB
  head -c 900000 "$1" >>"$summary"
}

run_add() {
  [ -n "${INPUT_HF_REPO_ID:-}" ] || fail "hf_repo_id is empty"
  local args=(add --json "--hf-repo-id=$INPUT_HF_REPO_ID" "--models-ts=$INPUT_MODELS_TS" "--tp=${INPUT_TP:-auto}" "--ep=${INPUT_EP:-auto}")
  [ -z "${INPUT_MODEL_NAME:-}" ] || args+=("--model-name=$INPUT_MODEL_NAME")
  [ -z "${INPUT_DISPLAY_NAME:-}" ] || args+=("--display-name=$INPUT_DISPLAY_NAME")
  [ -z "${INPUT_DESCRIPTION:-}" ] || args+=("--description=$INPUT_DESCRIPTION")
  [ -z "${INPUT_REVISION:-}" ] || args+=("--revision=$INPUT_REVISION")
  [ -z "${INPUT_SGLANG_PATH:-}" ] || args+=("--sglang-path=$INPUT_SGLANG_PATH")
  [ -z "${INPUT_OUTPUT_DIR:-}" ] || args+=("--output-dir=$INPUT_OUTPUT_DIR")
  [ -z "${INPUT_DATASET:-}" ] || args+=("--dataset=$INPUT_DATASET")
  [ "${INPUT_SKIP_SGLANG:-false}" != true ] || args+=(--skip-sglang)
  [ "${INPUT_UPDATE:-false}" != true ] || args+=(--update)
  [ -z "${INPUT_TYPECHECK:-}" ] || args+=("--typecheck=$INPUT_TYPECHECK")
  local result status
  result=$(mktemp)
  "$bin" "${args[@]}" >"$result"
  status=$?
  if [ -s "$result" ]; then
    local path
    path=$(field "$result" 'r.files["model_addition_summary.md"] || ""')
    emit summary_path "$path"
    emit model_id "$(field "$result" 'r.model.id')"
    emit definitions_missing "$(field "$result" 'r.definitions.filter(d => d.in_dataset === false).map(d => d.name).join("\n")')"
    [ -z "$path" ] || summarise "$path"
  else
    echo "::error title=fib-ls::the model was not added, see the log above"
  fi
  rm -f "$result"
  return $status
}

# field FILE EXPRESSION: a value of the JSON result. Node is on every runner.
field() {
  node -e 'const r = JSON.parse(require("fs").readFileSync(process.argv[1], "utf8")); process.stdout.write(String('"$2"'))' "$1"
}

run_check() {
  local args=("--fail-level=${INPUT_FAIL_LEVEL:-warning}") files=() file
  while IFS= read -r file; do # one file or directory a line
    [ -z "$file" ] || files+=("$file")
  done <<<"$INPUT_MODELS_TS"
  [ -z "${INPUT_DATASET:-}" ] || args+=("--dataset=$INPUT_DATASET")
  [ "${INPUT_TYPECHECK:-false}" != true ] || args+=(--typecheck)
  args+=(--)
  local report status
  report=$(mktemp)
  "$bin" check --format=github "${args[@]}" "${files[@]}"
  status=$?
  "$bin" check --format=json --exit-zero "${args[@]}" "${files[@]}" 2>/dev/null >"$report" || return $status
  emit findings "$(field "$report" 'r.files.reduce((n, f) => n + f.problems.length, 0)')"
  [ -z "${INPUT_SARIF_FILE:-}" ] || "$bin" check --format=sarif --exit-zero "${args[@]}" "${files[@]}" 2>/dev/null >"$INPUT_SARIF_FILE" || return $?
  {
    echo "## fib-ls check"
    echo '```'
    "$bin" check --exit-zero --color=never "${args[@]}" "${files[@]}" 2>/dev/null
    echo '```'
  } >"$report"
  summarise "$report"
  rm -f "$report"
  return $status
}

case "${INPUT_COMMAND:-add}" in
add) run_add ;;
check) run_check ;;
*) fail "command is '$INPUT_COMMAND'; choose add or check" ;;
esac
