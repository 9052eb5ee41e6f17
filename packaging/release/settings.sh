# What the owner of the project decides, in one place. Sourced by the scripts of packaging/release.

# The reverse domain name of the application (AppStream, Flatpak, macOS). Its domain must be the project's.
APP_ID=io.github.ringfence.Ringfence
# Who vouches for packages, and where the project lives.
MAINTAINER="Ringfence maintainers <maintainers@ringfence.example>"
HOMEPAGE=https://github.com/ringfence/ringfence
# Where the program asks for signed release manifests. Empty: it never asks.
UPDATE_ORIGIN=
