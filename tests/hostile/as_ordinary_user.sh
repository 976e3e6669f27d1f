#!/usr/bin/env bash
# Runs a program as an ordinary user: as_ordinary_user.sh PROGRAM [ARG...].
# Root becomes uid 1777, which owns nothing; the program is copied to where that
# user can reach it.
set -euo pipefail
if [ "$(id -u)" -ne 0 ]; then
  exec "$@"
fi
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
chmod 755 "$folder"
cp "$1" "$folder/program"
shift
setpriv --reuid 1777 --regid 1777 --clear-groups \
  env -i PATH="$PATH" HOME=/tmp "$folder/program" "$@"
