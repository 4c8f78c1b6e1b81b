#!/usr/bin/env bash
# Everything in the repository that is made from other files of it:
#   phases/extract/classdefaults/generated.txt  what transformers' configuration
#                        classes fill in, from the version that SGLang requires
#   phases/extract/families/registry.txt  transformers' model classes and their
#                        tasks, from a newer version, which knows more of them
#   docs/rules.md        from the table of rules      (phases/validate)
#   docs/definitions.md  from the grammar of names    (phases/definition)
#   docs/commands.md     from the commands            (cmd/fib-ls)
#   phases/baseline/index/sglang.idx  SGLang's models, configurations and layers,
#                        from the package that scripts/fetch-package.sh sglang
#                        pins, or with SGLANG=DIR from a clone
# and, with FLASHINFER=DIR SGLANG_PACKAGE=DIR[:DIR] (unpacked packages), the
# table of FlashInfer's trace templates, phases/definition/flashinfer.jsonl.
# Tests fail while one of them is out of step.
set -euo pipefail
cd "$(dirname "$0")/.."
if [ -z "${SGLANG:-}" ]; then
  SGLANG=$(scripts/fetch-package.sh sglang)
  SGLANG_COMMIT=v${SGLANG##*/sglang-}
  SGLANG_DATE=$(cat "$SGLANG/.date")
else
  if [ ! -d "$SGLANG/python/sglang/srt/models" ]; then
    echo "SGLANG=$SGLANG is not an SGLang source: there is no python/sglang/srt/models in it" >&2
    exit 2
  fi
  SGLANG=$(realpath "$SGLANG")
  if [ "$(git -C "$SGLANG" rev-parse --show-toplevel 2>/dev/null)" = "$SGLANG" ]; then
    SGLANG_COMMIT=${SGLANG_COMMIT:-$(git -C "$SGLANG" rev-parse HEAD)}
    SGLANG_DATE=${SGLANG_DATE:-$(git -C "$SGLANG" log -1 --format=%cI)}
  elif [ -z "${SGLANG_COMMIT:-}" ] || [ -z "${SGLANG_DATE:-}" ]; then
    echo "$SGLANG is not a git clone: say which SGLang it is with SGLANG_COMMIT=HASH SGLANG_DATE=2026-01-31T12:00:00Z" >&2
    exit 2
  fi
fi
export SGLANG_COMMIT SGLANG_DATE
echo "phases/baseline/index/sglang.idx, from $SGLANG: $SGLANG_COMMIT of $SGLANG_DATE"
go run ./phases/baseline/index/gen -sglang "$SGLANG" -out phases/baseline/index/sglang.idx
transformers=$(cat "$SGLANG"/sglang-*.dist-info/METADATA "$SGLANG/python/pyproject.toml" 2>/dev/null | sed -nE 's/^(Requires-Dist: | *")transformers *== *([0-9.]+).*/\2/p' | head -1)
if [ -z "$transformers" ]; then
  echo "$SGLANG does not say which transformers it requires" >&2
  exit 2
fi
echo "phases/extract/classdefaults/generated.txt, from transformers $transformers"
go run ./phases/baseline/index/gen -sglang "$SGLANG" -transformers "$(scripts/fetch-package.sh transformers "$transformers")/transformers" -defaults phases/extract/classdefaults/generated.txt
newest=5.24.0
echo "phases/extract/families/registry.txt, from transformers $newest"
go run ./phases/baseline/index/gen -transformers "$(scripts/fetch-package.sh transformers "$newest")/transformers" -registry phases/extract/families/registry.txt
if [ -n "${FLASHINFER:-}" ]; then
  if [ -z "${SGLANG_PACKAGE:-}" ]; then
    echo "FLASHINFER=DIR (an unpacked flashinfer-python) takes SGLANG_PACKAGE=DIR[:DIR] too: an unpacked sglang and sglang-kernel, whose calls are noted" >&2
    exit 2
  fi
  echo phases/definition/flashinfer.jsonl
  go run ./phases/onboard/kernelsource/maketable -flashinfer "$FLASHINFER" -sglang "$SGLANG_PACKAGE" -out phases/definition/flashinfer.jsonl
fi
echo docs/rules.md
go generate ./phases/validate
echo docs/definitions.md
go generate ./phases/definition
echo docs/commands.md
trap 'rm -f docs/commands.md.new' EXIT
env -i PATH="$PATH" HOME="$HOME" go run ./cmd/fib-ls docs >docs/commands.md.new
mv docs/commands.md.new docs/commands.md
git --no-pager diff --stat -- docs phases/definition phases/baseline/index phases/extract
