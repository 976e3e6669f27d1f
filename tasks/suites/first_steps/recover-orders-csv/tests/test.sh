#!/bin/bash
# Writes 1 or 0 to /logs/verifier/reward.txt.
mkdir -p /logs/verifier
echo 0 > /logs/verifier/reward.txt
export LC_ALL=C.UTF-8 PYTHONDONTWRITEBYTECODE=1
if timeout 50 python3 /tests/check.py; then
    echo 1 > /logs/verifier/reward.txt
fi
exit 0
