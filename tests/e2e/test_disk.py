"""A disk that fails, and a clock that jumps, under a running patrold."""
import os
import random
import subprocess

from disk import Disk


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
