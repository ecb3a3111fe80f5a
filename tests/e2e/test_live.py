"""What goes on for as long as it is read: uses and alerts as they come."""
import contextlib
import json
import os
import select
import socket
import subprocess

import pytest

from patrol import BUILD, DEADLINE, now, wait_for


class Live:
    """A request whose answer does not end, straight to the socket."""

    def __init__(self, p, cmd, **args):
        self.s = socket.socket(socket.AF_UNIX)
        self.s.settimeout(DEADLINE)
        self.s.connect(p.control)
        self.f = self.s.makefile('rb')
        self.f.readline()
        self.s.sendall(json.dumps({'id': 1, 'cmd': cmd, 'args': args})
                       .encode() + b'\n')

    def begun(self):
        assert 'total' in self.line()['item']
        return self

    def line(self):
        return json.loads(self.f.readline())

    def item(self):
        """The next one that is no sign of life."""
        while True:
            item = self.line()['item']
            if 'total' not in item:
                return item

    def close(self):
        self.f.close()
        self.s.close()


@contextlib.contextmanager
def live(p, cmd, **args):
    at = Live(p, cmd, **args)
    try:
        yield at.begun()
    finally:
        at.close()


def connections(p):
    """To the control socket, without the one that asks."""
    return p.status()['control']['connections'] - 1


def use(n, **more):
    return dict({'token': 'tok-%d' % n, 'action': 'pull',
                 'outcome': 'success', 'repository': 'alice/app%d' % n},
                **more)


def test_uses_come_as_they_are_stored(patrold):
    patrold.send(use(0))
    with live(patrold, 'activity.tail') as t:
        patrold.send(use(1), use(2))
        assert [t.item()['token'] for _ in range(2)] == ['tok-1', 'tok-2']
        patrold.send(use(3))
        item = t.item()
        assert item['token'] == 'tok-3'
        assert item == patrold.ctl_json('activity', 'list', '--limit',
                                        '1')[0]


@pytest.mark.parametrize('args', [
    {'token': 'tok-2'}, {'repository': 'alice/*2'}, {'text': 'APP2'},
    {'action': 'push'}, {'ip': '198.51.100.0/24'}, {'registry': 'other'},
    {'outcome': 'denied'}, {'reason': 'scope'}, {'client': 'CURL'},
    {'account': 'bob'}])
def test_uses_are_narrowed_as_in_a_list(patrold, args):
    with live(patrold, 'activity.tail', **args) as t:
        patrold.send(use(1), use(2, action='push', outcome='denied',
                                 reason='the scope does not allow it',
                                 registry='other', user_agent='curl/8',
                                 account='bob',
                                 **{'source.ip': '198.51.100.7'}), use(3))
        assert t.item()['token'] == 'tok-2'
        patrold.send(use(2, action='push', outcome='denied', reason='scope',
                         registry='other', user_agent='curl', account='bob',
                         tag='last', **{'source.ip': '198.51.100.8'}))
        assert t.item()['tag'] == 'last'


def test_who_does_not_read_is_told_how_many_were_left_out(patrold):
    """The queue is bounded: 20,000 keys."""
    with live(patrold, 'activity.tail') as t:
        for _ in range(6):
            patrold.send(*[use(i, user_agent='x' * 200)
                           for i in range(10000)])
        seqs, dropped, last = [], 0, None
        while last != 60000:
            item = t.item()
            dropped += item.get('dropped', 0)
            if 'seq' in item:
                last = item['seq']
                seqs.append(last)
        assert dropped > 0
        assert len(seqs) + dropped == 60000
        assert seqs == sorted(seqs)


def test_who_goes_leaves_nothing_behind(patrold):
    quiet = connections(patrold)
    for cmd in ('activity.tail', 'alert.watch'):
        with live(patrold, cmd):
            assert connections(patrold) == quiet + 1
        wait_for(lambda: connections(patrold) == quiet, 'the end of ' + cmd)


@pytest.mark.parametrize('cmd', ['activity.tail', 'alert.watch'])
def test_who_will_ask_no_more_gets_an_end(patrold, cmd):
    with live(patrold, cmd) as t:
        t.s.shutdown(socket.SHUT_WR)
        assert t.line() == {'id': 1, 'ok': True, 'result': {}}
        assert t.f.readline() == b''


@pytest.mark.parametrize('cmd', ['activity.tail', 'alert.watch'])
def test_patrold_stops_beside_a_listener(patrold, cmd):
    with live(patrold, cmd):
        patrold.stop()


def raise_alert(p, token, **more):
    p.send(use(0, token=token, action='admin', outcome='denied', **more))


def test_alerts_come_as_they_are_raised(patrold):
    token, _ = patrold.token('alice')
    with live(patrold, 'alert.watch') as w:
        raise_alert(patrold, token)
        item = w.item()
        assert item['token'] == token and item['level'] == 'high'
        assert item == patrold.alert_list()[0]


@pytest.mark.parametrize('args', [
    {'level': 'high'}, {'token': 'tok-7'}, {'account': 'bob'}])
def test_alerts_are_narrowed(patrold, args):
    with live(patrold, 'alert.watch', **args) as w:
        patrold.send(use(1, user_agent='curl/8'))       # low, of tok-1
        raise_alert(patrold, 'tok-7', account='bob')
        assert w.item()['token'] == 'tok-7'
    assert len(patrold.alert_list()) == 2


def test_a_level_that_is_none_is_refused(patrold):
    answer = patrold.request('alert.watch', level='loud')
    assert answer['error']['code'] == 'bad_request'
    assert 'critical' in answer['error']['message']


def test_a_watcher_who_does_not_read_is_told_what_was_left_out(place):
    p = place.patrold()
    with live(p, 'alert.watch') as w:
        for first in range(0, 6000, 1000):
            p.send(*[use(i, token='tok-%d' % i, action='admin',
                         outcome='denied', user_agent='x' * 500)
                     for i in range(first, first + 1000)])
        p.settle()
        total = p.sql('SELECT count(*) FROM alerts')[0][0]
        assert total >= 6000
        got = dropped = 0
        while got + dropped < total:
            item = w.item()
            dropped += item.get('dropped', 0)
            got += 'id' in item
        assert dropped > 0


# --- by patrolctl -----------------------------------------------------------

@contextlib.contextmanager
def running(p, *words):
    with subprocess.Popen([os.path.join(BUILD, 'patrolctl'), *words],
                          stdout=subprocess.PIPE, universal_newlines=True,
                          env=dict(os.environ, PATROL_CONTROL=p.control)) as c:
        try:
            yield c
        finally:
            c.terminate()       # who runs in the background ignores SIGINT
            c.wait(DEADLINE)


def first_line(c, send, want):
    """Sends until a line with `want` is shown: it listens soon."""
    def shown():
        send()
        if not select.select([c.stdout], [], [], 0.2)[0]:
            return None
        line = c.stdout.readline()
        return line if want in line else None
    return wait_for(shown, 'a line with ' + want)


def test_a_line_is_shown_at_once(patrold):
    with running(patrold, '--json', 'activity', 'tail', '--token',
                 'tok-1') as c:
        line = first_line(c, lambda: patrold.send(use(1), use(2)),
                          'tok-1')
        assert json.loads(line)['token'] == 'tok-1'
    with running(patrold, 'activity', 'tail', '--action', 'pull') as c:
        first_line(c, lambda: patrold.send(use(1)), 'tok-1')
    with running(patrold, '-q', 'alert', 'watch', '--level', 'high') as c:
        line = first_line(
            c, lambda: raise_alert(patrold, 'tok-%s' % now()), 'alr_')
        assert line.startswith('alr_')
