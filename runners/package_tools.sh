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

# The base's Python, not this folder's.
base_python() { (PATH=$(others) && exec python3 "$@"); }

# Goes on as a program of the base.
become() {
  PATH=$(others)
  case $1 in
    python | python3.*)
      command -v "$1" >/dev/null 2>&1 || { say "python3 of the base stands for $1"; shift; set -- python3 "$@"; } ;;
  esac
  command -v "$1" >/dev/null 2>&1 || { say "not in the base: $1"; exit 127; }
  exec "$@"
}

# One distribution of Python, as pip or uv would be asked for it.
python_package() {
  name=${1%%[<>=!~;@[ ]*}
  [ -n "$name" ] || return 0
  version=$(cd / && base_python -I -c 'import importlib.metadata as m, sys
print(m.version(sys.argv[1]))' "$name" 2>/dev/null)
  if [ -z "$version" ]; then
    say "not in the base: $1 (Python)"
  elif [ "$name" = "$1" ] || [ "$1" = "$name==$version" ]; then
    say "in the base already: $name $version (Python)"
  else
    say "$name $version of the base stands for $1 (Python)"
  fi
}

# A list of them in a file, as pip reads it.
python_requirements() {
  [ -r "$1" ] || { echo "error: no such file: $1" >&2; exit 2; }
  while read -r line || [ -n "$line" ]; do
    case $line in -*) continue ;; esac
    python_package "$(printf '%s' "${line%%#*}" | tr -d ' \t\r')"
  done <"$1"
}

# The words after `pip install`, `uv add` and the like.
python_packages() {
  from=''
  for word; do
    case $from in
      file) python_requirements "$word"; from=''; continue ;;
      skip) from=''; continue ;;
    esac
    case $word in
      -r | --requirement | --requirements) from='file' ;;
      --requirement=* | --requirements=*) python_requirements "${word#*=}" ;;
      -r?*) python_requirements "${word#-r}" ;;
      -i | --index-url | --extra-index-url | --index | --default-index | -f | --find-links | -t | \
        --target | -p | --python | --prefix | --root | -c | --constraint | --constraints | \
        --dev-group | --group | --extra | --trusted-host | --timeout | --retries | --platform | \
        --python-version | --python-platform | --only-binary | --no-binary | --progress-bar | \
        --upgrade-strategy | -C | --config-settings | --cache-dir | --proxy | --cert | --log | \
        --src | --index-strategy | --resolution | --exclude-newer | --link-mode | --with | \
        --project | --directory | --optional | --script | -P | --upgrade-package) from=skip ;;
      -*) ;;
      . | .. | ./* | ../* | /* | .\[*) say "not installed: $word (from its source)" ;;
      *) python_package "$word" ;;
    esac
  done
  [ -z "$from" ] || { echo "error: an option at the end wants a value: $word" >&2; exit 2; }
}

# What pip says of what is there, where the base has no pip to say it.
python_listing() {
  cd / && base_python -I -c 'import importlib.metadata as m, sys
act, names = sys.argv[1], [word for word in sys.argv[2:] if not word.startswith("-")]
if act != "show":
    for d in sorted(m.distributions(), key=lambda d: d.metadata["Name"].lower()):
        print(d.metadata["Name"] + ("==" if act == "freeze" else " ") + d.version)
for name in names if act == "show" else []:
    try:
        print("Name: %s\nVersion: %s" % (m.metadata(name)["Name"], m.version(name)))
    except m.PackageNotFoundError:
        sys.exit("WARNING: Package(s) not found: " + name)' "$@"
}

pip_command() {
  act=${1:-}
  [ $# -eq 0 ] || shift
  case $act in
    install) python_packages "$@" ;;
    sync) for word; do case $word in -*) ;; *) python_requirements "$word" ;; esac; done ;;
    *)
      base_python -I -c 'import pip' 2>/dev/null && [ -n "$act" ] && become python3 -I -m pip "$act" "$@"
      case $act in
        list | freeze | show) python_listing "$act" "$@" ;;
        --version | -V) echo "pip 0 (stands in for the base)" ;;
        check | config | cache | '') ;;
        *) say "pip $act is not done: the base has no pip"; exit 1 ;;
      esac ;;
  esac
}

# A program of this folder under another path: for as long as the folder is there.
stub() {
  rm -rf "${1:?}/$2"
  printf '#!/bin/sh\n[ ! -x %s/%s ] || exec %s/%s "$@"\n%s\n' "$here" "$2" "$here" "$2" \
    "exec python3 -m $2 \"\$@\"" >"$1/$2" && chmod 755 "$1/$2"
}

# A virtual environment that sees what the base has, anew, whatever was there.
virtual_environment() {
  folder=$1
  base_python -m venv --clear --system-site-packages --without-pip "$folder" || exit 1
  for tool in pip pip3 pytest uv uvx; do stub "$folder/bin" "$tool"; done
  for site in "$folder"/lib/python3*/site-packages; do
    mkdir -p "$site/pip" && : >"$site/pip/__init__.py" || exit 1
    cat >"$site/pip/__main__.py" <<END
import os, runpy, sys
if os.access("$here/pip", os.X_OK):
    os.execv("$here/pip", ["$here/pip"] + sys.argv[1:])
own = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
sys.path[:] = [path for path in sys.path if path != own]
sys.modules.pop("pip", None)
runpy.run_module("pip", run_name="__main__")
END
  done
}

# The last word that is no option.
last_word() {
  last=$1
  shift
  for word; do case $word in -*) ;; *) last=$word ;; esac; done
  printf '%s' "$last"
}

# pytest, without the one option that needs a plugin the base may lack. First word: `program`, or
# `module` where it was started by python -m.
run_pytest() {
  started=$1
  shift
  if ! (cd / && base_python -I -c 'import pytest_json_ctrf') 2>/dev/null; then
    dropped='' count=$#
    while [ "$count" -gt 0 ]; do
      word=$1
      shift
      count=$((count - 1))
      case $word in
        --ctrf) dropped=1; [ "$count" -eq 0 ] || { shift; count=$((count - 1)); } ;;
        --ctrf=*) dropped=1 ;;
        *) set -- "$@" "$word" ;;
      esac
    done
    [ -z "$dropped" ] || say "pytest --ctrf is dropped: the base has no pytest-json-ctrf"
  fi
  [ "$started" = program ] || become python3 -m pytest "$@"
  # As a program installed by itself: the working folder's modules and a user's own are not its.
  export PYTHONNOUSERSITE=1
  become python3 -c 'import sys
sys.path[:] = [path for path in sys.path if path]
import pytest
sys.exit(pytest.console_main())' "$@"
}

# Python itself, but for the modules that would fetch something.
run_python() {
  if [ "${1:-}" = -m ]; then
    module=${2:-}
    case $module in
      pip) shift 2; pip_command "$@"; exit ;;
      uv) shift 2; uv "$@"; exit ;;
      ensurepip) exit 0 ;;
      venv | virtualenv)
        shift 2
        folder=$(last_word '' "$@")
        [ -z "$folder" ] || { virtual_environment "$folder"; exit; }
        set -- -m venv "$@" ;;
      pytest) shift 2; run_pytest module "$@" ;;
    esac
  fi
  become "$me" "$@"
}

run_tool() {
  tool=${1%%@*}
  shift
  case $tool in
    pytest | py.test) run_pytest program "$@" ;;
    python | python3) me=$tool; run_python "$@" ;;
    pip | pip3) pip_command "$@"; exit ;;
    *.py) become python3 "$tool" "$@" ;;
    -) become python3 - "$@" ;;
  esac
  become "$tool" "$@"
}

# The packages a script asks for in its own head (# /// script).
script_packages() {
  [ -r "$1" ] || return 0
  base_python -I -c 'import re, sys
head = re.search(r"(?m)^# /// script\s*$\n((?:^#.*$\n)+?)^# ///\s*$", open(sys.argv[1]).read())
text = re.sub(r"(?m)^# ?", "", head.group(1)) if head else ""
found = re.search(r"(?ms)^dependencies\s*=\s*\[(.*?)\]\s*$", text)
for quoted in re.findall(r"\"([^\"]*)\"|\x27([^\x27]*)\x27", found.group(1) if found else ""):
    print("".join(quoted))' "$1" 2>/dev/null | while read -r line; do python_package "$line"; done
}

wants_value() {
  [ "$1" -ge 2 ] || { echo "error: a value is required for '$2' but none was supplied" >&2; exit 2; }
}

# What follows `uv run` and `uvx`: options, then a program.
uv_run() {
  module=''
  while [ $# -gt 0 ]; do
    case $1 in
      -w | --with | --from)
        wants_value $# "$1"
        for word in $(printf '%s' "$2" | tr , ' '); do python_package "$word"; done
        shift 2 ;;
      --with=* | --from=*) for word in $(printf '%s' "${1#*=}" | tr , ' '); do python_package "$word"; done; shift ;;
      --with-requirements) wants_value $# "$1"; python_requirements "$2"; shift 2 ;;
      --with-editable) wants_value $# "$1"; say "not installed: $2 (from its source)"; shift 2 ;;
      --directory) wants_value $# "$1"; cd "$2" || exit 2; shift 2 ;;
      -p | --python | --project | --group | --only-group | --extra | --package | --env-file | \
        -i | --index-url | --extra-index-url | --index | --default-index | -f | --find-links | \
        --cache-dir | --config-file | --color | --python-platform | --index-strategy | \
        --exclude-newer | --resolution | --link-mode | -P | --upgrade-package | -c | --constraints)
        wants_value $# "$1"; shift 2 ;;
      -m | --module) module=1; shift ;;
      --) shift; break ;;
      -) break ;;
      -*) shift ;;
      *) break ;;
    esac
  done
  if [ $# -eq 0 ]; then
    echo "error: provide a command to run" >&2
    exit 2
  fi
  [ -z "$module" ] || { me=python3; run_python -m "$@"; }
  case $1 in *.py) script_packages "$1" ;; esac
  run_tool "$@"
}

uv() {
  while :; do
    case ${1:-} in
      --directory) wants_value $# "$1"; cd "$2" || exit 2; shift 2 ;;
      --project | --cache-dir | --config-file | --color) wants_value $# "$1"; shift 2 ;;
      --version | -V) echo "uv 0 (stands in for the base)"; return ;;
      -?*) shift ;;
      *) break ;;
    esac
  done
  act=${1:-}
  [ $# -eq 0 ] || shift
  case $act in
    run) uv_run "$@" ;;
    add) python_packages "$@" ;;
    tool)
      case ${1:-} in
        run) shift; uv_run "$@" ;;
        install) shift; python_packages "$@" ;;
      esac ;;
    pip) pip_command "$@" ;;
    venv) virtual_environment "$(last_word .venv "$@")" ;;
    python) say "$(base_python --version) of the base stands for uv python $*" ;;
    init | sync | lock | remove | cache | self | version | help | generate-shell-completion | '') ;;
    *) echo "error: unrecognized subcommand '$act'" >&2; exit 2 ;;
  esac
}

# uv's installer, and pip's, as far as they are needed: uv is called by its path at times.
installer() {
  case $1 in
    *get-pip.py) echo pass; return ;;
  esac
  cat <<END
bin=\${UV_INSTALL_DIR:-\${UV_UNMANAGED_INSTALL:-\$HOME/.local/bin}}
for name in env uv uvx; do rm -rf "\$bin/\$name"; done
mkdir -p "\$bin" && : >"\$bin/env"
for name in uv uvx; do printf '#!/bin/sh\nexec $here/%s "\$@"\n' "\$name" >"\$bin/\$name" && chmod 755 "\$bin/\$name"; done
END
}

# Where a download is to be written, by the words of curl or wget; "-": to stdout.
download_file() {
  url=$1
  shift
  file=-
  [ "$me" = curl ] || file=${url##*/}
  from=''
  for word; do
    if [ -n "$from" ]; then file=$word; from=''; continue; fi
    case $me$word in
      curl--output | wget--output-document) from=1 ;;
      curl--output=* | wget--output-document=*) file=${word#*=} ;;
      curl--remote-name) file=${url##*/} ;;
      curl--* | wget--*) ;;
      curl-*o | wget-*O) from=1 ;;
      curl-*O*) file=${url##*/} ;;
      wget-*O*) file=${word#*O} ;;
    esac
  done
  printf '%s' "$file"
}

# A download: from the box itself it is a real one; an installer is answered with what this
# file is to it; everything else fails as it does without a network.
download() {
  for word; do
    case $word in
      *://localhost* | *://127.* | *://\[::1\]*) break ;;
      https://astral.sh/uv/* | https://github.com/astral-sh/uv/*/uv-installer.sh | https://bootstrap.pypa.io/*get-pip.py)
        file=$(download_file "$word" "$@")
        [ "$file" != - ] || { installer "$word"; exit 0; }
        rm -f "$file"
        installer "$word" >"$file"
        exit ;;
    esac
  done
  become "$me" "$@"
}

case $me in
  apt-get | apt | apk) system_packages "$@" ;;
  pip | pip3) pip_command "$@" ;;
  python | python3) run_python "$@" ;;
  uv) uv "$@" ;;
  uvx) uv_run "$@" ;;
  pytest) run_pytest program "$@" ;;
  curl | wget) download "$@" ;;
  *) say "no such tool: $me"; exit 127 ;;
esac
