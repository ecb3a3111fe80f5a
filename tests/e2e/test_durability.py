"""The promise: what was acknowledged survives; what was not can be sent
again and counts once."""
import contextlib
import json
import os
import signal
import subprocess
import threading

import pytest

from patrol import (BUILD, DEADLINE, SECRET, Patrold, Sender, now,
                    wait_for)
from test_rules import TEN_DENIED, with_rules


def lines_of(first, n):
    return [{'id': 'u%d' % i, 'registry': 'hub', 'action': 'pull',
             'outcome': 'success', 'token': 'tok-%d' % (i % 7),
             'time': now()} for i in range(first, first + n)]


@contextlib.contextmanager
def streaming(p, first=0):
    """A sender whose lines, numbered from `first`, come all the while."""
    s = p.sender()
    stop = threading.Event()

    def on_and_on():
        n = first
        while not stop.is_set():
            s.send(*lines_of(n, 200))
            n += 200
        s.half_close()
    sender = threading.Thread(target=on_and_on, daemon=True)
    sender.start()
    try:
        yield s
    finally:
        stop.set()
        sender.join(DEADLINE)
    while s.read():
        pass


def stream(s, lines):
    try:
        for i in range(0, len(lines), 50):
            s.send(*lines[i:i + 50])
    except OSError:
        pass                # killed: what was not acknowledged goes again


def test_the_database_is_one_that_sqlite3_opens(place):
    p = place.patrold()
    p.send(*lines_of(0, 10))
    p.stop()
    out = subprocess.run(['sqlite3', p.store, 'SELECT count(*) FROM uses;'],
                         stdout=subprocess.PIPE, check=True,
                         universal_newlines=True, timeout=20).stdout
    assert out == '10\n'


def test_a_second_patrold_on_the_same_store_is_refused(place):
    p = place.patrold()
    second = place.add(Patrold(place.dir, {
        'ingest': [{'socket': place.path('2.sock')}],
        'control': {'socket': place.path('2c.sock')}}, name='second'))
    second.spawn([os.path.join(BUILD, 'patrold'), '-f', '-c',
                  second.conffile])
    assert second.ended() != 0
    assert p.store in second.log()
    assert p.send({'action': 'pull'}) == (1, {})


def test_after_a_crash_the_store_is_free_again(place):
    p = place.patrold()
    p.kill9()
    p.start()
    assert p.send({'action': 'pull'}) == (1, {})


def test_sigterm_settles_what_came_and_exits_0(place):
    p = place.patrold()
    lines = lines_of(0, 3000)
    s = Sender(p.ingest)
    s.send(*lines)
    wait_for(lambda: p.status()['ingest']['lines'] >= 1, 'the first lines')
    p.kill(signal.SIGTERM)
    while s.read():
        pass
    s.socket.close()
    assert p.ended() == 0
    assert p.sql('SELECT count(*) FROM uses')[0][0] == s.ack
    p.start()
    assert p.send(*lines[s.ack:]).rejects == {}
    assert p.sql('SELECT count(DISTINCT id) FROM uses') == [(3000,)]


def test_sigint_is_an_orderly_end_too(place):
    p = place.patrold()
    assert p.stop(signal.SIGINT) == 0


def restart_keeps(place, end):
    p = with_rules(place, TEN_DENIED % 'enforce')
    token, secret = p.token('alice', '--description', 'laptop', '--label',
                            'ci')
    other, _ = p.token('bob')
    p.exchange('alice', secret, source='127.0.5.1')
    p.send({'token': token, 'action': 'pull', 'outcome': 'success',
            'repository': 'alice/app', 'source.ip': '127.0.5.2',
            'user_agent': 'docker/24.0.7'})
    p.send(*[{'token': other, 'action': 'pull', 'outcome': 'denied',
              'source.ip': '127.0.5.3'} for _ in range(12)])
    before = (p.show(token), p.show(other), p.alert_list(),
              p.ctl_json('token', 'history', token),
              len(p.ctl_json('audit', 'list')))
    assert before[0]['last_used']['repository'] == 'alice/app'
    assert before[0]['uses'] == 2
    assert before[2] and before[1]['state'] == 'inactive'
    end(p)
    p.start()
    after = (p.show(token), p.show(other), p.alert_list(),
             p.ctl_json('token', 'history', token),
             len(p.ctl_json('audit', 'list')))
    assert after == before
    assert p.exchange('alice', secret)[0] == 200
    return p, other


def test_a_restart_keeps_tokens_last_used_and_alerts(place):
    restart_keeps(place, lambda p: p.stop())


def test_a_crash_keeps_tokens_last_used_and_alerts(place):
    restart_keeps(place, lambda p: p.kill9())


def test_no_alert_is_raised_twice_over_a_restart(place):
    p, other = restart_keeps(place, lambda p: p.kill9())
    p.send({'token': other, 'action': 'pull', 'outcome': 'denied',
            'source.ip': '127.0.5.3'})
    assert len([a for a in p.alert_list() if a['token'] == other
                and 'Ten denied' in a['title']]) == 1


def test_a_window_goes_on_over_a_restart(place):
    """Six denied uses before, four after: the tenth fires."""
    p = with_rules(place, TEN_DENIED % 'enforce')
    token, _ = p.token('alice')
    use = {'token': token, 'action': 'pull', 'outcome': 'denied'}
    p.send(*[use] * 6)
    p.kill9()
    p.start()
    p.send(*[use] * 3)
    assert p.show(token)['state'] == 'active'
    p.send(use)
    assert p.show(token)['state'] == 'inactive'


def test_a_duplicate_is_known_after_a_restart(place):
    p = place.patrold()
    p.send({'id': 'x', 'registry': 'hub', 'action': 'pull'})
    p.kill9()
    p.start()
    assert p.send({'id': 'x', 'registry': 'hub', 'action': 'pull'}) == (1, {})
    assert p.sql('SELECT count(*) FROM uses') == [(1,)]


def test_a_newer_database_is_left_alone(place):
    p = place.patrold()
    p.stop()
    subprocess.run(['sqlite3', p.store, 'PRAGMA user_version = 9999;'],
                   check=True, timeout=20)
    p.spawn([os.path.join(BUILD, 'patrold'), '-f', '-c', p.conffile])
    assert p.ended() != 0
    assert 'newer' in p.log()


@pytest.fixture
def small_disk(place):
    """A file system of 64 MiB for the store, all but 2 MiB of it taken."""
    disk = place.path('disk')
    os.mkdir(disk)
    if subprocess.run(['mount', '-t', 'tmpfs', '-o', 'size=64m', 'patrol-test',
                       disk], stderr=subprocess.DEVNULL).returncode != 0:
        pytest.skip('only root can mount a small file system')
    with open(os.path.join(disk, 'filler'), 'wb') as f:
        f.write(bytes(62 << 20))
    yield disk
    try:
        for p in place.programs:
            p.stop()
    finally:
        subprocess.run(['umount', disk], check=True)


def test_a_full_disk_stops_acknowledgements_not_the_daemon(place, small_disk):
    p = place.patrold({'store': {
        'path': os.path.join(small_disk, 'patrol.db')}})
    p.store = os.path.join(small_disk, 'patrol.db')
    token, secret = p.token('alice')
    lines = lines_of(0, 60000)
    s = Sender(p.ingest)
    sender = threading.Thread(target=stream, args=(s, lines), daemon=True)
    sender.start()
    trouble = wait_for(lambda: p.status()['store']['trouble'],
                       'the trouble in the status')
    assert trouble
    assert p.http('GET', '/healthz')[0] == 503
    assert p.show(token)['state'] == 'active'       # it answers
    os.unlink(os.path.join(small_disk, 'filler'))
    s.wait_ack(len(lines))
    sender.join()
    s.socket.close()
    assert s.rejects == {}
    assert p.sql('SELECT count(id), count(DISTINCT id) FROM uses') == [
        (len(lines), len(lines))]
    assert p.status()['store']['trouble'] is None
    assert p.http('GET', '/healthz')[0] == 200


def test_a_full_disk_does_not_let_strangers_fill_the_memory(
        place, small_disk):
    p = place.patrold({'store': {
        'path': os.path.join(small_disk, 'patrol.db')}})
    p.store = os.path.join(small_disk, 'patrol.db')
    s = Sender(p.ingest)
    sender = threading.Thread(target=stream, args=(s, lines_of(0, 60000)),
                              daemon=True)
    sender.start()
    wait_for(lambda: p.status()['store']['trouble'], 'the trouble')
    # HTTP cannot be left unread: at some point it is turned away.
    body = '\n'.join(json.dumps({'bytes': n})
                     for n in range(1000)).encode()
    for _ in range(60):
        p.http('POST', '/v1/uses', body, {
            'Authorization': 'Bearer ' + SECRET})
    before = p.status()['uses']['taken']
    for _ in range(3):
        assert p.http('GET', '/token')[0] == 503
        assert p.notify({'id': 'n1', 'action': 'pull'})[0] == 503
    assert p.status()['uses']['taken'] == before
    os.unlink(os.path.join(small_disk, 'filler'))
    s.wait_ack(60000)
    sender.join()
    s.socket.close()
    wait_for(lambda: p.http('GET', '/token')[0] == 401, 'an answer again')


def test_sighup_reads_the_configuration_again(place):
    p = place.patrold({'rules': {'ceiling': 'alert'}})
    p.conf['rules']['ceiling'] = 'enforce'
    p.write_conf()
    p.kill(signal.SIGHUP)
    wait_for(lambda: 'enforce' in {r['effective_mode'] for r in
                                   p.ctl_json('rule', 'list')},
             'the new ceiling')
    p.write_conf('nonsense: [')
    p.kill(signal.SIGHUP)
    wait_for(lambda: 'patrold.yaml:' in p.log(), 'the fault in the log')
    assert 'enforce' in {r['effective_mode'] for r in
                         p.ctl_json('rule', 'list')}
