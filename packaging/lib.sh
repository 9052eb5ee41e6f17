# What packaging/run, packaging/test and the others share: installing what is missing, and saying so.
# Sourced, not run. Debian 12 and newer, as root or with sudo.

RUST_MINIMUM=1.95
BUILD_PACKAGES="build-essential pkg-config cmake libasound2-dev git ca-certificates"
# All graphics libraries are opened at run time, so no package manager sees that they are needed.
WINDOW_PACKAGES="libgl1-mesa-dri libegl1 libgl1 libxcursor1 libxi6 libx11-xcb1 libxkbcommon0 libxkbcommon-x11-0 libasound2-plugins"
# Real peers for the tests: servers, phones, sound, keyring, display, network tools.
TEST_PACKAGES="kamailio kamailio-tls-modules kamailio-sqlite-modules kamailio-postgres-modules sqlite3 postgresql age baresip sip-tester
  pulseaudio pulseaudio-utils dbus dbus-x11 gnome-keyring libsecret-tools xvfb xauth x11-utils xdotool wmctrl openbox
  imagemagick iproute2 minisign nftables procps openssl mandoc desktop-file-utils python3-jsonschema"

say() { printf '\n== %s\n' "$*"; }
die() { printf '%s: %s\n' "${0##*/}" "$*" >&2; exit 1; }

as_root() {
  if [ "$(id -u)" = 0 ]; then "$@"
  elif command -v sudo >/dev/null; then sudo "$@"
  else die "needs root to install packages: run it as root once, or install sudo"; fi
}

# Installs those of the named Debian packages that are missing. Daemons are not started: the tests run their own.
install_packages() {
  local missing=() package
  for package in "$@"; do
    dpkg-query -W -f='${Status}' "$package" 2>/dev/null | grep -q 'ok installed' || missing+=("$package")
  done
  [ ${#missing[@]} -gt 0 ] || return 0
  command -v apt-get >/dev/null || die "these are missing, and there is no apt-get to install them with: ${missing[*]}"
  say "installing: ${missing[*]}"
  local policy=/usr/sbin/policy-rc.d made_policy=
  if [ ! -e $policy ]; then
    printf '#!/bin/sh\nexit 101\n' | as_root tee $policy >/dev/null
    as_root chmod 755 $policy
    made_policy=yes
  fi
  local status=0
  as_root apt-get update -qq || status=$?
  [ $status = 0 ] && { as_root env DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends "${missing[@]}" >/dev/null || status=$?; }
  [ -z "$made_policy" ] || as_root rm -f $policy
  [ $status = 0 ] || die "apt-get could not install: ${missing[*]}"
}

# Whether this cargo's compiler is new enough.
new_enough() {
  local version
  version=$("$1" --version 2>/dev/null | awk '{print $2}') || return 1
  [ -n "$version" ] && [ "$(printf '%s\n%s\n' "$RUST_MINIMUM" "$version" | sort -V | head -n 1)" = "$RUST_MINIMUM" ]
}

# Finds a Rust that is new enough, or installs Debian's (rustc-web and its tools, from the security suite).
need_rust() {
  if new_enough rustc && command -v cargo >/dev/null && { [ "${1:-}" != tools ] || { cargo clippy --version && cargo fmt --version; } >/dev/null 2>&1; }; then return; fi
  if [ -x "$HOME/.cargo/bin/cargo" ] && new_enough "$HOME/.cargo/bin/rustc"; then
    PATH="$HOME/.cargo/bin:$PATH"; export PATH; return
  fi
  install_packages rustc-web cargo-web rust-web-clippy rustfmt-web
  # Debian's tools come first from here on, whatever older ones the machine has.
  PATH="/usr/bin:$PATH"; export PATH; hash -r
  new_enough rustc || die "a Rust of $RUST_MINIMUM or newer is needed and Debian's is older; see https://rustup.rs"
}
