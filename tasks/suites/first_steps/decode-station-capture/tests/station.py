"""Writes and reads captures; the reference for the decoder under test."""
import datetime
import struct


def crc(data):
    value = 0xFFFF
    for byte in data:
        value ^= byte << 8
        for _ in range(8):
            value = (value << 1 ^ 0x1021 if value & 0x8000 else value << 1) & 0xFFFF
    return value


def varint(number):
    out = bytearray()
    while number > 127:
        out.append(number & 127 | 128)
        number >>= 7
    out.append(number)
    return bytes(out)


def signed(number):
    return varint(number * 2 if number >= 0 else -number * 2 - 1)


def header(name):
    data = name.encode()
    return b"WSC1" + struct.pack(">H", len(data)) + data


def block(kind, payload):
    body = struct.pack("<BH", kind, len(payload)) + payload
    return b"\xa5\x5a" + body + struct.pack("<H", crc(body))


def channel(number, decimals, name):
    return block(1, bytes([number, decimals]) + name.encode())


def clock(seconds):
    return block(3, signed(seconds))


def series(number, start, value, *steps):
    """Steps are (seconds, difference) or a number of repetitions."""
    out = bytes([number]) + struct.pack("<i", start) + signed(value)
    for step in steps:
        if isinstance(step, tuple):
            out += varint(step[0] * 2) + signed(step[1])
        else:
            out += varint(step * 2 + 1)
    return block(2, out)


def _varint(data, at):
    number = shift = 0
    while True:
        byte = data[at]
        at += 1
        number |= (byte & 127) << shift
        shift += 7
        if byte < 128:
            return number, at


def _signed(data, at):
    number, at = _varint(data, at)
    return (number // 2 if number % 2 == 0 else -(number + 1) // 2), at


def _value(number, decimals):
    text = str(abs(number)).rjust(decimals + 1, "0")
    if decimals:
        text = text[:-decimals] + "." + text[-decimals:]
    return "-" + text if number < 0 else text


def decode(data):
    """The CSV, the number of damaged blocks and the exit status."""
    if len(data) < 6 or data[:4] != b"WSC1":
        return b"", 0, 2
    at = 6 + struct.unpack(">H", data[4:6])[0]
    if len(data) < at:
        return b"", 0, 2
    station = data[6:at]
    lines = [b"time,station,channel,value"]
    channels = {}
    damaged = correction = 0
    epoch = datetime.datetime(1970, 1, 1)
    while True:
        at = data.find(b"\xa5\x5a", at)
        if at < 0:
            break
        head = data[at + 2:at + 5]
        size = struct.unpack("<H", head[1:])[0] if len(head) == 3 else 1 << 20
        end = at + 5 + size + 2
        if end > len(data) or crc(data[at + 2:end - 2]) != struct.unpack("<H", data[end - 2:end])[0]:
            damaged += 1
            at += 1
            continue
        kind, payload, at = head[0], data[at + 5:end - 2], end
        if kind == 1:
            channels[payload[0]] = payload[1], payload[2:]
        elif kind == 3:
            correction += _signed(payload, 0)[0]
        elif kind == 2:
            decimals, name = channels.get(payload[0], (0, b"#%d" % payload[0]))
            time = struct.unpack("<i", payload[1:5])[0]
            value, pos = _signed(payload, 5)
            found = [(time, value)]
            gap = step = 0
            while pos < len(payload):
                number, pos = _varint(payload, pos)
                times = 1
                if number % 2:
                    times = number // 2
                else:
                    gap = number // 2
                    step, pos = _signed(payload, pos)
                for _ in range(times):
                    time += gap
                    value += step
                    found.append((time, value))
            for time, value in found:
                stamp = epoch + datetime.timedelta(seconds=time + correction)
                lines.append(b",".join([(stamp.isoformat() + "Z").encode(), station, name,
                                        _value(value, decimals).encode()]))
    return b"\n".join(lines) + b"\n", damaged, int(damaged > 0)
