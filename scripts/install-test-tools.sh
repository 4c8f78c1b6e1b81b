#!/usr/bin/env bash
# Installs what the tests need beyond the prerequisites: Debian packages (Node,
# Python, the editors), npm packages for TypeScript, the SGLang package to read. What is
# there already is not installed again.
set -euo pipefail
cd "$(dirname "$0")/.."

debian() { # debian COMMAND PACKAGE...: false when it is not there and cannot be installed
  command -v "$1" >/dev/null 2>&1 && return 0
  if ! command -v apt-get >/dev/null 2>&1 || [ "$(id -u)" != 0 ]; then
    echo "missing: $1 (Debian: ${*:2}); it cannot be installed from here" >&2
    return 1
  fi
  if [ ! -e .cache/apt-updated ]; then
    apt-get update -qq
    mkdir -p .cache && touch .cache/apt-updated
  fi
  DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends "${@:2}" >/dev/null
}

# All that is missing is named before it ends, not only the first.
missing=0
debian node nodejs || missing=1
debian npm npm || missing=1
debian python3 python3 python3-venv || missing=1
debian nvim neovim || missing=1
debian emacs emacs-nox || missing=1
ls /usr/share/emacs/site-lisp/elpa-src 2>/dev/null | grep -q eglot || debian no-such-eglot elpa-eglot || missing=1
debian chromium chromium || missing=1
debian rg ripgrep || missing=1
[ $missing = 0 ] || exit 1
scripts/sarif-schema.sh || echo "the SARIF schema could not be fetched" >&2
if [ -f scripts/package.json ] && [ ! -e scripts/node_modules/.installed-"$(sha256sum scripts/package-lock.json | cut -c1-16)" ]; then
  (cd scripts && npm ci --silent --no-audit --no-fund --ignore-scripts && touch node_modules/.installed-"$(sha256sum package-lock.json | cut -c1-16)")
fi
