#!/bin/sh
# Installs the program exitwise from a release, without root. README.md and docs/ci.md describe it.
#
#   install.sh [--version VERSION] [--to FOLDER]
#
# VERSION is that of the latest release by default, FOLDER is ~/.local/bin. The archive is only unpacked if its SHA-256 is the one
# that the release states. EXITWISE_RELEASES names a mirror of the releases.
set -eu

fail() {
  echo "install.sh: $1" >&2
  exit "${2:-1}"
}

# The Rust target of this machine; on Linux the static one, which runs everywhere.
target() {
  system=$(uname -s)
  machine=$(uname -m)
  case $machine in
    x86_64 | amd64) machine=x86_64 ;;
    aarch64 | arm64) machine=aarch64 ;;
    *) fail "there is no archive for the processor $machine; build exitwise with cargo" ;;
  esac
  case $system in
    Linux) echo "$machine-unknown-linux-musl" ;;
    Darwin) echo "$machine-apple-darwin" ;;
    *) fail "there is no archive for $system that this script can install; see $releases" ;;
  esac
}

# download URL FILE
download() {
  if command -v curl >/dev/null; then
    curl --proto "$protocols" --fail --silent --show-error --location --retry 3 --output "$2" "$1"
  else
    wget -q -O "$2" "$1"
  fi
}

# GitHub redirects `latest` to the page of the latest release, whose last part is its tag.
latest() {
  if command -v curl >/dev/null; then
    page=$(curl --proto "$protocols" --fail --silent --show-error --location --head --output /dev/null \
      --write-out '%{url_effective}' "$releases/latest") || page=
  else
    page=$(wget -S --spider "$releases/latest" 2>&1 | sed -n 's/^ *[Ll]ocation: *\([^ ]*\).*/\1/p' | tail -n 1)
  fi
  case $page in
    */v[0-9]*) echo "${page##*/v}" ;;
    *) fail "found no release at $releases" ;;
  esac
}

sha256() {
  if command -v sha256sum >/dev/null; then
    sum=$(sha256sum "$1")
  elif command -v shasum >/dev/null; then
    sum=$(shasum -a 256 "$1")
  else
    fail "neither sha256sum nor shasum is installed"
  fi
  echo "${sum%% *}"
}

# A function, so that nothing runs if the script arrives incomplete.
main() {
  releases=${EXITWISE_RELEASES:-https://github.com/exitwise/exitwise/releases}
  # No redirect leads from HTTPS to HTTP.
  case $releases in https:*) protocols='=https' ;; *) protocols='=http,https' ;; esac
  version=latest
  folder=
  while [ $# -gt 0 ]; do
    case $1 in
      --help)
        echo "Usage: install.sh [--version VERSION] [--to FOLDER]"
        return
        ;;
      --version | --to)
        [ $# -ge 2 ] || fail "$1 needs a value" 2
        if [ "$1" = --to ]; then folder=$2; else version=${2#v}; fi
        shift 2
        ;;
      *) fail "unknown argument $1; usage: install.sh [--version VERSION] [--to FOLDER]" 2 ;;
    esac
  done
  : "${folder:=${HOME:?install.sh: HOME is not set, so give --to FOLDER}/.local/bin}"
  command -v curl >/dev/null || command -v wget >/dev/null || fail "neither curl nor wget is installed"

  target=$(target)
  [ "$version" != latest ] || version=$(latest)
  case $version in
    '' | *[!0-9A-Za-z.+-]*) fail "$version is not a version" 2 ;;
  esac
  name=exitwise-$version-$target
  archive=$releases/download/v$version/$name.tar.gz

  temporary=$(mktemp -d)
  trap 'rm -rf "$temporary"' EXIT
  for suffix in .tar.gz .tar.gz.sha256; do
    download "${archive%.tar.gz}$suffix" "$temporary/$name$suffix" ||
      fail "cannot download ${archive%.tar.gz}$suffix; $releases lists the versions and their archives"
  done
  stated=$(cut -d ' ' -f 1 "$temporary/$name.tar.gz.sha256")
  found=$(sha256 "$temporary/$name.tar.gz")
  [ "$found" = "$stated" ] || fail "$archive is damaged: its SHA-256 is $found, but the release states $stated"

  tar -xzf "$temporary/$name.tar.gz" -C "$temporary" "$name/exitwise"
  mkdir -p "$folder"
  # Renaming replaces a program that is running, too.
  cp "$temporary/$name/exitwise" "$folder/.exitwise.new"
  chmod 755 "$folder/.exitwise.new"
  mv -f "$folder/.exitwise.new" "$folder/exitwise"

  echo "installed exitwise $version for $target as $folder/exitwise; its SHA-256 was right"
  case :$PATH: in
    *:"$folder":*) ;;
    *) echo "$folder is not in your PATH" ;;
  esac
}

main "$@"
