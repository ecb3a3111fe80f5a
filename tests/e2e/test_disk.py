"""A disk that fails, and a clock that jumps, under a running patrold."""
import os
import random
import subprocess

import storm
from disk import Disk, OnDisk


def sqlite(disk, path, sql):
    return subprocess.run(
        ['sqlite3', path, sql], env=dict(os.environ, **disk.env()),
        stdout=subprocess.PIPE, check=True, universal_newlines=True,
        timeout=20).stdout


def test_the_disk_of_these_tests_forgets_what_was_not_synced(place):
    """Or else the other tests would prove nothing."""
    found = set()
    for level in 'FULL', 'OFF':
        disk = Disk(place.path(level), place)
        path = os.path.join(disk.root, 'x.db')
        for n in range(8):
            sqlite(disk, path, 'PRAGMA journal_mode = WAL;'
                   'PRAGMA synchronous = %s;' % level
                   + 'CREATE TABLE IF NOT EXISTS t (n);'
                   'INSERT INTO t VALUES (%d);' % n)
            disk.lose_power(random.Random(n))
            try:
                out = sqlite(disk, path, 'SELECT max(n) FROM t')
            except subprocess.CalledProcessError:
                out = 'damaged\n'
            found.add((level, out == '%d\n' % n))
    assert ('FULL', True) in found and ('FULL', False) not in found
    assert ('OFF', False) in found


def test_a_power_loss_keeps_the_signing_key_and_what_was_answered(place):
    """The directory that patrold made for them went, and both with it."""
    p = place.add(OnDisk(place)).start()
    key = os.path.join(os.path.dirname(p.store), 'auth-key.pem')
    with open(key) as f:
        was = f.read()
    p.account('alice')
    token, _ = p.token('alice')
    p.kill9()
    p.lose_power(random.Random(1), 0)
    with open(key) as f:
        assert f.read() == was
    p.start()
    assert p.show(token)['state'] == 'active'


def test_wherever_its_first_start_is_cut_short_the_next_one_succeeds(place):
    """A key without its certificate, or half of one, kept it from starting
    ever again."""
    r = random.Random()
    p = place.add(OnDisk(place)).start()
    p.kill9()
    records = list(p.disk.records())
    cuts = range(1, len(records))
    for cut in r.sample(cuts, min(len(cuts), storm.rounds(20))):
        for share in 0, 1, 0.5:
            p.disk.empty()
            p.disk.lose_power(r, share, records[:cut])
            p.start()
            p.kill9()
