#!/bin/bash
set -e
# step: see what happens today
make -n || true
# step: repair the Makefile
cat > /app/Makefile <<'MAKEFILE'
# Sales summary. The steps: data/*.csv -> build/*.tsv -> totals -> summary.

REGIONS = $(patsubst data/%.csv,build/%.tsv,$(sort $(wildcard data/*.csv)))

all: build/summary.txt

build/%.tsv: data/%.csv prices.txt scripts/price.awk
	@mkdir -p build
	awk -f scripts/price.awk prices.txt $< > $@

# The folder itself becomes newer when a region is added or removed.
build/totals.tsv: $(REGIONS) data scripts/total.awk
	awk -f scripts/total.awk $(REGIONS) > $@.new
	LC_ALL=C sort -t "$$(printf '\t')" -k 2,2nr -k 1,1 $@.new > $@
	@rm -f $@.new

build/summary.txt: build/totals.tsv scripts/summary.sh
	sh scripts/summary.sh $< > $@

clean:
	rm -rf build

.DELETE_ON_ERROR:
.PHONY: all clean
MAKEFILE
# step: build and compare
make -s clean
make -s
diff -u expected.txt build/summary.txt
# step: build once more, in parallel
make -s clean
make -s -j 4
diff -u expected.txt build/summary.txt
