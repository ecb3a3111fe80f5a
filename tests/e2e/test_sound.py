"""patrolctl check: a good store passes, a damaged copy does not."""
import json
import os
import re
import shutil
import sqlite3
import subprocess

import pytest

from patrol import TOP, Patrold, wait_for
from test_durability import lines_of, streaming
from test_tokens import NOBODY, nobody_conf, root


def found(p):
    """(findings, result) of a check, whose exit status fits."""
    done = p.ctl('--json', 'check', check=False)
    *findings, result = [json.loads(line)
                           for line in done.stdout.splitlines()]
    assert done.returncode == (0 if result['sound'] else 1), done.stderr
    assert (result['findings'] == 0) == result['sound']
    assert len(findings) <= result['findings']
    return findings, result


def assert_sound(p):
    findings, result = found(p)
    assert findings == [], findings
    return result


def checkpoint(p):
    """Waits until last-used is in the store."""
    wait_for(lambda: p.sql("SELECT 1 FROM marks WHERE name = 'checkpoint' AND"
                           " value = (SELECT max(seq) FROM uses)"),
             'the checkpoint')


def lived_in(place):
    """A store with all kinds of rows."""
    p = place.patrold()
    token, secret = p.token('alice')
    p.exchange('alice', secret)
    p.exchange('alice', 'wrong')
    p.send(*lines_of(0, 2000), {'action': 'pull', 'outcome': 'denied',
                                'token': token, 'source.ip': '192.0.2.1',
                                'count': 7, 'user_agent': 'curl/8'})
    p.send(*['refused line %d %s' % (i, 'x' * 2000) for i in range(200)])
    wait_for(p.alert_list, 'an alert')
    p.token('bob', '--honey')
    p.ctl('token', 'deactivate', token)
    checkpoint(p)
    return p, token


def copy_of(place, p, change):
    """A copy of the stopped store, changed by a function of its path, and a
    patrold that works on it."""
    copy = place.path('damaged.db')
    shutil.copy(p.store, copy)
    change(copy)
    q = place.add(Patrold(place.dir, {'store': {'path': copy}}, name='second'))
    q.store = copy
    return q.start()


def sql(*statements):
    def change(path):
        db = sqlite3.connect(path)
        for s in statements:
            db.execute(s)
        db.commit()
        db.close()
    return change


def test_a_good_store_passes(place):
    p, _ = lived_in(place)
    result = assert_sound(p)
    assert result['uses'] == p.sql('SELECT count(*) FROM uses')[0][0]
    assert result['tokens'] == p.sql('SELECT count(*) FROM tokens')[0][0]
    shown = p.ctl('check').stdout
    assert re.search(r'verdict: +sound', shown)
    assert '#' not in shown                 # no bar where no terminal is
    p.kill9()
    p.start()
    p.send(*lines_of(5000, 500))
    assert_sound(p)
    checkpoint(p)
    assert_sound(p)


def test_a_good_store_passes_while_uses_stream_in(place):
    p = place.patrold()
    with streaming(p) as s:
        for _ in range(4):
            s.wait_ack(s.ack + 500)
            assert assert_sound(p)['uses'] >= s.ack
    assert_sound(p)


def test_what_retention_deleted_is_not_missed(place):
    p = place.patrold()
    token, _ = p.token('alice')
    p.send(*[{'action': 'pull', 'token': token, 'outcome': 'success'}] * 300)
    checkpoint(p)
    p.stop()
    sql('DELETE FROM uses WHERE seq < 100')(p.store)
    p.start()
    assert_sound(p)
    p.send({'action': 'pull', 'token': token})
    checkpoint(p)
    assert_sound(p)
    assert p.show(token)['uses'] == 301


@pytest.mark.parametrize('change, place_of, text', [
    ("UPDATE uses SET prev = prev - 1 WHERE seq = 1500", r'use 1500',
     'of its token was before'),
    ("UPDATE uses SET repository = 999999 WHERE seq = 3", r'use 3',
     'its repository, text 999999, is not there'),
    ("DELETE FROM strings WHERE id = (SELECT action FROM uses WHERE seq = 9)",
     r'use \d+', 'is not there'),
    ("DELETE FROM tokens WHERE tid = (SELECT token FROM uses WHERE seq = 9)",
     r'use \d+', 'its token'),
    ("UPDATE last_used SET uses = uses + 1 WHERE tid = 2", r'token \S+',
     'its stored uses give'),
    ("DELETE FROM accounts WHERE name = 'bob'", r'token pat_\w+',
     'its account'),
])
def test_a_damaged_copy_is_found(place, change, place_of, text):
    p, _ = lived_in(place)
    p.stop()
    q = copy_of(place, p, sql(change))
    findings, _ = found(q)
    assert re.fullmatch(place_of, findings[0]['place']), findings[0]
    assert text in findings[0]['finding'] and findings[0]['todo']
    shown = q.ctl('check', check=False)
    assert shown.returncode == 1 and text in shown.stdout
    assert findings[0]['todo'] in shown.stdout
    assert re.search(r'verdict: +[\d,]+ finding', shown.stdout)


def test_a_damaged_page_is_found(place):
    """One that a start does not read: of the refused lines."""
    p, _ = lived_in(place)
    p.stop()

    def spoil(path):
        with open(path, 'r+b') as f:
            data = f.read()
            at = data.index(b'refused line 100 ') // 8192 * 8192
            f.seek(at)
            f.write(b'\xff' * 8)
    q = copy_of(place, p, spoil)
    findings, _ = found(q)
    assert findings[0]['place'] == 'file'
    assert 'go back to a backup' in findings[0]['todo']


def test_the_repair_of_the_manual_repairs(place):
    p, token = lived_in(place)
    want = p.show(token)
    p.stop()
    sql('UPDATE last_used SET uses = 1, refused = 0, ip = NULL')(p.store)
    p.start()
    assert not found(p)[1]['sound']
    p.stop()
    with open(os.path.join(TOP, 'etc', 'man', 'patrolctl.1')) as f:
        repair = f.read().split('.Sh REPAIR')[1].split('.Sh ')[0]
    commands = re.findall(r'^\$ sqlite3 patrol.db "(.*)"$', repair, re.M)
    assert len(commands) == 2
    for command in commands:
        subprocess.run(['sqlite3', p.store, command], check=True, timeout=20)
    p.start()
    checkpoint(p)
    assert_sound(p)
    assert p.show(token)['last_used'] == want['last_used']
    assert p.show(token)['uses'] == want['uses']


@root
def test_only_admins_may(place):
    p = place.patrold(nobody_conf('viewer'))
    r = p.ctl('check', user=NOBODY, check=False)
    assert r.returncode == 1 and 'check needs the role admin' in r.stderr
    assert p.request('check', deep=True)['error']['code'] == 'bad_request'


def test_without_a_daemon_there_is_none(place):
    p = place.patrold()
    p.stop()
    assert p.ctl('check', check=False).returncode == 3
    assert p.ctl('check', 'more', check=False).returncode == 2
