"""Compiles the decoder and runs it on several captures."""
import os
import random
import subprocess
import sys
import tempfile

sys.path.insert(0, "/tests")
from station import block, channel, clock, decode, header, series  # noqa: E402


class Wrong(Exception):
    pass


def read(path):
    with open(path, "rb") as handle:
        return handle.read()


def captures():
    top = header("Hill North")
    temperature = channel(1, 2, "air temperature")
    yield "no blocks", top
    yield "empty name", header("") + series(7, 0, 5)
    yield "signs", top + temperature + series(1, 0, 0, (1, -5), (1, 4), (1, 1), (1, 1), (1, 99), (1, -1100))
    yield "decimals", top + b"".join(channel(n, n, "c%d" % n) + series(n, 9, -1, (1, 1), (1, 12345678)) for n in range(7))
    yield "described anew", top + series(9, 0, 1) + channel(9, 1, "a") + series(9, 1, 2) + channel(9, 0, "b") + series(9, 2, 3)
    yield "runs", top + series(2, 1000, 10, 2, (60, -3), 4, (30, 0), 0, 1, (0, 7), 300)
    yield "times", top + b"".join(series(3, when, 1) for when in
                                 (-1, -86400, -2147483648, 2147483647, 951782400, 951868800, 4 * 10 ** 8 - 1))
    yield "beyond 32 bits", top + clock(3 * 10 ** 9) + series(3, 2 * 10 ** 9, 1, (2 ** 30, 1)) + clock(-4 * 10 ** 9) + series(3, 0, 2)
    yield "corrections", top + series(1, 0, 1) + clock(3600) + series(1, 0, 1) + clock(-7201) + series(1, 0, 1)
    big = 2 ** 62
    yield "large values", top + channel(4, 6, "big") + series(4, 0, big, (1, -big), (1, -big), (1, big), (1, 2 ** 63 - 1), (1, -(2 ** 63 - 1)), (1, -(2 ** 63 - 1)), (1, -1))
    yield "smallest value", top + series(4, 0, -(2 ** 63)) + channel(4, 3, "low") + series(4, 0, -(2 ** 63))
    yield "unknown type", top + block(9, series(1, 0, 1)) + series(1, 5, 2) + block(0, b"") + block(255, bytes(70))
    yield "long block", top + series(5, 0, 0, *[(n % 200, n % 7 - 3) for n in range(9000)])
    yield "noise", top + b"\xa5\xa5" + series(1, 0, 1) + b"\x5a\xa5\x00xyz" + series(1, 1, 2) + b"\xa5"
    broken = bytearray(series(1, 0, 1, (1, 2), (1, 3)))
    broken[-1] ^= 1
    yield "wrong checksum", top + temperature + bytes(broken) + series(1, 9, 9)
    yield "wrong length", top + b"\xa5\x5a\x02\xff\xff" + series(1, 0, 1) + temperature + series(1, 9, 9)
    yield "hidden block", top + b"\xa5\x5a\x02\x40\x00" + series(1, 0, 1) * 3 + bytes(70)
    yield "marks in a row", top + b"\xa5\x5a\xa5\x5a\xa5\x5a" + series(1, 0, 1)
    whole = top + temperature + series(1, 1700000000, -42, (60, 1), 5)
    for cut in range(len(whole)):
        yield "cut at %d" % cut, whole[:cut]
    yield "mark in the payload", top + series(0xa5, 0x5a5aa55a, 1) + channel(1, 0, "x\u00a5Z") + series(1, 0, 1)
    yield "wrong letters", b"WSC2" + whole[4:]
    yield "nul in the name", header("a\0b") + channel(1, 0, "c\0d") + series(1, 0, 1)
    yield "name longer than 255", header("n" * 700) + series(1, 0, 1)
    random_source = random.Random(77)
    for number in range(30):
        data = top
        for _ in range(random_source.randint(1, 30)):
            pick = random_source.random()
            if pick < 0.2:
                data += channel(random_source.randint(0, 4), random_source.randint(0, 6), random_source.choice("pqrs") * 3)
            elif pick < 0.3:
                data += clock(random_source.randint(-9999, 9999))
            else:
                steps = [random_source.choice([random_source.randint(0, 9), (random_source.randint(0, 900), random_source.randint(-500, 500))])
                         for _ in range(random_source.randint(0, 12))]
                data += series(random_source.randint(0, 4), random_source.randint(0, 2 * 10 ** 9), random_source.randint(-10 ** 6, 10 ** 6), *steps)
        data = bytearray(data)
        for _ in range(number % 4):
            data[random_source.randrange(len(top), len(data))] = random_source.choice([0xA5, 0x5A, 0, 255])
        yield "random %d" % number, bytes(data)


def compare(program, path, what):
    output, damaged, status = decode(read(path))
    done = subprocess.run([program, path], timeout=10, stdin=subprocess.DEVNULL,
                          stdout=subprocess.PIPE, stderr=subprocess.PIPE)
    if done.returncode != status:
        raise Wrong("%s: exit status %d instead of %d" % (what, done.returncode, status))
    if done.stdout != output:
        raise Wrong("%s: wrong output" % what)
    if status < 2 and done.stderr != (b"damaged: %d\n" % damaged if damaged else b""):
        raise Wrong("%s: wrong text on standard error" % what)


def main():
    with tempfile.TemporaryDirectory() as folder:
        program = os.path.join(folder, "decode")
        built = subprocess.run(["gcc", "-std=c11", "-O1", "-o", program, "/app/decode.c"], timeout=30,
                               stdin=subprocess.DEVNULL)
        if built.returncode:
            raise Wrong("decode.c does not compile")
        for name in ("sample.bin", "capture.bin"):
            if read("/app/" + name) != read("/tests/" + name):
                raise Wrong(name + " was changed")
            compare(program, "/tests/" + name, name)
            compare("/app/decode", "/tests/" + name, name + " with /app/decode")
        if read("/app/capture.csv") != decode(read("/tests/capture.bin"))[0]:
            raise Wrong("capture.csv is wrong")
        for number, (what, data) in enumerate(captures()):
            path = os.path.join(folder, "%d.bin" % number)
            with open(path, "wb") as handle:
                handle.write(data)
            compare(program, path, what)
        done = subprocess.run([program, os.path.join(folder, "absent")], timeout=10,
                              stdout=subprocess.PIPE, stderr=subprocess.DEVNULL)
        if done.returncode != 2 or done.stdout:
            raise Wrong("a file which does not exist")


try:
    main()
except (Wrong, OSError, subprocess.SubprocessError) as error:
    print(error)
    sys.exit(1)
print("ok")
