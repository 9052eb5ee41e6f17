# What the release scripts share. Sourced, not run, from the top of the checkout.
. packaging/lib.sh
. packaging/release/settings.sh

VERSION=${VERSION:-$(sed -n 's/^version = "\(.*\)"/\1/p' Cargo.toml | head -n 1)}
# Packages are reproducible: every time in them is that of the last commit.
SOURCE_DATE_EPOCH=${SOURCE_DATE_EPOCH:-$(git log -1 --format=%ct)}
export SOURCE_DATE_EPOCH VERSION MAINTAINER HOMEPAGE
MTIME=$(date -u -d "@$SOURCE_DATE_EPOCH" +%Y-%m-%dT%H:%M:%SZ)
export MTIME
DIST=$(realpath -m "${DIST:-target/dist}")
TOOLS=$PWD/target/release-tools
mkdir -p "$DIST" "$TOOLS"

# Tools from Python's registry, in an environment of their own. Versions are fixed: a tool's update must not change a package.
python_tool() { # NAME VERSION
  # By the interpreter, not by the script "pip": that one names the folder where the environment was first made.
  local pip=("$TOOLS/venv/bin/python3" -m pip)
  [ -x "$TOOLS/venv/bin/$1" ] && "${pip[@]}" show "$1" 2>/dev/null | grep -qx "Version: $2" && return
  install_packages python3-venv
  [ -x "${pip[0]}" ] || python3 -m venv "$TOOLS/venv"
  "${pip[@]}" install --quiet --disable-pip-version-check "$1==$2"
}

# Tools from cargo's registry, built once and without optimisation: they have little to do.
cargo_tool() { # CRATE VERSION
  [ -x "$TOOLS/bin/$1" ] && [ "$(cat "$TOOLS/$1.version" 2>/dev/null)" = "$2" ] && return
  cargo install --quiet --debug --locked --root "$TOOLS" "$1@$2"
  echo "$2" >"$TOOLS/$1.version"
}

# Paths of the machine that builds are kept out of the programs: for privacy, and so that two machines agree.
remapped() {
  local cargo_home=${CARGO_HOME:-$HOME/.cargo} sysroot
  sysroot=$(rustc --print sysroot)
  printf -- '--remap-path-prefix=%s=/ringfence --remap-path-prefix=%s=/cargo --remap-path-prefix=%s=/rust' "$PWD" "$cargo_home" "$sysroot"
}

# fill FILE: a text with what settings.sh and the version decide filled in.
fill() {
  sed -e "s|@APP_ID@|$APP_ID|g; s|@HOMEPAGE@|$HOMEPAGE|g; s|@VERSION@|$VERSION|g; s|@DATE@|${MTIME%T*}|g" \
    -e "s|@UPDATE_ORIGIN@|$UPDATE_ORIGIN|g; s|@UPDATE_KEY@|$UPDATE_KEY|g; s|@WITHDRAWAL_KEY@|$WITHDRAWAL_KEY|g" "$1"
}

# check_program FILE: nothing of this machine is in it, the list of its crates is, and a program for Linux runs where the packages
# say that it does.
check_program() {
  local newest
  # A file, not a pipe: `grep -q` would end `strings` early, and that would count as an error.
  strings "$1" >"$TOOLS/strings"
  if grep -F -m 3 -e "$HOME/." -e "${CARGO_HOME:-$HOME/.cargo}" -e "$PWD/" "$TOOLS/strings"; then die "$1 holds paths of this machine"; fi
  # Without the section objcopy writes nothing and ends well: another program's list must not stand in.
  rm -f "$TOOLS/crates"
  objcopy --dump-section ".dep-v0=$TOOLS/crates" "$1" "$TOOLS/copy" && [ -s "$TOOLS/crates" ] || die "$1 holds no list of its crates"
  rm "$TOOLS/copy"
  python3 -c '
import json, sys, zlib
crates = json.loads(zlib.decompressobj().decompress(open(sys.argv[1], "rb").read()))["packages"]
assert len(crates) > 300 and any(crate["name"] == "rustls" for crate in crates), "the list is too short"
' "$TOOLS/crates" || die "$1 holds no list of its crates for scanners of vulnerabilities"
  case $1 in *.exe) return ;; esac
  newest=$(objdump -T "$1" | grep -o 'GLIBC_[0-9.]*' | sort -uV | tail -n 1)
  [ "$(printf '%s\nGLIBC_2.35\n' "$newest" | sort -V | tail -n 1)" = GLIBC_2.35 ] || die "$1 needs $newest, and the packages promise 2.35"
}

# C code in crates names its files too, in assertions.
remapped_c() { printf -- '-ffile-prefix-map=%s=/cargo -ffile-prefix-map=%s=/ringfence' "${CARGO_HOME:-$HOME/.cargo}" "$PWD"; }

# row ARTEFACT CHECK…: one line of the table that packaging/release/all prints.
row() {
  local file=$1 size
  shift
  size=$(stat -c %s "$file")
  # A file that is made again has one row.
  touch "$DIST/table"
  sed -i "/^$(basename "$file")\t/d" "$DIST/table"
  printf '%s\t%s\t%s\n' "$(basename "$file")" "$(awk -v n="$size" 'BEGIN { printf "%.2f MB", n / 1e6 }')" "$*" >>"$DIST/table"
}
