"""patrolctl backup: a whole copy or none, beside a daemon at work."""
import array
import json
import os
import signal
import socket
import sqlite3
import stat
import subprocess

import pytest

from patrol import BUILD, DEADLINE, Patrold, wait_for
from test_durability import lines_of, small_disk, streaming
from test_tokens import NOBODY, nobody_conf, root

__all__ = ['small_disk']


def opened(place, copy):
    """A patrold that works on a copy, in place of the first."""
    p = place.add(Patrold(place.dir, {'store': {'path': copy}}, name='second'))
    p.store = copy
    return p.start()


def verify(p):
    return p.ctl_json('audit', 'verify')[-1]


def partials(place, folder=''):
    return [f for f in os.listdir(place.path(folder)) if '.partial' in f]


def held(p):
    """What patrold has open, by name; a pipe's name is its inode."""
    folder = '/proc/%d/fd' % p.process.pid
    names = []
    for fd in os.listdir(folder):
        try:
            names.append(os.readlink(os.path.join(folder, fd)))
        except FileNotFoundError:
            pass                                # closed while we looked
    return names


def test_a_copy_opens_and_verifies(place):
    p = place.patrold()
    token, secret = p.token('alice', '--description', 'in the copy')
    p.send(*lines_of(0, 3000))
    copy = place.path('copy.db')
    done, = p.ctl_json('backup', copy)
    assert done == {'file': copy, 'bytes': os.path.getsize(copy)}
    st = os.stat(copy)
    assert stat.S_IMODE(st.st_mode) == 0o600 and st.st_uid == os.getuid()
    assert partials(place) == []
    assert 'whole and on the disk' in p.ctl(
        'backup', place.path('other.db')).stdout
    later, _ = p.token('alice')
    p.stop()
    with sqlite3.connect(copy) as db:       # needs no log beside it
        assert db.execute('PRAGMA journal_mode').fetchone() == ('delete',)
        assert db.execute('PRAGMA integrity_check').fetchone() == ('ok',)
    db.close()
    q = opened(place, copy)
    assert verify(q)['intact']
    ids = {t['id'] for t in q.ctl_json('token', 'list')}
    assert token in ids and later not in ids
    assert q.sql('SELECT count(*) FROM uses') == [(3001,)]
    assert q.exchange('alice', secret)[0] == 200


def test_a_copy_is_made_under_a_stream_of_uses(place):
    """Ingest goes on beside it, and it ends all the same; what was
    acknowledged before is in it, and it is one state of the store."""
    p = place.patrold()
    p.send(*lines_of(0, 20000))
    copies = [place.path('copy%d.db' % i) for i in range(3)]
    with streaming(p, 20000) as s:
        s.wait_ack(200)
        before = s.ack
        for copy in copies:
            p.ctl('backup', copy)
            s.wait_ack(s.ack + 1)           # it goes on
    assert verify(p)['intact']
    p.stop()
    total, = p.sql('SELECT count(*) FROM uses')[0]
    counts = [before + 20000]
    for copy in copies:
        q = opened(place, copy)
        assert verify(q)['intact']
        counts.append(q.sql('SELECT count(*) FROM uses')[0][0])
        q.stop()
    assert counts + [total] == sorted(counts + [total])


def test_nothing_is_overwritten_unless_told(place):
    p = place.patrold()
    copy = place.write('copy.db', 'precious')
    r = p.ctl('backup', copy, check=False)
    assert r.returncode == 1 and '--force takes its place' in r.stderr
    with open(copy) as f:
        assert f.read() == 'precious'
    p.ctl('backup', '--force', copy)
    assert os.path.getsize(copy) > 8192
    assert stat.S_IMODE(os.stat(copy).st_mode) == 0o600
    for path, why in ((place.dir, 'is a folder'),
                      (place.path('nowhere/copy.db'), 'No such file')):
        r = p.ctl('backup', '--force', path, check=False)
        assert r.returncode == 1 and why in r.stderr, path
    os.symlink('/etc/passwd', place.path('link'))
    assert p.ctl('backup', place.path('link'), check=False).returncode == 1
    assert os.path.islink(place.path('link'))
    assert partials(place) == []


def test_a_log_of_what_had_the_name_before_is_not_left_beside_it(place):
    """SQLite would take FILE-wal for the copy's own and replay it."""
    p = place.patrold()
    log = place.write('copy.db-wal', 'of another database')
    for options in [], ['--force']:
        r = p.ctl('backup', *options, place.path('copy.db'), check=False)
        assert r.returncode == 1 and 'would spoil the copy' in r.stderr
    assert not os.path.exists(place.path('copy.db'))
    os.unlink(log)
    p.ctl('backup', place.path('copy.db'))


def test_it_is_audited_also_in_the_copy(place):
    p = place.patrold()
    copy = place.path('copy.db')
    p.ctl('backup', copy)
    entry = p.ctl_json('audit', 'list', '--action', 'backup')[0]
    assert entry['object'] == copy and entry['uid'] == os.getuid()
    db = sqlite3.connect(copy)
    assert db.execute("SELECT object FROM audit WHERE action = 'backup'"
                      ).fetchall() == [(copy,)]
    db.close()


@root
def test_only_admins_may(place):
    p = place.patrold(nobody_conf('viewer'))
    os.chmod(place.dir, 0o755)
    mine = place.path('mine')
    os.mkdir(mine)
    os.chmod(mine, 0o777)
    copy = os.path.join(mine, 'copy.db')
    r = p.ctl('backup', copy, user=NOBODY, check=False)
    assert r.returncode == 1 and 'backup needs the role admin' in r.stderr
    assert os.listdir(mine) == []
    assert p.ctl_json('audit', 'list', '--action', 'backup') == []


@root
def test_the_file_is_made_with_the_rights_of_who_asks(place):
    """An admin who is not root: root's daemon writes nowhere for them where
    they could not have written themselves."""
    p = place.patrold(nobody_conf('admin'))
    os.chmod(place.dir, 0o755)
    mine = place.path('mine')
    os.mkdir(mine)
    os.chmod(mine, 0o777)
    r = p.ctl('backup', place.path('copy.db'), user=NOBODY, check=False)
    assert r.returncode == 1 and 'Permission denied' in r.stderr
    p.ctl('backup', os.path.join(mine, 'copy.db'), user=NOBODY)
    st = os.stat(os.path.join(mine, 'copy.db'))
    assert stat.S_IMODE(st.st_mode) == 0o600 and st.st_uid != 0


class Peer:
    """Who speaks the protocol by hand."""

    def __init__(self, p):
        self.socket = socket.socket(socket.AF_UNIX)
        self.socket.settimeout(DEADLINE)
        self.socket.connect(p.control)
        self.lines = self.socket.makefile()
        self.lines.readline()                   # the greeting

    def ask(self, cmd, **args):
        self.socket.sendall(json.dumps(
            {'id': 1, 'cmd': cmd, 'args': args}).encode() + b'\n')
        return self.read()

    def read(self):
        return json.loads(self.lines.readline())

    def answer(self):
        while True:
            answer = self.read()
            if 'ok' in answer:
                return answer

    def lend(self, *fd):
        self.socket.sendmsg([b'\n'], [(
            socket.SOL_SOCKET, socket.SCM_RIGHTS, array.array('i', fd))]
            if fd else [])

    def close(self):
        self.lines.close()
        self.socket.close()


def test_what_is_lent_must_be_one_empty_file(place):
    p = place.patrold()
    watch = Peer(p)
    empty = os.open(place.path('a'), os.O_RDWR | os.O_CREAT)
    full = os.open(place.write('b', 'x'), os.O_RDWR)
    only = os.open(place.path('c'), os.O_WRONLY | os.O_CREAT)
    r, w = os.pipe()
    names = {os.readlink('/proc/self/fd/%d' % fd)
             for fd in (empty, full, only, w)}
    for lent, why in (((), 'lend the descriptor'),
                      ((empty, empty), 'lend the descriptor'),
                      ((full,), 'not empty'),
                      ((only,), 'not open to read'),
                      ((w,), 'no regular file')):
        peer = Peer(p)
        assert peer.ask('backup', to='x')['item'] == {'lend': 'descriptor'}
        peer.lend(*lent)
        answer = peer.answer()
        assert not answer['ok'] and why in answer['error']['message'], lent
        assert peer.ask('whoami')['ok']         # the connection goes on
        peer.close()
    for args in {}, {'to': ''}, {'to': 'x' * 5000}, {'to': 'x', 'force': 1}:
        peer = Peer(p)
        assert peer.ask('backup', **args)['error']['code'] == 'bad_request'
        peer.close()
    for fd in empty, full, only, r, w:
        os.close(fd)
    wait_for(lambda: not names.intersection(held(p)),
             'all that was lent to be closed')
    wait_for(lambda: watch.ask('status')['result']['control']['connections']
             == 1, 'all connections to be closed')
    watch.close()


def test_one_at_a_time(place):
    p = place.patrold()
    peer = Peer(p)
    assert 'item' in peer.ask('backup', to='x')
    r = p.ctl('backup', place.path('copy.db'), check=False)
    assert r.returncode == 1 and 'a backup is being made' in r.stderr
    peer.close()

    def again():
        return p.ctl('backup', place.path('copy.db'),
                     check=False).returncode == 0
    wait_for(again, 'the other to have gone')


def test_a_request_that_ends_half_way_is_given_up(place):
    """The peer half-closes, or goes, when it should lend: patrold stops all
    the same, and nothing is left."""
    p = place.patrold()
    half, gone, waits = Peer(p), Peer(p), Peer(p)
    assert 'item' in half.ask('backup', to='x')
    half.socket.shutdown(socket.SHUT_WR)
    assert 'lend the descriptor' in half.answer()['error']['message']
    half.close()
    assert 'item' in gone.ask('backup', to='x')
    gone.close()
    wait_for(lambda: 'item' in waits.ask('backup', to='x'), 'the end of it')
    assert p.stop() == 0
    waits.close()


def started(p, *args):
    return subprocess.Popen(
        [os.path.join(BUILD, 'patrolctl'), *args], stdout=subprocess.PIPE,
        stderr=subprocess.PIPE, env=dict(os.environ,
                                         PATROL_CONTROL=p.control))


@pytest.mark.parametrize('end', ['interrupted', 'the daemon dies'])
def test_no_half_made_copy_is_left(place, end):
    p = place.patrold()
    p.kill(signal.SIGSTOP)
    ctl = started(p, 'backup', place.path('copy.db'))
    wait_for(lambda: partials(place), 'the copy to begin')
    if end == 'interrupted':
        ctl.send_signal(signal.SIGTERM)
        assert ctl.wait(DEADLINE) == 128 + signal.SIGTERM
        p.kill(signal.SIGCONT)
    else:
        p.kill9()
        assert ctl.wait(DEADLINE) == 3
    ctl.communicate()
    assert partials(place) == []
    assert not os.path.exists(place.path('copy.db'))


def test_without_room_there_is_no_copy(place, small_disk):
    p = place.patrold()
    p.send(*lines_of(0, 60000))
    r = p.ctl('backup', os.path.join(small_disk, 'copy.db'), check=False)
    assert r.returncode == 1 and 'disk is full' in r.stderr
    assert os.listdir(small_disk) == ['filler']
    assert p.status()['store']['trouble'] is None
    os.unlink(os.path.join(small_disk, 'filler'))
    p.ctl('backup', os.path.join(small_disk, 'copy.db'))


def test_a_store_in_trouble_is_not_copied_without_a_trace(place):
    p = place.patrold()
    db = sqlite3.connect(p.store, isolation_level=None)
    db.execute('BEGIN IMMEDIATE')
    with p.sender() as s:
        s.send({'action': 'pull'})
        wait_for(lambda: p.status()['store']['trouble'], 'the trouble')
        r = p.ctl('backup', place.path('copy.db'), check=False)
        assert r.returncode == 1 and 'nothing can be stored' in r.stderr
        db.execute('ROLLBACK')
        db.close()
        s.wait_ack(1)
    p.ctl('backup', place.path('copy.db'))
