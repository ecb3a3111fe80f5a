"""A storm: several senders at once, that resend what was not acknowledged,
and what must be true of the store whenever it ends.

The uses of a sender depend on nothing but its name and the time they begin
at, so that the same storm can be sent twice.  No two senders use one token:
whatever order their lines come in, a token's are in one order.
"""
import collections
import json
import os
import random
import selectors
import socket
import sqlite3
import time

from patrol import DEADLINE, Patrold

NAMES = 'abcd'
STEP = 0.2                  # seconds of event time between uses
PIECE = 64                  # lines in one write
PHASE = 400                 # uses, then a sender takes new tokens
# Automatic changes must not depend on how fast the machine is: the brake stays
# off while there is one issued token that nobody uses (`begin` makes it).
CONF = {'rules': {'brake': {'changes': 10000, 'per': '1s', 'share': '100%'}},
        'tokens': {'foreign-max': 1000000}}


def lines_of(name, n, start):
    """What sender `name` has to tell, oldest first."""
    r = random.Random(name)
    lines = []
    for i in range(n):
        t = start + i * STEP
        lines.append(json.dumps({
            'id': '%s%d' % (name, i), 'registry': 'hub',
            'token': '%s-%d' % (name, i // PHASE * 3 + r.randrange(3)),
            'action': r.choice(('pull',) * 8 + ('push', 'delete')),
            'outcome': r.choice(('success',) * 6 + ('denied',)),
            'repository': 'r%d' % r.choice((1, 1, 1, 2, r.randrange(40))),
            'source.ip': '192.0.%d.1' % r.choice((2, 2, 2, r.randrange(9))),
            'user_agent': 'docker/24.0.7',
            'time': time.strftime('%Y-%m-%dT%H:%M:%S', time.gmtime(t))
            + '.%03dZ' % (t % 1 * 1000)}).encode() + b'\n')
    return lines


def begin(patrold):
    patrold.start()
    patrold.account('alice')
    patrold.token('alice')
    return patrold


class Stream:
    """One of the senders, over all its connections."""

    def __init__(self, name, lines):
        self.name = name
        self.lines = lines
        self.acked = 0
        self.socket = None

    def connect(self, path):
        self.socket = socket.socket(socket.AF_UNIX)
        self.socket.settimeout(DEADLINE)
        self.socket.connect(path)
        self.socket.setblocking(False)
        self.base = self.written = self.acked
        self.rest = self.heard = b''

    def close(self):
        if self.socket is not None:
            self.socket.close()
        self.socket = None

    def done(self):
        return self.acked == len(self.lines)

    def write(self):
        """Sends some more; False when all is sent."""
        if self.rest == b'':
            piece = self.lines[self.written:self.written + PIECE]
            self.written += len(piece)
            self.rest = b''.join(piece)
        try:
            self.rest = self.rest[self.socket.send(self.rest):]
        except BlockingIOError:
            pass
        return self.rest != b'' or self.written < len(self.lines)

    def read(self):
        """Takes acknowledgements; False at the end of the connection."""
        data = self.socket.recv(65536)
        *replies, self.heard = (self.heard + data).split(b'\n')
        for reply in replies:
            acked = self.base + json.loads(reply)['ack']
            assert self.acked <= acked <= self.written
            self.acked = acked
        return data != b''


class Storm:
    def __init__(self, uses, names=NAMES, age=60):
        """`uses` of each sender, the last of them `age` seconds ago."""
        start = time.time() - age - uses * STEP
        self.streams = [Stream(n, lines_of(n, uses, start)) for n in names]

    def acked(self):
        return sum(s.acked for s in self.streams)

    def written(self):
        return sum(s.written for s in self.streams)

    def again(self):
        """The same storm, of which nothing was sent yet."""
        other = Storm(0, '')
        other.streams = [Stream(s.name, s.lines) for s in self.streams]
        return other

    def run(self, patrold, enough=None):
        """Sends until enough() or all is acknowledged; stays connected."""
        self.connect(patrold)
        self.go_on(enough or (lambda: False))

    def connect(self, patrold):
        self.selector = selectors.DefaultSelector()
        for s in self.streams:
            s.connect(patrold.ingest)
            self.selector.register(
                s.socket, selectors.EVENT_READ | selectors.EVENT_WRITE, s)

    def go_on(self, enough=lambda: False):
        end = time.monotonic() + 10 * DEADLINE
        while not enough() and not all(s.done() for s in self.streams):
            self.turn(DEADLINE)
            assert time.monotonic() < end, 'the storm does not end'

    def go_on_until_held(self):
        """Until it may write no more, and nothing more is answered."""
        while self.turn(0.2):
            pass
        assert any(s.written < len(s.lines) for s in self.streams), \
            'all was read'

    def turn(self, patience):
        """False when there was nothing to do."""
        ready = self.selector.select(patience)
        for key, events in ready:
            if events & selectors.EVENT_READ:
                assert key.data.read(), 'closed by the daemon'
            if events & selectors.EVENT_WRITE and not key.data.write():
                self.hush(key)
        return ready != []

    def hush(self, key):
        """It has all been sent."""
        if key.data in self.streams:
            self.selector.modify(key.fileobj, selectors.EVENT_READ, key.data)
        else:
            self.selector.unregister(key.fileobj)

    def beside(self, other):
        """Serves another's socket in the same turns: other.write() sends
        some more, and is False when it will send no more."""
        self.selector.register(other.socket, selectors.EVENT_WRITE, other)

    def hear_out(self):
        """Reads what a daemon that has ended had still answered."""
        for s in self.streams:
            s.socket.setblocking(True)
            s.socket.settimeout(DEADLINE)
            try:
                while s.read():
                    pass
            except ConnectionError:
                pass
            s.close()
        self.selector.close()

    def end(self):
        for s in self.streams:
            s.close()
        self.selector.close()


Counted = collections.namedtuple('Counted', 'uses refused first last seq')


class Ledger:
    """Follows the `uses` table of a storm: looks at new rows only, for the
    old ones never change (the hash chain says so)."""

    def __init__(self, storm):
        self.storm = storm
        self.seq = 0
        self.there = {s.name: 0 for s in storm.streams}
        self.tokens = {}

    def follow(self, path):
        """Each use there once, in its sender's order, and its `prev` the
        token's use before it; all that was acknowledged is there."""
        db = sqlite3.connect('file:%s?mode=ro' % path, uri=True,
                             timeout=DEADLINE)
        for row in db.execute(
                'SELECT u.seq, u.prev, u.time, u.id, t.id, s.text FROM uses u'
                ' LEFT JOIN tokens t ON t.tid = u.token'
                ' LEFT JOIN strings s ON s.id = u.outcome'
                ' WHERE u.seq > ? ORDER BY u.seq', (self.seq,)):
            self.take(*row)
        db.close()
        for s in self.storm.streams:
            assert self.there[s.name] >= s.acked, \
                'acknowledged to %s, yet gone' % s.name

    def take(self, seq, prev, when, id, token, outcome):
        assert seq == self.seq + 1, 'a gap before %d' % seq
        self.seq = seq
        if seq == 1:
            return              # the token that `begin` made
        name, n = id[0], int(id[1:])
        assert n == self.there[name], 'lost, twice or out of order: ' + id
        was = self.tokens.get(token, Counted(0, 0, when, when, None))
        assert prev == was.seq, 'the chain of %s' % token
        self.tokens[token] = Counted(
            was.uses + 1, was.refused + (outcome != 'success'), was.first,
            when, seq)
        self.there[name] = n + 1

    def all_there(self):
        return all(self.there[s.name] == len(s.lines)
                   for s in self.storm.streams)

    def recount(self, path):
        """Last-used of each token, as the store of a daemon that has ended
        says it, is what its uses say."""
        db = sqlite3.connect('file:%s?mode=ro' % path, uri=True)
        said = {id: Counted(*rest) for id, *rest in db.execute(
            'SELECT t.id, l.uses, l.refused, l.first, l.time, l.seq'
            ' FROM tokens t JOIN last_used l ON l.tid = t.tid'
            ' WHERE t.aid IS NULL')}
        assert db.execute('PRAGMA integrity_check').fetchall() == [('ok',)]
        db.close()
        assert said == self.tokens


def counts_of(patrold):
    """Uses of each token as the daemon itself says."""
    return {t['id']: t['uses'] for t in patrold.ctl_json(
        'token', 'list', '--kind', 'foreign')}


def alerts_of(path):
    """All of the alerts but when they were raised and in which order."""
    db = sqlite3.connect('file:%s?mode=ro' % path, uri=True,
                         timeout=DEADLINE)
    db.row_factory = sqlite3.Row
    rows = db.execute('SELECT * FROM alerts').fetchall()
    db.close()
    left_out = 'key', 'raised', 'uses', 'tid'
    return {r['id']: {k: r[k] for k in r.keys() if k not in left_out}
            for r in rows}


def undisturbed(place, storm):
    """The alerts of one run in which nothing goes wrong."""
    os.mkdir(place.path('calm'))
    p = begin(place.add(Patrold(place.path('calm'), CONF, 'calm')))
    calm = storm.again()
    calm.run(p)
    calm.end()
    p.stop()
    return alerts_of(p.store)


def intact(patrold):
    """`patrolctl audit verify` finds nothing changed."""
    found = patrold.ctl_json('audit', 'verify')[-1]
    assert found['intact'] and found['faults'] == 0, found


def rounds(otherwise):
    return int(os.environ.get('PATROL_ROUNDS', otherwise))
