"""A disk that fails, and a clock that jumps, under a running patrold."""
import errno
import os
import random
import sqlite3
import subprocess

import pytest

import conftest
import storm
from disk import DB, SHM, SYNC, WAL, WRITE, Disk, OnDisk
from patrol import wait_for

HOUR = 3600


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


@pytest.fixture(scope='module')
def calm():
    """A storm, and the alerts of a run in which nothing goes wrong."""
    place = conftest.Place()
    sent = storm.Storm(8000, age=2 * HOUR)
    yield sent, storm.undisturbed(place, sent)
    place.end()


def grow_log(patrold):
    """So far that soon its index must grow: that is at 4,096 pages.  How
    many accounts that took."""
    n = 0
    while os.path.getsize(patrold.store + '-wal') < 3900 * 8192:
        assert patrold.request('account.add', name='n%d' % n)['ok']
        n += 1
    return n


FULL = 'make room, it goes on by itself then'
BROKEN = 'disk I/O error (Input/output error)'


@pytest.mark.parametrize('op, kind, code, said', [
    pytest.param(*case, id=id) for id, *case in (
        ('write-full', WRITE, WAL, errno.ENOSPC, FULL),
        ('write-broken', WRITE, WAL, errno.EIO, BROKEN),
        ('sync-full', SYNC, WAL, errno.ENOSPC, FULL),
        ('sync-broken', SYNC, WAL, errno.EIO, BROKEN),
        ('grow-full', WRITE, SHM, errno.ENOSPC, FULL))])
def test_a_failing_disk_stops_acknowledgements_not_the_daemon(
        place, calm, op, kind, code, said):
    """A write-ahead log that cannot be written, synced, or grow: nothing is
    acknowledged while it cannot, everything once it can, nothing is lost
    then, not even by a power loss: what a failed sync did not write, the
    next one that succeeds does not either."""
    sent, expected = calm[0].again(), calm[1]
    p = storm.begin(place.add(OnDisk(place, storm.CONF)))
    ledger = storm.Ledger(sent)
    # Who reads an old view keeps the log from starting over.
    reader = sqlite3.connect(p.store)
    reader.execute('BEGIN')
    reader.execute('SELECT count(*) FROM uses').fetchall()
    if kind == SHM:
        # It grows once, soon: who fails it later may come too late.
        grow_log(p)
        p.disk.fail(op, kind, code)
        sent.run(p, lambda: sent.acked() > 0)
    else:
        sent.run(p, lambda: sent.acked() >= 1000)
        p.disk.fail(op, kind, code)
    sent.go_on_until_held()
    trouble = p.status()['store']['trouble']
    acked, failed = sent.acked(), p.disk.hits(op, kind)
    assert failed and said in trouble
    assert trouble + ': nothing is acknowledged' in p.log()
    assert p.http('GET', '/healthz')[0] == 503
    wait_for(lambda: p.disk.hits(op, kind) > failed, 'another try')
    sent.go_on_until_held()
    assert sent.acked() == acked
    p.disk.fail(op, kind, 0)
    sent.go_on()
    sent.end()
    reader.close()
    assert p.status()['store']['trouble'] is None
    assert 'the store can be written again' in p.log()
    p.kill9()
    p.lose_power(random.Random(), 0)
    p.start()
    ledger.follow(p.store)
    assert ledger.all_there()
    storm.intact(p)
    p.stop()
    ledger.recount(p.store)
    assert storm.alerts_of(p.store) == expected


@pytest.mark.parametrize('op', [WRITE, SYNC], ids=['write', 'sync'])
def test_a_log_that_cannot_be_moved_into_the_database_is_told(place, op):
    """It only grew, and nobody was told until the disk was full.  What is
    acknowledged meanwhile is as safe as ever."""
    p = place.add(OnDisk(place)).start()
    p.disk.fail(op, DB, errno.EIO)
    made = grow_log(p)
    assert p.disk.hits(op, DB) > 0
    status = p.status()['store']
    assert BROKEN in status['log_trouble'] and status['trouble'] is None
    assert status['log_trouble'] in p.ctl('status').stdout
    assert status['log_trouble'] + ': what is acknowledged' in p.log()
    assert p.http('GET', '/healthz')[0] == 200
    p.disk.fail(op, DB, 0)
    p.account('last')
    wait_for(lambda: p.status()['store']['log_trouble'] is None, 'the move')
    p.kill9()
    p.lose_power(random.Random(), 0)
    p.start()
    assert len(p.ctl_json('account', 'list')) == made + 1
    assert p.sql('PRAGMA integrity_check') == [('ok',)]


def test_a_clock_that_jumps_in_a_storm_loses_nothing(place, calm):
    """Set ahead, and back to before its start: each is logged, uses are
    counted once and judged as ever, and last-used goes to the store."""
    sent, expected = calm[0].again(), calm[1]
    p = storm.begin(place.add(OnDisk(place, storm.CONF)))
    ledger = storm.Ledger(sent)
    sent.connect(p)
    for n, (ahead, said) in enumerate([
            (HOUR, 'the clock was set ahead by 3600 s'),
            (-HOUR, 'the clock was set back by 7200 s')]):
        enough = (n + 1) * 10000
        sent.go_on(lambda: sent.acked() >= enough)
        p.disk.set_clock(ahead)
        sent.go_on(lambda: sent.acked() >= enough + 5000)
        wait_for(lambda: said in p.log(), said)
    sent.go_on()
    sent.end()
    wait_for(lambda: p.sql(
        "SELECT (SELECT value FROM marks WHERE name = 'checkpoint')"
        ' = (SELECT max(seq) FROM uses)') == [(1,)], 'last-used in the store')
    p.kill9()
    p.disk.set_clock(0)
    p.start()
    again = calm[0].again()
    again.run(p)
    again.end()
    ledger.follow(p.store)
    assert ledger.all_there()
    p.stop()
    ledger.recount(p.store)
    assert storm.alerts_of(p.store) == expected


def test_a_clock_set_back_holds_no_retry_up(place):
    """A retry waited for a time of day, here an hour away.  (The wait itself
    is the kernel's and knows nothing of our clock: set ahead before it is as
    set back during it.)"""
    p = place.add(OnDisk(place)).start()
    p.disk.set_clock(HOUR)
    p.disk.fail(WRITE, WAL, errno.EIO)
    with p.sender() as s:
        s.send({'action': 'pull'})
        wait_for(lambda: p.status()['store']['trouble'], 'the trouble')
        p.disk.fail(WRITE, WAL, 0)
        s.wait_ack(1)
