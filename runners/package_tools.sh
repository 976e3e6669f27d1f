#!/bin/sh
# Stands in for the programs that would fetch something: a box has no network. It does what the
# name it is called by would do, as far as the base has what is asked for; what it has and what
# it lacks are said in lines that begin with "weir: ". Embedded into Weir.
me=${0##*/}
here=${0%/*}

say() { echo "weir: $*" >&2; }

# The rest of PATH without this folder: where the real programs are.
others() { printf '%s' ":$PATH:" | sed "s#:$here:#:#g; s#^:##; s#:\$##"; }

# Packages of the system: apt-get, apt, apk.
system_packages() {
  act='' skip='' have='' lack='' unsure=''
  for word; do
    if [ -n "$skip" ]; then skip=''; continue; fi
    case $word in
      -o | -c | -t | --repository | -X | --virtual) skip=1; continue ;;
      -*) continue ;;
    esac
    if [ -z "$act" ]; then act=$word; continue; fi
    case $act in install | add) ;; *) continue ;; esac
    name=${word%%[=<>~/:]*}
    if dpkg-query -W -f='${Status}' "$name" 2>/dev/null | grep -q ' installed'; then
      have="$have $name"
    elif PATH=$(others) command -v "$name" >/dev/null 2>&1; then
      have="$have $name"
    elif [ -e /var/lib/dpkg/status ]; then
      lack="$lack $name"
    else
      unsure="$unsure $name"
    fi
  done
  [ -z "$have" ] || say "in the base already:$have"
  [ -z "$lack" ] || say "not in the base:$lack"
  [ -z "$unsure" ] || say "not known whether in the base:$unsure"
}

# One distribution of Python, as pip or uv would be asked for it.
python_package() {
  name=${1%%[<>=!~;@[]*}
  [ -n "$name" ] || return 0
  version=$(cd / && python3 -I -c 'import importlib.metadata as m, sys
print(m.version(sys.argv[1]))' "$name" 2>/dev/null)
  if [ -z "$version" ]; then
    say "not in the base: $1 (Python)"
  elif [ "$name" = "$1" ] || [ "$1" = "$name==$version" ]; then
    say "in the base already: $name $version (Python)"
  else
    say "$name $version of the base stands for $1 (Python)"
  fi
}

# The words after `pip install`, `uv add` and the like.
python_packages() {
  from=''
  for word; do
    if [ "$from" = file ]; then
      from=''
      [ -r "$word" ] || continue
      while read -r line || [ -n "$line" ]; do python_package "$(printf '%s' "${line%%#*}" | tr -d ' \t\r')"; done <"$word"
      continue
    fi
    if [ -n "$from" ]; then from=''; continue; fi
    case $word in
      -r | --requirement) from=file ;;
      -i | --index-url | --extra-index-url | -f | --find-links | -t | --target | -p | --python | \
        --prefix | -c | --constraint | --dev-group | --group) from=skip ;;
      -* | . | ./* | /*) ;;
      *) python_package "$word" ;;
    esac
  done
}

# pytest, without the one option that needs a plugin the base may lack.
run_pytest() {
  if ! (cd / && python3 -I -c 'import pytest_json_ctrf') 2>/dev/null; then
    dropped='' count=$#
    while [ "$count" -gt 0 ]; do
      word=$1
      shift
      count=$((count - 1))
      case $word in
        --ctrf) dropped=1; shift; count=$((count - 1)) ;;
        --ctrf=*) dropped=1 ;;
        *) set -- "$@" "$word" ;;
      esac
    done
    [ -z "$dropped" ] || say "pytest --ctrf is dropped: the base has no pytest-json-ctrf"
  fi
  # As a program installed by itself: the working folder's modules and a user's own are not its.
  export PYTHONNOUSERSITE=1
  exec python3 -c 'import sys
sys.path[:] = [path for path in sys.path if path]
import pytest
sys.exit(pytest.console_main())' "$@"
}

run_tool() {
  tool=${1%%@*}
  shift
  [ "$tool" != pytest ] || run_pytest "$@"
  PATH=$(others)
  exec "$tool" "$@"
}

# What follows `uv run` and `uvx`: options, then a program.
uv_run() {
  while [ $# -gt 0 ]; do
    case $1 in
      -p | --python | --project | --directory | --group | --extra) shift 2 ;;
      -w | --with | --from) python_package "$2"; shift 2 ;;
      --with=* | --from=*) python_package "${1#*=}"; shift ;;
      --) shift; break ;;
      -*) shift ;;
      *) break ;;
    esac
  done
  [ $# -gt 0 ] || exit 2
  run_tool "$@"
}

uv() {
  act=${1:-}
  [ $# -eq 0 ] || shift
  case $act in
    run) uv_run "$@" ;;
    add | sync) python_packages "$@" ;;
    tool) [ "${1:-}" != run ] || { shift; uv_run "$@"; } ;;
    pip) [ "${1:-}" != install ] || { shift; python_packages "$@"; } ;;
    venv)
      folder=.venv
      for word; do case $word in -*) ;; *) folder=$word ;; esac; done
      python3 -m venv --system-site-packages --without-pip "$folder" 2>/dev/null ||
        { mkdir -p "$folder/bin" && : >"$folder/bin/activate"; } ;;
  esac
}

# A download: from the box itself it is a real one; uv's installer is answered with what this
# file is to it; everything else fails as it does without a network.
download() {
  for word; do
    case $word in
      *://localhost* | *://127.* | *://\[::1\]*) break ;;
      https://astral.sh/uv/*)
        echo 'rm -rf "$HOME/.local/bin/env"; mkdir -p "$HOME/.local/bin"; : >"$HOME/.local/bin/env"'
        exit 0 ;;
    esac
  done
  PATH=$(others)
  command -v "$me" >/dev/null 2>&1 || { say "not in the base: $me"; exit 127; }
  exec "$me" "$@"
}

case $me in
  apt-get | apt | apk) system_packages "$@" ;;
  pip | pip3)
    if [ "${1:-}" = install ]; then shift; python_packages "$@"; else exit 0; fi ;;
  uv) uv "$@" ;;
  uvx) uv_run "$@" ;;
  pytest) run_pytest "$@" ;;
  curl | wget) download "$@" ;;
  *) say "no such tool: $me"; exit 127 ;;
esac
