#!/bin/sh
# Installs Ringfence for the person who runs it; no root needed. What it writes is listed in a file, so that it can all be taken away again.
#   ./install.sh                into ~/.local
#   ./install.sh --back         goes back to the version that was there before
#   ./install.sh --uninstall    takes it away; accounts, settings and recent calls are kept
#   PREFIX=DIR ./install.sh     somewhere else
#
# Each version has a directory of its own, and one link says which one counts. Changing that link is one step that happens or does
# not: whenever this is interrupted, there is a whole program, the old one or the new one. A phone that runs goes on undisturbed.
#   PREFIX/lib/ringfence/versions/VERSION    what was unpacked
#   PREFIX/lib/ringfence/current, previous   links to two of them
#   PREFIX/bin, PREFIX/share                 links to what is in current; the menu entry is a copy
set -eu
here=$(cd "$(dirname "$0")" && pwd -P)
case $here in
    */lib/ringfence/versions/*) usual=${here%/lib/ringfence/versions/*} ;;
    *) usual=$HOME/.local ;;
esac
prefix=${PREFIX:-$usual}
root=$prefix/lib/ringfence
list=$root/installed-files
menu=share/applications/ringfence.desktop

# Menus and link handlers look these up; where the tools are missing or fail, the desktop does it at the next login.
refresh() {
    if command -v update-desktop-database >/dev/null; then update-desktop-database "$prefix/share/applications" || :; fi
    if [ -d "$prefix/share/icons/hicolor" ] && command -v gtk-update-icon-cache >/dev/null; then gtk-update-icon-cache -q -t "$prefix/share/icons/hicolor" || :; fi
}

# put_link TARGET PLACE: in one step, whatever was there before.
put_link() {
    rm -f "$2.new"
    ln -s "$1" "$2.new"
    mv -fT "$2.new" "$2"
}

take_away() { # FILES: files that are installed no more, and directories that are empty now
    while IFS= read -r file; do rm -f "$prefix/$file"; done <"$1"
    sed 's|/[^/]*$||' "$1" | sort -ru | while IFS= read -r directory; do
        if [ -d "$prefix/$directory" ]; then (cd "$prefix" && rmdir -p --ignore-fail-on-non-empty "$directory") || :; fi
    done
}

# forget FOLDER CACHE: what refresh wrote there goes where nothing else is left that it could be about.
forget() {
    if [ -f "$prefix/$1/$2" ] && [ "$(ls -A "$prefix/$1")" = "$2" ]; then
        rm -f "$prefix/$1/$2"
        (cd "$prefix" && rmdir -p --ignore-fail-on-non-empty "$1") || :
    fi
}

uninstall() {
    [ -f "$list" ] || { echo "Ringfence is not installed below $prefix." >&2; exit 1; }
    take_away "$list"
    rm -rf "$root"
    rmdir --ignore-fail-on-non-empty "$prefix/lib" || :
    if [ -d "$prefix/share/applications" ]; then refresh; fi
    forget share/applications mimeinfo.cache
    forget share/icons/hicolor icon-theme.cache
    echo "Ringfence is no longer installed. Your accounts and settings are untouched."
}

back() {
    now=$(readlink "$root/current") && before=$(readlink "$root/previous") && [ "$now" != "$before" ] && [ -x "$root/$before/bin/ringfence" ] ||
        { echo "There is no version before this one below $prefix." >&2; exit 1; }
    put_link "$before" "$root/current"
    put_link "$now" "$root/previous"
    echo "Back at ${before#versions/}. It is used from the next start on."
}

case "${1:-} $#" in
    "--uninstall 1") uninstall; exit ;;
    "--back 1") back; exit ;;
    " 0") ;;
    *) echo "usage: ./install.sh [--back | --uninstall]" >&2; exit 2 ;;
esac

missing=
for library in libasound.so.2 libX11.so.6 libXcursor.so.1 libXi.so.6 libxkbcommon.so.0 libxkbcommon-x11.so.0 libEGL.so.1; do
    /sbin/ldconfig -p 2>/dev/null | grep -q "$library" || missing="$missing $library"
done
[ -z "$missing" ] || echo "Note: these libraries were not found, and the window needs them:$missing" >&2

cd "$here"
version=$(cat VERSION)
mkdir -p "$root/versions" "$prefix/bin"

# The new version, beside the one in use: its directory gets its name when it is whole.
name=$version
count=1
while [ -e "$root/versions/$name" ]; do
    count=$((count + 1))
    name=$version-$count
done
rm -rf "$root/versions/new"
mkdir "$root/versions/new"
cp -a bin share VERSION install.sh "$root/versions/new/"
# On the disk, before anything leads to it.
sync -f "$root/versions/new" 2>/dev/null || sync
mv -T "$root/versions/new" "$root/versions/$name"

find bin share -type f | sort >"$list.new"
while IFS= read -r file; do
    mkdir -p "$prefix/$(dirname "$file")"
    case $file in
        # The entry names the program where it is: ~/.local/bin is not in everybody's PATH.
        "$menu") sed "s|^Exec=ringfence|Exec=$prefix/bin/ringfence|" "$file" >"$prefix/$file.new"; mv -fT "$prefix/$file.new" "$prefix/$file" ;;
        # The program itself comes last of all.
        bin/ringfence) ;;
        *) put_link "$root/current/$file" "$prefix/$file" ;;
    esac
done <"$list.new"

old=$(readlink "$root/current" 2>/dev/null || :)
[ -z "$old" ] || put_link "$old" "$root/previous"
# From here on it is the new version.
put_link "versions/$name" "$root/current"

put_link "$root/current/bin/ringfence" "$prefix/bin/ringfence"
# What an earlier version had and this one has not; versions that nobody goes back to; what was interrupted.
if [ -f "$list" ]; then
    sort "$list" | comm -23 - "$list.new" >"$list.gone"
    take_away "$list.gone"
    rm -f "$list.gone"
fi
mv -fT "$list.new" "$list"
for directory in "$root"/versions/*; do
    case versions/${directory##*/} in "versions/$name" | "$old") ;; *) rm -rf "$directory" ;; esac
done
refresh
echo "Installed below $prefix. Start it from the menu, or: $prefix/bin/ringfence"
