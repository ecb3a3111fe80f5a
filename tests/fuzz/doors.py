#!/usr/bin/env python3
"""doors - knocks at every door of a running patrold, with requests gone wrong.

    tests/fuzz/doors.py --build BUILD [--time SECONDS] [--seed N]

Requests that each door answers well are mutated, joined, cut, and sent
through ingest, control and HTTP; peers wait for the answer, or go at once.
Afterwards patrold still answers, what it stored is whole, its log has no
control character, and it ends with 0 and nothing to say for a sanitizer.

The seed is told and repeats the same bytes; what was sent last is printed
when patrold has died of it.
"""
import argparse
import base64
import collections
import json
import os
import random
import shutil
import socket
import sys
import tempfile
import time

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, os.path.join(os.path.dirname(HERE), 'e2e'))

ROUND = 200                     # connections between two looks at patrold
WAIT = 0.02                     # seconds a peer waits for an answer
WORDS = [b'\0', b'\xff', b'"', b'\\u0000', b'\\ud800', b'\r\n', b'\n', b'%00',
         b'{', b'[', b'}', b'9' * 20, b'-1', b':', b',', b'A' * 5000,
         b'\x1b[31m', b'chunked', b'Content-Length: 5\r\n',
         b'Expect: 100-continue\r\n', b'HTTP/1.0', b'Connection: close\r\n']


# --- what each door answers well ---------------------------------------------

def http(method, path, body='', **head):
    head = dict({'Host': 'x'}, **{k.replace('_', '-'): v
                                  for k, v in head.items()})
    if body or method == 'POST':
        head['Content-Length'] = len(body)
    return '%s %s HTTP/1.1\r\n%s\r\n%s' % (
        method, path, ''.join('%s: %s\r\n' % i for i in head.items()), body)


def http_requests(patrol, token, secret):
    bearer = 'Bearer ' + patrol.SECRET
    basic = 'Basic ' + base64.b64encode(
        ('alice:' + secret).encode()).decode()
    use = json.dumps({'token': token, 'action': 'pull', 'outcome': 'denied',
                      'source.ip': '192.0.2.1', 'count': 3,
                      'x': [1, 'a', None]})
    event = {'id': 'e', 'timestamp': patrol.now(), 'action': 'pull',
             'target': {'repository': 'a/b', 'size': 1},
             'request': {'addr': '192.0.2.1:5', 'method': 'GET', 'host': 'h',
                         'useragent': 'u'}, 'actor': {'name': 'a+' + token}}
    form = ('grant_type=password&username=alice&password=%s&service=%s'
            '&scope=repository%%3Aa%%2Fb%%3Apull' % (secret, patrol.SERVICE))
    return [
        http('GET', '/token?service=%s&scope=repository:a/b:pull,push'
             % patrol.SERVICE, Authorization=basic, User_Agent='curl',
             X_Forwarded_For='192.0.2.1, [2001:db8::1]:5'),
        http('POST', '/token', form,
             Content_Type='application/x-www-form-urlencoded'),
        http('POST', '/notifications', json.dumps({'events': [event] * 2}),
             Authorization=bearer),
        http('POST', '/v1/uses', use + '\n' + use, Authorization=bearer),
        http('POST', '/v1/uses', Authorization=bearer,
             Transfer_Encoding='chunked').replace('Content-Length: 0\r\n', '')
        + '5\r\n{"a":\r\n2\r\n1}\r\n0\r\n\r\n',
        http('POST', '/leaks/public',
             json.dumps({'credentials': ['x', secret[:-1], 1]})),
        http('GET', '/verify', Authorization=basic,
             X_Original_URI='/v2/alice/b/blobs/uploads/?mount=a&from=c%2Fd',
             X_Original_Method='POST', X_Forwarded_For='192.0.2.1'),
        http('GET', '/verify', Authorization='Bearer a.b.c',
             X_Original_URI='/v2/alice/b/manifests/v1',
             X_Original_Method='GET'),
        http('GET', '/metrics'), http('HEAD', '/healthz')]


def control_requests(patrol, token):
    asked = [
        ('whoami', {}), ('status', {}), ('status.config', {}),
        ('token.list', {'account': 'alice', 'state': 'active'}),
        ('token.show', {'id': token}), ('token.create', {
            'account': 'alice', 'kind': 'auto', 'labels': 'a b',
            'expires': '5d', 'scope': 'read a/*=read'}),
        ('token.history', {'id': token, 'limit': 5}),
        ('token.rename', {'id': token, 'description': 'x'}),
        ('token.deactivate', {'id': token, 'reason': 'y'}),
        ('token.activate', {'id': token}), ('token.expire', {'id': 'pat_x'}),
        ('token.delete', {'id': 'pat_x'}), ('account.list', {}),
        ('account.add', {'name': 'bob', 'two_factor': True}),
        ('account.show', {'name': 'alice'}),
        ('account.set', {'name': 'bob', 'disabled': True}),
        ('activity.list', {'limit': 3, 'before': 9, 'token': token}),
        ('activity.refused', {'limit': 3}),
        ('alert.list', {'state': 'all', 'account': 'alice'}),
        ('alert.show', {'id': 'alr_x'}), ('alert.ack', {'id': 'alr_x'}),
        ('alert.close', {'id': 'alr_x', 'verdict': 'true'}),
        ('undo', {'alert': 'alr_x'}), ('rule.list', {}),
        ('audit.list', {'action': 'token.create', 'object': token}),
        ('leak.check', {'reports': 'sha256:%s pat_x' % ('0' * 64)}),
        ('leak.report', {'reports': 'pat_x', 'source': 's', 'url': 'u'}),
        ('audit.verify', {'after': 0, 'rows': 5}), ('brake.release', {}),
        ('auth.show', {}), ('auth.rotate-key', {'stage': 'begin'})]
    return [json.dumps({'id': i, 'cmd': cmd, 'args': args}) + '\n'
            for i, (cmd, args) in enumerate(asked)]


def ingest_lines(patrol, token):
    use = {'id': 'u', 'time': patrol.now(), 'registry': 'hub', 'token': token,
           'action': 'pull', 'outcome': 'denied', 'source': {'ip': '::1'},
           'bytes': 1, 'count': 2, 'tags': ['a', 1, True, None]}
    return [json.dumps(use) + '\n', json.dumps({'action': 'push'}) + '\r\n',
            '{}\n', 'x\n']


# --- what goes wrong with it --------------------------------------------------

def mutate(r, text):
    b = bytearray(text)
    for _ in range(r.choice((0, 1, 1, 2, 4, 8))):
        i, j = r.randrange(len(b) + 1), r.randrange(len(b) + 1)
        kind = r.randrange(5)
        if kind == 0:
            b[i:i + 1] = bytes([r.randrange(256)])
        elif kind == 1:
            b[i:i] = r.choice(WORDS)
        elif kind == 2:
            b[i:i + 1] = r.choice(WORDS)
        elif kind == 3:
            del b[i:i + r.randrange(20)]
        else:
            b[i:i] = b[j:j + r.randrange(60)]
    return bytes(b)


class Doors:
    """Of a patrold that has the account alice."""

    def __init__(self, patrol, patrold, seed):
        self.r = random.Random(seed)
        self.patrold = patrold
        token, secret = patrold.token('alice', '--scope', 'write')
        self.doors = [
            (('127.0.0.1', patrold.port),
             http_requests(patrol, token, secret)),
            (patrold.control, control_requests(patrol, token)),
            (patrold.ingest, ingest_lines(patrol, token))]
        self.last = collections.deque(maxlen=8)
        self.n = 0

    def connect(self, address):
        inet = isinstance(address, tuple)
        s = socket.socket(socket.AF_INET if inet else socket.AF_UNIX)
        s.settimeout(WAIT)
        s.connect(address)
        return s

    def knock(self):
        """One connection: a few requests, in one piece or two."""
        address, requests = self.r.choice(self.doors)
        data = b''.join(mutate(self.r, self.r.choice(requests).encode())
                        for _ in range(self.r.choice((1, 1, 2, 5))))
        cut = self.r.choice((len(data), self.r.randrange(len(data) + 1)))
        closes, waits = self.r.random() < 0.6, self.r.random() < 0.7
        self.last.append((address, data))
        self.n += 1
        try:
            with self.connect(address) as s:
                s.sendall(data[:cut])
                s.sendall(data[cut:])
                if closes:
                    s.shutdown(socket.SHUT_WR)
                while waits and s.recv(65536):
                    pass
        except OSError:
            pass                # refused, reset, or no answer in time

    def check_up(self):
        if self.patrold.answers():
            return
        for address, data in self.last:
            print('%s <- %r' % (address, data))
        raise AssertionError('patrold does not answer any more:\n'
                             + self.patrold.log())

    def run(self, seconds):
        end = time.monotonic() + seconds
        while time.monotonic() < end:
            for _ in range(ROUND):
                self.knock()
            self.check_up()


def look_after(patrold):
    """What must hold when all have gone."""
    assert patrold.ctl('audit', 'verify').returncode == 0
    assert patrold.request('activity.refused', limit=1000)['ok']
    assert patrold.request('activity.list', limit=1000)['ok']
    assert patrold.sql('PRAGMA integrity_check') == [('ok',)]
    odd = [c for c in patrold.log() if c < ' ' and c != '\n']
    assert odd == [], 'control characters in the log'
    assert patrold.stop() == 0


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument('--build', default='build')
    parser.add_argument('--time', type=int, default=60)
    parser.add_argument('--seed', type=int, default=int(time.time()))
    args = parser.parse_args()
    os.environ['PATROL_BUILD'] = os.path.abspath(args.build)
    import patrol               # reads PATROL_BUILD
    place = tempfile.mkdtemp(prefix='patrol-doors-')
    patrold = patrol.Patrold(place, {'leaks': {'public-rate': 1000000},
                                     'auth': {'wrong': {'free': 1000000}}})
    patrold.conf['http'][0]['serve'] += ['public-leaks', 'verify']
    patrold.conf['http'][0]['trusted-proxies'] = ['127.0.0.0/8']
    patrold.write_conf()
    print('seed: %d' % args.seed, flush=True)
    try:
        patrold.start()
        patrold.account('alice')
        doors = Doors(patrol, patrold, args.seed)
        doors.run(args.time)
        look_after(patrold)
    finally:
        patrold.kill9()
        shutil.rmtree(place, ignore_errors=True)
    print('number_of_executed_units: %d' % doors.n)


if __name__ == '__main__':
    main()
