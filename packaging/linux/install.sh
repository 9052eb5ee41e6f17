#!/bin/sh
# Installs Ringfence for the person who runs it; no root needed. What it writes is listed in a file, so that it can all be taken away again.
#   ./install.sh                into ~/.local
#   ./install.sh --uninstall    takes it away; accounts, settings and recent calls are kept
#   PREFIX=DIR ./install.sh     somewhere else
set -eu
here=$(cd "$(dirname "$0")" && pwd)
prefix=${PREFIX:-$HOME/.local}
list=$prefix/share/ringfence/installed-files

refresh() {
    # Menus and link handlers look these up; where the tools are missing, the desktop does it at the next login.
    if command -v update-desktop-database >/dev/null; then update-desktop-database "$prefix/share/applications"; fi
    if command -v gtk-update-icon-cache >/dev/null; then gtk-update-icon-cache -q -t "$prefix/share/icons/hicolor"; fi
}

uninstall() {
    [ -f "$list" ] || { echo "Ringfence is not installed below $prefix." >&2; exit 1; }
    while IFS= read -r file; do rm -f "$prefix/$file"; done <"$list"
    # Directories that are empty now were ours, or nobody misses them.
    sed 's|/[^/]*$||' "$list" | sort -ru | while IFS= read -r directory; do
        rmdir -p --ignore-fail-on-non-empty "$prefix/$directory" 2>/dev/null || :
    done
    rm -f "$list"
    rmdir --ignore-fail-on-non-empty "$prefix/share/ringfence"
    if [ -d "$prefix/share/applications" ]; then refresh; fi
    echo "Ringfence is no longer installed. Your accounts and settings are untouched."
}

if [ "${1:-}" = --uninstall ]; then uninstall; exit; fi
[ $# = 0 ] || { echo "usage: ./install.sh [--uninstall]" >&2; exit 2; }

missing=
for library in libasound.so.2 libX11.so.6 libXcursor.so.1 libXi.so.6 libxkbcommon.so.0 libxkbcommon-x11.so.0 libEGL.so.1; do
    /sbin/ldconfig -p 2>/dev/null | grep -q "$library" || missing="$missing $library"
done
[ -z "$missing" ] || echo "Note: these libraries were not found, and the window needs them:$missing" >&2

cd "$here"
find bin share -type f | sort >"${list##*/}.new"
while IFS= read -r file; do
    mkdir -p "$prefix/$(dirname "$file")"
    # Beside its place, then renamed over the old one: a running phone goes on undisturbed.
    cp -p "$file" "$prefix/$file.new"
    mv -f "$prefix/$file.new" "$prefix/$file"
done <"${list##*/}.new"
mkdir -p "$(dirname "$list")"
mv "${list##*/}.new" "$list"
# The menu entry names the program where it is: ~/.local/bin is not in everybody's PATH.
sed -i "s|^Exec=ringfence|Exec=$prefix/bin/ringfence|" "$prefix/share/applications/ringfence.desktop"
refresh
echo "Installed below $prefix. Start it from the menu, or: $prefix/bin/ringfence"
