"""A damaged store is told, with what to do, and left as it is."""
import hashlib
import os
import random
import re
import shutil
import sqlite3

import pytest

import storm
from patrol import Patrold, wait_for

PAGE = 8192
DATAERR = 65                    # of sysexits.h
ADVICE = 'it is left as it is: '


@pytest.fixture(scope='module')
def killed(tmp_path_factory):
    """The files of a patrold that was killed: the database holds half of
    its uses, the log the other half."""
    dir = tmp_path_factory.mktemp('d')
    p = Patrold(str(dir), storm.CONF)
    sent = storm.Storm(2000)
    storm.begin(p)
    tell(p, sent, 0, 1000)
    p.kill9()
    move_log(p.store)
    p.start()
    tell(p, sent, 1000, 2000)
    p.kill9()
    assert os.path.getsize(p.store + '-wal') > 100 * PAGE
    return p.store


def tell(patrold, sent, first, end):
    """In many transactions."""
    for s in sent.streams:
        with patrold.sender() as sender:
            for i in range(first, end, 100):
                sender.send_bytes(b''.join(s.lines[i:i + 100]))
                sender.wait_ack(i - first + 100)


def move_log(path):
    db = sqlite3.connect(path)
    db.execute('PRAGMA wal_checkpoint(TRUNCATE)')
    db.close()


@pytest.fixture
def damaged(place, killed):
    """A patrold that does not run yet, with those files."""
    p = place.add(Patrold(place.dir, storm.CONF))
    for end in '', '-wal':
        shutil.copy(killed + end, p.store + end)
    return p


def digest(p):
    found = {}
    for end in '', '-wal':
        if os.path.exists(p.store + end):
            with open(p.store + end, 'rb') as f:
                found[end] = hashlib.sha256(f.read()).hexdigest()
    return found


def write_at(path, at, data):
    with open(path, 'r+b') as f:
        f.seek(at)
        f.write(data)


def flip_at(path, at):
    with open(path, 'r+b') as f:
        f.seek(at)
        byte = f.read(1)[0]
        f.seek(at)
        f.write(bytes([byte ^ 0x55]))


def is_refused(p, said=ADVICE):
    before = digest(p)
    p.launch()
    assert p.ended() == DATAERR, p.log()
    assert p.store in p.log() and said in p.log(), p.log()
    assert digest(p) == before


def test_what_was_only_killed_is_not_damaged(damaged):
    damaged.start()
    assert damaged.sql("SELECT count(*) FROM uses WHERE id IS NOT NULL") == [
        (8000,)]


@pytest.mark.parametrize('data', [
    b'\0' * 100, b'#!/bin/sh\n', b'SQLite format 3\0' + b'\xff' * 84],
    ids=['zeros', 'another file', 'nonsense'])
def test_a_garbage_header_is_refused(damaged, data):
    move_log(damaged.store)                 # which could make up for it
    write_at(damaged.store, 0, data)
    is_refused(damaged)


@pytest.mark.parametrize('size', [
    0, 1, 50, PAGE - 1, PAGE, PAGE + 1, 5 * PAGE])
def test_a_truncated_store_is_refused(damaged, size):
    move_log(damaged.store)
    os.truncate(damaged.store, size)
    is_refused(damaged)


def test_a_store_that_lost_its_name_is_not_made_anew_beside_its_log(damaged):
    os.unlink(damaged.store)
    is_refused(damaged)
    assert not os.path.exists(damaged.store)


def test_a_store_that_was_emptied_beside_its_log_is_refused(damaged):
    os.truncate(damaged.store, 0)
    is_refused(damaged)


@pytest.mark.parametrize('sql', [
    "UPDATE last_used SET seen = x'02'",
    "UPDATE tokens SET scope = 'all'"])
def test_a_token_that_makes_no_sense_is_refused(place, sql):
    p = place.patrold()
    token, _ = p.token('alice')
    p.send({'token': token, 'action': 'pull', 'source.ip': '192.0.2.1'})
    p.stop()
    with sqlite3.connect(p.store) as db:
        assert db.execute(sql).rowcount == 1
    db.close()
    is_refused(p, 'token ' + token)
    is_refused(p)


def log_pages(p):
    return (os.path.getsize(p.store + '-wal') - 32) // (PAGE + 24)


@pytest.mark.parametrize('where', ['page', 'number', 'salt', 'checksum'])
def test_a_log_damaged_in_the_middle_is_refused(damaged, where):
    """SQLite drops all that was acknowledged behind it, and says nothing."""
    at = 32 + log_pages(damaged) // 2 * (PAGE + 24)
    flip_at(damaged.store + '-wal', at + {
        'page': 24 + 1000, 'number': 3, 'salt': 9, 'checksum': 17}[where])
    is_refused(damaged)
    assert '-wal: is damaged at page %d of' % (log_pages(damaged) // 2 + 1) \
        in damaged.log()


@pytest.mark.parametrize('at', [0, 5, 10, 17, 25])
def test_a_log_with_a_damaged_header_is_refused(damaged, at):
    flip_at(damaged.store + '-wal', at)
    is_refused(damaged)


def test_the_advice_for_a_damaged_log_is_good(damaged):
    """It goes on, without what is behind the damage."""
    flip_at(damaged.store + '-wal', 32 + 50 * (PAGE + 24) + 100)
    is_refused(damaged)
    sql = re.search("sqlite3 %s '(.*?)'" % re.escape(damaged.store),
                    damaged.log()).group(1)
    db = sqlite3.connect(damaged.store)
    db.execute(sql)
    db.close()
    damaged.start()
    n, = damaged.sql('SELECT count(*) FROM uses')[0]
    assert 4000 < n < 8000
    storm.intact(damaged)


def test_a_log_cut_short_in_its_last_transaction_is_no_damage(damaged):
    """That is what a power loss leaves."""
    os.truncate(damaged.store + '-wal',
                os.path.getsize(damaged.store + '-wal') - 100)
    damaged.start()
    n, = damaged.sql('SELECT count(*) FROM uses')[0]
    assert n > 7000


def test_bytes_flipped_at_random_never_pass_for_a_new_store(damaged, killed):
    """It refuses, or it starts with the tokens it had and serves on: then
    what it cannot read it says so, and what is not as it was written
    `patrolctl audit verify` finds, or nothing reads it."""
    seed = random.randrange(1 << 32)
    print('seed', seed)
    r = random.Random(seed)
    whole = PAGE * (os.path.getsize(killed) // PAGE)
    move_log(killed)
    for _ in range(storm.rounds(20)):
        shutil.copy(killed, damaged.store)
        for end in '-wal', '-shm':
            if os.path.exists(damaged.store + end):
                os.unlink(damaged.store + end)
        page = r.randrange(whole // PAGE)
        for _ in range(r.choice((1, 10, 1000))):
            flip_at(damaged.store, page * PAGE + r.randrange(PAGE))
        said = len(damaged.log())
        damaged.launch()
        wait_for(lambda: not damaged.running() or damaged.answers(),
                 'the start or the refusal')
        if not damaged.running():
            assert damaged.ended() == DATAERR
            assert ADVICE in damaged.log()[said:]
            continue
        for words in ('token', 'list'), ('activity', 'list'), (
                'alert', 'list'), ('audit', 'list'), ('audit', 'verify'):
            answer = damaged.ctl(*words, check=False)
            assert answer.returncode in (0, 1), answer
        assert damaged.running()
        damaged.kill9()
