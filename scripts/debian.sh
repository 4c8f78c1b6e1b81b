# debian PACKAGE...: installs Debian packages. Where that cannot be, it is false and
# says why in a line on standard output; apt's own words are on standard error. To be
# sourced in the top of the checkout.
debian() {
  if ! command -v apt-get >/dev/null || [ "$(id -u)" != 0 ]; then
    echo "Debian's $* cannot be installed from here"
    return 1
  fi
  if [ ! -e .cache/apt-updated ]; then
    apt-get update -qq >&2 && mkdir -p .cache && touch .cache/apt-updated
  fi
  local log
  if ! log=$(DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends "$@" 2>&1); then
    tail -40 <<<"$log" >&2
    echo "Debian's $* could not be installed"
    return 1
  fi
}
