# SPDX-License-Identifier: GPL-2.0-or-later WITH AdditionRef-OpenSSL
# packages.sh - what the other scripts here need, and how they get it
#
# Sourced by the scripts beside it.  need FILE-OR-COMMAND PACKAGE notes a
# package that is missing; install_needed installs what was noted, or says
# plainly what to install; find_server reads PROFTPD; make_scratch NAME makes a
# temporary folder and prints its name.  The names are those of Debian 12, 13
# and unstable.

missing=
proftpd=/usr/sbin/proftpd
headers=
PATH=$PATH:/usr/sbin:/sbin

# find_server: sets proftpd, the program that PROFTPD means, and headers, what
# configure's --with-proftpd is to say, which is nothing for the system's own.
find_server() {
  proftpd=${PROFTPD:-/usr/sbin/proftpd}
  if [ -d "$proftpd" ]; then
    headers=$(cd "$proftpd" && pwd)
    if [ -x "$headers/sbin/proftpd" ]; then
      proftpd=$headers/sbin/proftpd
    else
      proftpd=$headers/proftpd
    fi
    if ! [ -x "$proftpd" ]; then
      echo "PROFTPD=$PROFTPD: neither a prefix nor a built tree of ProFTPD" >&2
      exit 2
    fi
  elif [ "$proftpd" != /usr/sbin/proftpd ]; then
    prefix=$(cd "$(dirname "$proftpd")/.." && pwd)
    if [ -e "$prefix/include/proftpd/Make.rules" ]; then
      headers=$prefix
    elif [ -e "$(dirname "$proftpd")/Make.rules" ]; then
      headers=$(dirname "$proftpd")
    fi
  fi
  export PROFTPD="$proftpd"
}

need() {
  case $1 in
    /*) test -e "$1" && return 0 ;;
    *) command -v "$1" >/dev/null && return 0 ;;
  esac
  missing="$missing $2"
}

need_to_build() {
  if [ -z "$headers" ]; then
    need "$proftpd" proftpd-core
    need /usr/include/proftpd/Make.rules proftpd-dev
  fi
  need /usr/include/openssl/ssl.h libssl-dev
  need /usr/include/security/pam_appl.h libpam0g-dev
  need /usr/include/seccomp.h libseccomp-dev
  need gcc gcc
  need make make
  need autoconf autoconf
  need pkg-config pkg-config
  need python3 python3
  need openssl openssl
  need curl curl
}

# Installing proftpd-core starts a daemon on port 21 and enables it at boot.
# Neither is wanted here: RUNLEVEL=1 stops the init script, a mask in /run
# stops systemd, and both are undone only as far as they were ours.
install_packages() {
  mask=/run/systemd/system/proftpd.service
  masked=no
  case " $* " in
    *" proftpd-core "*) fresh=yes ;;
    *) fresh=no ;;
  esac
  if [ "$fresh" = yes ] && [ -d /run/systemd/system ] && [ ! -e "$mask" ]; then
    ln -s /dev/null "$mask"
    masked=yes
  fi

  status=0
  export DEBIAN_FRONTEND=noninteractive RUNLEVEL=1
  { apt-get update -q && apt-get install -q -y --no-install-recommends "$@"; } \
    </dev/null || status=$?
  unset RUNLEVEL

  if [ "$masked" = yes ]; then
    rm -f "$mask"
  fi
  if [ "$fresh" = yes ] && [ "$status" -eq 0 ]; then
    update-rc.d proftpd disable >/dev/null 2>&1 || :
    echo "proftpd-core has been installed; its service is disabled and not" \
      "running (update-rc.d proftpd enable)."
  fi
  return "$status"
}

install_needed() {
  [ -n "$missing" ] || return 0
  if ! command -v apt-get >/dev/null; then
    echo "Missing (Debian's names):$missing" >&2
    return 1
  elif [ "$(id -u)" -eq 0 ]; then
    echo "Installing:$missing"
    # Names of packages: the words are meant to be split.
    # shellcheck disable=SC2086
    install_packages $missing
  elif command -v sudo >/dev/null && sudo -n true 2>/dev/null; then
    echo "Installing with sudo:$missing"
    # shellcheck disable=SC2086
    sudo -n sh -c '. "$0" && install_packages "$@"' "$here/packages.sh" $missing
  else
    echo "Please install, as root:  apt-get install$missing" >&2
    return 1
  fi
}

# A server that root starts serves as nobody, who must get into the folder.
make_scratch() {
  base=${TMPDIR:-/tmp}
  if [ "$(id -u)" -eq 0 ] && ! runuser -u nobody -- test -x "$base"; then
    base=/tmp
  fi
  mktemp -d "$base/tls4217-$1.XXXXXX"
}
