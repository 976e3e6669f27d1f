#!/bin/bash
# Builds the repository /app/converter. Dates and identities are fixed, so the
# commit ids are the same each time.
set -e
umask 022
export LC_ALL=C TZ=UTC GIT_CONFIG_GLOBAL=/dev/null GIT_CONFIG_SYSTEM=/dev/null
export GIT_AUTHOR_NAME="Weir authors" GIT_AUTHOR_EMAIL="authors@example.org"
export GIT_COMMITTER_NAME="Weir authors" GIT_COMMITTER_EMAIL="authors@example.org"

here=$(cd "$(dirname "$0")" && pwd)
mkdir -p /app/converter
cd /app/converter
git init -q -b main
git config user.name "Weir authors"
git config user.email "authors@example.org"

day=0
commit() {
    day=$((day + 1))
    stamp=$(printf '2024-02-%02dT10:00:00+0000' "$day")
    git add -A
    GIT_AUTHOR_DATE=$stamp GIT_COMMITTER_DATE=$stamp git commit -q -m "$1"
}

# edit FILE: reads pairs of blocks, "<<<", the old text, "===", the new text,
# ">>>", and replaces the old text, which must be there exactly once.
edit() {
    python3 "$here/edit.py" "$1"
}

. "$here/history.sh"

if git merge -q --no-edit feature/energy > /dev/null 2>&1; then
    echo "the merge was to stop with a conflict"
    exit 1
fi
git status --short
