#!/usr/bin/env bash
# Installs code-server, the VS Code that runs in a browser, below
# .cache/code-server, for the editor tests. Everything comes from the npm
# registry and from Debian; the native modules are compiled here, since their
# prebuilt files live elsewhere. Done once per version; `--force` does it again.
set -euo pipefail
cd "$(dirname "$0")/.."
. scripts/debian.sh
version=4.100.3
root=$PWD/.cache/code-server
package=$root/node_modules/code-server
stamp=$root/.installed-$version-node$(node -p 'process.versions.modules')
[ "${1:-}" = --force ] && rm -f "$stamp"
[ -e "$stamp" ] && exit 0

quiet() { # quiet NAME COMMAND...: show the output of a step only when it fails
  local name=$1 log
  shift
  log=$(mktemp)
  echo "code-server: $name" >&2
  if ! "$@" >"$log" 2>&1; then
    tail -40 "$log" >&2
    rm -f "$log"
    echo "code-server: $name failed" >&2
    return 1
  fi
  rm -f "$log"
}

# apt is asked only for what is missing. The server loads its Kerberos module
# at its start, for proxies that ask for it.
wanted=()
command -v g++ >/dev/null || wanted+=(g++)
command -v make >/dev/null || wanted+=(make)
command -v python3 >/dev/null || wanted+=(python3)
command -v rg >/dev/null || wanted+=(ripgrep)
[ -e /usr/include/krb5.h ] || [ -e /usr/include/krb5/krb5.h ] || wanted+=(libkrb5-dev)
if [ ${#wanted[@]} -gt 0 ]; then
  echo "code-server: Debian: ${wanted[*]}" >&2
  debian "${wanted[@]}" >&2
fi

# node-gyp comes with npm. The headers lie beside the node that runs.
prefix=$(dirname "$(dirname "$(readlink -f "$(command -v node)")")")
[ -e "$prefix/include/node/node.h" ] || prefix=/usr
gyp=$(npm root -g 2>/dev/null)/npm/node_modules/node-gyp/bin/node-gyp.js
[ -e "$gyp" ] || gyp=$(dirname "$(readlink -f "$(command -v npm)")")/../node_modules/node-gyp/bin/node-gyp.js

rm -rf "$root"
mkdir -p "$root"
echo '{"private":true}' >"$root/package.json"
npm_flags=(--ignore-scripts --no-audit --no-fund --loglevel=error)
quiet "npm: code-server $version" npm install --prefix "$root" "${npm_flags[@]}" "code-server@$version"
quiet "npm: the server's modules" npm install --prefix "$package/lib/vscode" --omit=dev "${npm_flags[@]}"
quiet "npm: TypeScript for its extensions" npm install --prefix "$package/lib/vscode/extensions" "${npm_flags[@]}"
for module in node-pty @vscode/spdlog native-watchdog kerberos @vscode/deviceid @parcel/watcher; do
  directory=$package/lib/vscode/node_modules/$module
  [ -d "$directory" ] || continue
  (cd "$directory" && quiet "compiling $module" node "$gyp" rebuild --nodedir="$prefix")
done
# Passwords are hashed with argon2, which is loaded even when there are none.
# Its build is told by its installer where the result belongs; here by us.
argon2=$root/node_modules/argon2
(cd "$argon2" && quiet "compiling argon2" node "$gyp" rebuild --nodedir="$prefix" \
  --module_name=argon2 --module_path="$argon2/lib/binding/napi-v3" --napi_version=9 --napi_build_version=3)
mkdir -p "$package/lib/vscode/node_modules/@vscode/ripgrep/bin"
ln -sf "$(command -v rg)" "$package/lib/vscode/node_modules/@vscode/ripgrep/bin/rg"
XDG_CONFIG_HOME=$root/config node "$package/out/node/entry.js" --version >&2
touch "$stamp"
echo "code-server: $version is in .cache/code-server" >&2
