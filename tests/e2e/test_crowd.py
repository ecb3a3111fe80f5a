"""Bad senders beside good ones: the good ones are served as ever, and no
crowd makes the daemon larger than it says it may get."""
import json
import random
import re
import resource
import socket

import storm
from patrol import Patrold, merge, wait_for

PIECE = 16384                   # what a bad sender offers at each turn
KIB = 1024
# As patrold.yaml(5) says of a connection; and what waits for the disk, which is
# two batches of 8 MiB of text.
CONNECTION = 192 * KIB
BATCHES = 32 * KIB * KIB
# What is remembered of the good uses: ids, texts, windows.
REMEMBERED = 32 * KIB * KIB


class Bad:
    """A connection that is offered `data` over and over, a piece a turn, and
    is never read from."""

    def __init__(self, patrold, data=b'', piece=PIECE):
        self.socket = socket.socket(socket.AF_UNIX)
        self.socket.connect(patrold.ingest)
        self.socket.setblocking(False)
        self.data = data
        self.piece = piece
        self.rest = b''
        self.taken = 0

    def write(self):
        self.rest = self.rest or self.data
        try:
            n = self.socket.send(self.rest[:self.piece])
        except BlockingIOError:
            n = 0
        self.rest = self.rest[n:]
        self.taken += n
        return self.data != b''


def garbage(n):
    return random.Random(n).getrandbits(8 * 100000).to_bytes(100000, 'big')


def line_of(n):
    """One of `n` bytes, its newline aside."""
    texts = ['x' * 8000] * (n // 8100)
    text = json.dumps({'a': texts})
    texts.append('x' * (n - len(text) - 4))
    return json.dumps({'a': texts}).encode() + b'\n'


def crowd(p):
    """All sorts of bad senders; the loud ones three times."""
    silent = [Bad(p) for _ in range(100)]
    slow = [Bad(p, b'{', 1) for _ in range(50)]
    half = [Bad(p, b'{"a":"' + b'x' * 100000) for _ in range(3)]
    deaf = [Bad(p, b'{"action":"pull"}\n' * 500) for _ in range(3)]
    noise = [Bad(p, garbage(n)) for n in range(3)]
    long = [Bad(p, line_of(64 * KIB) + line_of(64 * KIB + 1))
            for _ in range(3)]
    return silent + slow + half + deaf + noise + long


def high_water(patrold):
    """The most that it was ever resident, in bytes."""
    with open('/proc/%d/status' % patrold.process.pid) as f:
        return next(int(line.split()[1]) * KIB for line in f
                    if line.startswith('VmHWM:'))


def is_bounded(patrold, before, more):
    """Not where a sanitizer keeps what was freed."""
    with open('/proc/%d/maps' % patrold.process.pid) as f:
        sanitized = re.search('lib[at]san', f.read())
    if not sanitized:
        grown = high_water(patrold) - before
        assert grown < more + BATCHES + REMEMBERED


def test_good_senders_keep_half_of_their_share_beside_bad_ones(place):
    """In bytes, not in time: when the good ones have been told that all they
    sent is stored, no bad one was read further than twice as far as a good
    one; and what waited for the disk in the end."""
    p = storm.begin(place.add(Patrold(place.dir, storm.CONF)))
    before = high_water(p)
    sent = storm.Storm(20000)
    sent.connect(p)
    bad = crowd(p)
    for b in bad:
        sent.beside(b)
    sent.go_on()
    sent.end()
    size = max(sum(map(len, s.lines)) for s in sent.streams)
    share = size * PIECE / (storm.PIECE * size / len(sent.streams[0].lines))
    assert sum(max(0, b.taken - 2 * share) for b in bad) < BATCHES
    is_bounded(p, before, len(bad) * CONNECTION)
    for b in bad:
        b.socket.close()
    wait_for(lambda: p.status()['ingest']['connections'] == 0, 'their end')
    assert set(p.sql('SELECT substr(id, 1, 1), count(*), count(DISTINCT id)'
                     ' FROM uses WHERE id IS NOT NULL GROUP BY 1')) == {
        (s.name, 20000, 20000) for s in sent.streams}


def test_ten_thousand_open_connections_leave_room_for_others(place):
    """As many as the limits of this machine allow, half of them in the
    middle of a line."""
    most = resource.getrlimit(resource.RLIMIT_NOFILE)[1]
    n = min(10000, most - 500)
    was = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (most, most))
    p = storm.begin(place.add(Patrold(place.dir, merge(storm.CONF, {
        'limits': {'ingest-connections': 2 * n}}))))
    before = high_water(p)
    many = []
    try:
        for i in range(n):
            many.append(Bad(p, b'{"a":' if i % 2 else b''))
            many[-1].write()
        sent = storm.Storm(5000)
        sent.run(p)
        sent.end()
        assert p.status()['ingest']['connections'] >= n
        is_bounded(p, before, n * 8 * KIB)      # hardly any has sent a page
    finally:
        for b in many:
            b.socket.close()
        resource.setrlimit(resource.RLIMIT_NOFILE, was)
    wait_for(lambda: p.status()['ingest']['connections'] == 0, 'their end')
    assert p.send({'action': 'pull'}) == (1, {})
