cat > convert.py <<'END'
"""Usage: convert.py VALUE FROM TO"""
import sys

# The factor turns a unit into the base unit of its kind.
UNITS = {
    "m": ("length", 1.0),
    "km": ("length", 1000.0),
    "mi": ("length", 1609.344),
}


def convert(value, source, target):
    if UNITS[source][0] != UNITS[target][0]:
        raise ValueError("cannot convert %s to %s" % (source, target))
    base = value * UNITS[source][1]
    return base / UNITS[target][1]


def main(arguments):
    value, source, target = arguments
    try:
        result = convert(float(value), source, target)
    except KeyError as error:
        print("unknown unit: %s" % error.args[0], file=sys.stderr)
        return 2
    except ValueError as error:
        print(error, file=sys.stderr)
        return 2
    print(result)
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
END
printf '# converter\n\nConverts lengths.\n' > README.md
printf '__pycache__/\n' > .gitignore
commit "Start with lengths"

edit convert.py <<'END'
<<<
    "mi": ("length", 1609.344),
}
===
    "mi": ("length", 1609.344),
    "K": ("temperature", 1.0),
    "C": ("temperature", 1.0),
    "F": ("temperature", 5 / 9),
}

# What has to be added before the factor is applied.
OFFSETS = {
    "C": 273.15,
    "F": 459.67,
}
>>>
<<<
    base = value * UNITS[source][1]
    return base / UNITS[target][1]
===
    base = (value + OFFSETS.get(source, 0.0)) * UNITS[source][1]
    return base / UNITS[target][1] - OFFSETS.get(target, 0.0)
>>>
<<<
    print(result)
===
    print(round(result, 3))
>>>
END
printf '# converter\n\nConverts lengths and temperatures.\n' > README.md
commit "Add temperatures"
GIT_COMMITTER_DATE=2024-02-02T12:00:00+0000 git tag -a -m "Release 1.0" v1.0

edit convert.py <<'END'
<<<
    "K": ("temperature", 1.0),
===
    "g": ("weight", 1.0),
    "kg": ("weight", 1000.0),
    "lb": ("weight", 453.59237),
    "K": ("temperature", 1.0),
>>>
END
commit "Add weights"

edit convert.py <<'END'
<<<
"""Usage: convert.py VALUE FROM TO"""
===
"""Usage: convert.py VALUE... FROM TO"""
>>>
<<<
    value, source, target = arguments
    try:
        result = convert(float(value), source, target)
===
    *values, source, target = arguments
    try:
        results = [convert(float(value), source, target) for value in values]
>>>
<<<
    print(round(result, 3))
===
    for result in results:
        print(round(result, 3))
>>>
END
commit "Accept several values"

edit convert.py <<'END'
<<<
def main(arguments):
    *values, source, target = arguments
===
def main(arguments):
    if len(arguments) < 3
        print(__doc__, file=sys.stderr)
        return 2
    *values, source, target = arguments
>>>
END
commit "Check the number of arguments"

printf '\nSeveral values may be given at once.\n' >> README.md
commit "Mention several values"

edit convert.py <<'END'
<<<
    "F": ("temperature", 5 / 9),
}

# What has to be added before the factor is applied.
===
    "F": ("temperature", 5 / 9),
    "R": ("temperature", 5 / 9),
}

# Where the scale begins.
>>>
<<<
    base = (value + OFFSETS.get(source, 0.0)) * UNITS[source][1]
    return base / UNITS[target][1] - OFFSETS.get(target, 0.0)
===
    base = value * UNITS[source][1] + OFFSETS.get(source, 0.0)
    return (base - OFFSETS.get(target, 0.0)) / UNITS[target][1]
>>>
END
commit "Add Rankine and tidy the temperatures"

edit convert.py <<'END'
<<<
    if len(arguments) < 3
===
    if len(arguments) < 3:
>>>
END
commit "Repair the check of the arguments"

git checkout -q -b feature/energy
edit convert.py <<'END'
<<<
    "R": ("temperature", 5 / 9),
}
===
    "R": ("temperature", 5 / 9),
    "J": ("energy", 1.0),
    "kJ": ("energy", 1000.0),
    "kWh": ("energy", 3600000.0),
}
>>>
END
commit "Add energies"

edit convert.py <<'END'
<<<
    for result in results:
        print(round(result, 3))
===
    for result in results:
        print(round(result, 3) + 0.0)
>>>
END
commit "Never print a negative zero"

printf '# converter\n\nConverts lengths, temperatures and energies.\n\nSeveral values may be given at once.\n' > README.md
commit "Mention energies"

git checkout -q main
edit convert.py <<'END'
<<<
    "R": ("temperature", 5 / 9),
}
===
    "R": ("temperature", 5 / 9),
    "l": ("volume", 1.0),
    "m3": ("volume", 1000.0),
}
>>>
END
printf '# converter\n\nConverts lengths, temperatures and volumes.\n\nSeveral values may be given at once.\n' > README.md
commit "Add volumes"

edit convert.py <<'END'
<<<
def main(arguments):
===
def units():
    return sorted("%s %s" % (kind, name) for name, (kind, _) in UNITS.items())


def main(arguments):
    if arguments == ["--list"]:
        print("\n".join(units()))
        return 0
>>>
END
commit "List the units"

edit convert.py <<'END'
<<<
    if arguments == ["--list"]:
===
    unit = "--unit" in arguments
    arguments = [word for word in arguments if word != "--unit"]
    if arguments == ["--list"]:
>>>
<<<
    for result in results:
        print(round(result, 3))
===
    for result in results:
        print(round(result, 3), *([target] if unit else []))
>>>
<<<
    base = value * UNITS[source][1] + OFFSETS.get(source, 0.0)
===
    if UNITS[source][0] != "temperature" and value < 0:
        raise ValueError("below zero: %s %s" % (value, source))
    base = value * UNITS[source][1] + OFFSETS.get(source, 0.0)
>>>
END
commit "Add --unit and refuse negative amounts"
