# What the owner of the project decides, in one place. Sourced by the scripts of packaging/release.

# The reverse domain name of the application (AppStream, Flatpak, macOS). Its domain must be the project's.
APP_ID=io.github.ringfence.Ringfence
# Who vouches for packages, and where the project lives.
MAINTAINER="Ringfence maintainers <maintainers@ringfence.example>"
HOMEPAGE=https://github.com/ringfence/ringfence
# Where the program asks for signed release manifests. Empty: it never asks.
UPDATE_ORIGIN=
# Who signs releases, and who signs withdrawals: the public keys (RW…) of two people. An origin needs both.
UPDATE_KEY=
WITHDRAWAL_KEY=

# A program takes these when it is built (src/phone/update); half a channel would be none, without a word.
export RINGFENCE_UPDATE_ORIGIN=$UPDATE_ORIGIN RINGFENCE_UPDATE_KEY=$UPDATE_KEY RINGFENCE_WITHDRAWAL_KEY=$WITHDRAWAL_KEY
if [ -n "$UPDATE_ORIGIN$UPDATE_KEY$WITHDRAWAL_KEY" ]; then
  case $UPDATE_ORIGIN in https://*) ;; *) echo "settings.sh: the origin must be https://HOST" >&2; exit 1 ;; esac
  for channel_key in "$UPDATE_KEY" "$WITHDRAWAL_KEY"; do
    case $channel_key in RW*) [ ${#channel_key} = 56 ] ;; *) false ;; esac || { echo "settings.sh: not a minisign public key: '$channel_key'" >&2; exit 1; }
  done
  [ "$UPDATE_KEY" != "$WITHDRAWAL_KEY" ] || { echo "settings.sh: releases and withdrawals need two keys" >&2; exit 1; }
fi
