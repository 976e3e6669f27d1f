#!/usr/bin/env bash
# Libraries depend leftwards only: tasks <- results <- runners <- harness. Also:
# each heavy header stands in the files that may know it, and no source file
# outside tests is longer than 500 lines.
set -euo pipefail
cd "$1"

bad=0
say() {
  echo "$1"
  bad=1
}

rank() {
  case $1 in
    tasks) echo 1 ;;
    results) echo 2 ;;
    runners) echo 3 ;;
    harness) echo 4 ;;
  esac
}

count=0
for folder in tasks results runners harness; do
  while IFS=: read -r file line target; do
    count=$((count + 1))
    if [ "$(rank "$target")" -gt "$(rank "$folder")" ]; then
      say "$file:$line: $folder must not include from $target"
    fi
  done < <(grep -rnoE --include='*.cpp' --include='*.hpp' \
             '^#include "(tasks|results|runners|harness)/' "$folder" |
           sed -E 's/#include "([a-z]+)\//\1/')
done
[ "$count" -gt 100 ] || say "only $count includes seen: the check itself is broken"

# header regex | files that may include it
only() {
  local found
  found=$(grep -rlE --include='*.cpp' --include='*.hpp' "^#include <$1" tasks results runners harness |
          grep -vxE "$2" || true)
  [ -z "$found" ] || say "<$1...> is included by: $found"
}
only 'boost/(process|asio)' 'runners/process.cpp'
only 'SQLiteCpp' 'results/store/database.hpp'
only 'CLI/' 'harness/cli/parse(_tasks)?.cpp'
only 'toml\+\+' 'tasks/config_file.cpp'
only 'yaml-cpp/' 'tasks/(yaml_file|terminal_bench_yaml).cpp'
only 'curl/' 'harness/model/transport.cpp'

while read -r lines file; do
  [ "$file" = total ] || [ "$lines" -le 500 ] || say "$file: $lines lines; 500 is the most"
done < <(find tasks results runners harness -name '*.cpp' -o -name '*.hpp' | xargs wc -l)

exit $bad
