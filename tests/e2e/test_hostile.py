"""What strangers, broken senders and bad days do to a patrold.

Each test attacks one door and then asks the daemon for something ordinary.
"""
import base64
import json
import os
import resource
import signal
import socket
import subprocess
import sys
import threading
import urllib.parse

import pytest

import patrol
from patrol import SECRET, SERVICE, Sender, now, wait_for

sys.path.insert(0, os.path.join(patrol.TOP, 'tests', 'fuzz'))
import doors                            # noqa: E402

LINE_MAX = 64 * 1024
FIELDS_PATROL_ADDS = (
    'token.kind token.state token.scope token.label token.age_days'
    ' token.idle_days source.net source.country source.asn source.kind'
    ' user_agent.family new.ip late_seconds').split()
BEARER = {'Authorization': 'Bearer ' + SECRET}
NOBODY = 65534


def use(**fields):
    return dict({'action': 'pull', 'outcome': 'success'}, **fields)


def numbered(*cases):
    """Test ids that stay short whatever the cases hold."""
    return [pytest.param(*(case if isinstance(case, tuple) else (case,)),
                         id=str(i)) for i, case in enumerate(cases)]


def stored(patrold):
    return patrold.sql('SELECT count(*) FROM uses')[0][0]


def basic(user, secret):
    text = '%s:%s' % (user, secret)
    return {'Authorization':
            'Basic ' + base64.b64encode(text.encode()).decode()}


def serves_on(patrold):
    assert patrold.send(use()) == (1, {})
    assert patrold.request('whoami')['ok']
    assert patrold.http('GET', '/healthz')[0] == 200


def talk(patrold, data):
    """Raw bytes to the HTTP door, all bytes of the answer."""
    answer = b''
    with socket.create_connection(('127.0.0.1', patrold.port), 10) as s:
        s.sendall(data)
        while True:
            piece = s.recv(65536)
            if piece == b'':
                return answer
            answer += piece


class Control:
    """A connection to the control socket, past the greeting."""

    def __init__(self, patrold):
        self.socket = socket.socket(socket.AF_UNIX)
        self.socket.settimeout(20)
        self.socket.connect(patrold.control)
        self.lines = self.socket.makefile('rb')
        self.greeting = self.answer()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.lines.close()
        self.socket.close()

    def send(self, data):
        self.socket.sendall(data)

    def answer(self):
        line = self.lines.readline()
        return json.loads(line) if line else None

    def ask(self, data):
        self.send(data)
        return self.answer()


# --- the ingest socket ---------------------------------------------------

def fields(n):
    return json.dumps({'f%d' % i: i for i in range(n)})


def nested(depth):
    return '{"a":' * depth + '1' + '}' * depth


@pytest.mark.parametrize('taken, refused, named', numbered(
    (fields(64), fields(65), '64'),
    ('{"a":[%s]}' % ','.join('1' * 128), '{"a":[%s]}' % ','.join('1' * 129),
     '128 fields'),
    (nested(8), nested(9), 'deeper than 8'),
    ('{"a":"%s"}' % ('x' * 8192), '{"a":"%s"}' % ('x' * 8193), '8192'),
    ('{"a":"%s"}' % ('\\u00e9' * 4096), '{"a":"%s"}' % ('\\u00e9' * 4097),
     '8192'),
    ('{"%s":1}' % ('k' * 8192), '{"%s":1}' % ('k' * 8193), '8192'),
    ('{"id":"%s"}' % ('x' * 128), '{"id":"%s"}' % ('x' * 129), 'id: '),
    ('{"token":"%s"}' % ('x' * 128), '{"token":"%s"}' % ('x' * 129),
     'token: '),
    ('{"count":1}', '{"count":-1}', 'count: '),
    ('{"bytes":0}', '{"bytes":-1}', 'bytes: '),
    ('{"a.b":1,"a":{"c":2}}', '{"a.b":1,"a":{"b":2}}', 'a.b: given twice'),
    ('{"a":1}', '{"a":1,"\\u0061":2}', 'a: given twice'),
    ('{"a":"\\ud83d\\ude00"}', '{"a":"\\ud83d"}', 'a: '),
    ('{"a":"\\u0000"}', '{"a":"\0"}', 'control character'),
    ('{"a":[1,"x",true]}', '{"a":[[1]]}', 'a: '),
    ('{}', '\ufeff{}', 'byte order mark'),
    ('{}\r', '\r', 'empty'),
    ('{}', ' \t ', 'empty'),
    ('{"n":1e999}', '{"n":01}', 'n: '),
    ('{"n":%s}' % ('9' * 8192), '{"n":%s}' % ('9' * 60000), 'n: '),
    ('{}', '[' * 60000, 'object'),
    ('{}', '{"a":' * 10000, 'deeper than 8'),
))
def test_at_the_limit_is_taken_and_one_past_it_refused(
        patrold, taken, refused, named):
    replies = patrold.send(taken, refused, {})
    assert replies.ack == 3
    assert list(replies.rejects) == [2]
    assert named in replies.rejects[2]
    assert stored(patrold) == 2


def test_nothing_that_patrol_adds_can_be_sent(patrold):
    flat = [{name: 'x'} for name in FIELDS_PATROL_ADDS]
    deep = [{name.split('.')[0]: {name.split('.')[1]: None}}
            for name in FIELDS_PATROL_ADDS if '.' in name]
    replies = patrold.send(*flat, *deep)
    assert replies.ack == len(flat) + len(deep)
    assert len(replies.rejects) == replies.ack
    assert all('patrol sets' in e for e in replies.rejects.values())
    assert patrold.status()['refused']['reserved'] == replies.ack


def test_the_longest_line_may_end_in_any_way(patrold):
    longest = '{' + ' ' * (LINE_MAX - 2) + '}'
    for end in '\n', '\r\n', '':
        for line, rejects in (longest, []), (' ' + longest, [1]):
            with patrold.sender() as s:
                s.send_bytes((line + end).encode())
                replies = s.finish()
            assert (replies.ack, list(replies.rejects)) == (1, rejects)


def test_a_line_in_single_bytes_is_one_line(patrold):
    with patrold.sender() as s:
        for byte in b'{"id":"slow"}\n':
            s.send_bytes(bytes([byte]))
        assert s.finish() == (1, {})


def test_a_reset_in_the_middle_of_a_line_is_no_use(patrold):
    for _ in range(100):
        s = Sender(patrold.ingest)
        s.send_bytes(b'{"id":"whole"}\n{"id":"half')
        s.socket.close()
    # None are open before the first is accepted, too.
    wait_for(lambda: patrold.status()['ingest']['accepted'] == 100 and
             patrold.status()['ingest']['connections'] == 0, 'an end')
    wait_for(lambda: stored(patrold) == 1, 'the commit')
    serves_on(patrold)


def test_a_duplicate_waits_for_the_commit_of_its_first(patrold):
    with patrold.sender() as a, patrold.sender() as b:
        for i in range(300):
            a.send(use(id='d%d' % i))
            b.send(use(id='d%d' % i))
        assert a.finish() == (300, {})
        assert b.finish() == (300, {})
    assert stored(patrold) == 300
    assert patrold.status()['uses']['duplicates'] == 300


def test_connections_over_the_limit_wait_and_lose_nothing(place):
    # They were accepted and closed: what a sender that reads no answers had
    # written by then was gone.
    p = place.patrold({'limits': {'ingest-connections': 8}})
    held = [p.sender() for _ in range(8)]
    wait_for(lambda: p.status()['ingest']['connections'] == 8, 'all eight')
    waiting = []
    for i in range(100):
        s = p.sender()
        s.send(use(id='w%d' % i))
        s.half_close()
        waiting.append(s)
    for s in held:
        s.socket.close()
    for s in waiting:
        while s.read():
            pass
        assert s.ack == 1
        s.socket.close()
    assert stored(p) == 100
    assert p.status()['ingest']['kept_waiting'] > 0


def test_ten_thousand_short_connections_are_all_heard(patrold):
    n = 10000
    for i in range(n):
        with socket.socket(socket.AF_UNIX) as s:
            s.connect(patrold.ingest)
            s.sendall(b'{"id":"s%d"}\n' % i)
    wait_for(lambda: stored(patrold) == n, 'every use')
    assert patrold.status()['ingest']['connections'] == 0


# --- the web doors -------------------------------------------------------

def test_the_answer_to_head_has_no_body(patrold):
    # A body there is taken for the next answer of the connection.
    answer = talk(patrold, b'HEAD /healthz HTTP/1.1\r\nHost: x\r\n\r\n'
                  b'HEAD /metrics HTTP/1.1\r\nHost: x\r\n\r\n'
                  b'HEAD /nothing HTTP/1.1\r\nHost: x\r\n'
                  b'Connection: close\r\n\r\n')
    heads = answer.split(b'\r\n\r\n')
    assert heads.pop() == b''
    assert [h.split(b' ')[1] for h in heads] == [b'200', b'200', b'404']
    assert all(h.startswith(b'HTTP/1.1 ') for h in heads)
    assert b'Content-Length: 16' in heads[0]


def test_pipelined_requests_are_answered_in_order(patrold):
    paths = [b'/healthz', b'/nothing', b'/token'] * 20
    answer = talk(patrold, b''.join(
        b'GET %s HTTP/1.1\r\nHost: x\r\n\r\n' % path for path in paths)
        + b'GET /healthz HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n')
    codes = [part[:3] for part in answer.split(b'HTTP/1.1 ')[1:]]
    assert codes == [b'200', b'404', b'401'] * 20 + [b'200']


@pytest.mark.parametrize('request_bytes, status', numbered(
    (b'\0\0\0\r\n\r\n', 400),
    (b'GET /healthz\r\n\r\n', 400),
    (b'GET /healthz HTTP/1.1\r\nX: ' + b'a' * 70000 + b'\r\n\r\n', 400),
    (b'GET /healthz HTTP/1.1\r\n' + b'X: a\r\n' * 20000 + b'\r\n', 400),
    (b'GET /%s HTTP/1.0\r\n\r\n' % (b'a' * 60000), 404),
    (b'PUT /token HTTP/1.0\r\n\r\n', 501),
    (b'GET /notifications HTTP/1.0\r\n\r\n', 405),
    (b'GET /Token HTTP/1.0\r\n\r\n', 404),
    (b'GET /%74oken HTTP/1.0\r\n\r\n', 404),
    (b'POST /token HTTP/1.1\r\nContent-Length: -5\r\n\r\n', 400),
    (b'POST /token HTTP/1.1\r\nContent-Length: 99999999999999999999\r\n\r\n',
     413),
    (b'POST /token HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n'
     b'ffffffffffffffff\r\n', 413),
    (b'GET /token?scope=%00 HTTP/1.0\r\n\r\n', 401),
    (b'GET /token?% HTTP/1.0\r\n\r\n', 400),
))
def test_a_bad_request_gets_its_status(patrold, request_bytes, status):
    assert int(talk(patrold, request_bytes).split(b' ')[1]) == status
    serves_on(patrold)


@pytest.mark.parametrize('header', numbered(
    'Basic', 'Basic ', 'Basic !!!', 'Basic YWxpY2U=', 'Basic YQBiOmM=',
    'Basic ' + base64.b64encode(b'alice:' + b'x' * 20000).decode(),
    'Basic ' + base64.b64encode(b'alice:\xff\xfe').decode(),
))
def test_what_are_no_basic_credentials_is_a_bad_request(patrold, header):
    status, body = patrold.http('GET', '/token',
                                headers={'Authorization': header})
    assert status == 400
    assert 'not Basic' in body


def test_a_client_that_goes_before_its_answer_harms_nobody(patrold):
    _, secret = patrold.token('alice')
    head = 'GET /token HTTP/1.1\r\nAuthorization: %s\r\n\r\n' % basic(
        'alice', secret)['Authorization']
    for _ in range(100):
        with socket.create_connection(('127.0.0.1', patrold.port)) as s:
            s.sendall(head.encode())
            s.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, b'\1' + b'\0'
                         * 7)
    assert patrold.exchange('alice', secret)[0] == 200
    serves_on(patrold)


def test_slow_requests_do_not_stop_others(patrold):
    slow = []
    for _ in range(200):
        s = socket.create_connection(('127.0.0.1', patrold.port))
        s.sendall(b'POST /token HTTP/1.1\r\nContent-Length: 9\r\n\r\nx')
        slow.append(s)
    serves_on(patrold)
    for s in slow:
        s.close()


@pytest.mark.parametrize('body', numbered(
    b'', b'x', b'{}', b'[]', b'\0', b'{"events":1}', b'{"events":[1]}',
    b'{"events":[{}]}', b'{"events":[%s]}' % b','.join([b'{}'] * 3000),
    b'[' * 100000, b'{"a":' * 50000, b'{"events":[{"id":"\xff"}]}',
))
def test_rubbish_from_a_registry_is_taken_and_kept(patrold, body):
    assert patrold.http('POST', '/notifications', body, BEARER)[0] == 200
    kept, = patrold.ctl_json('activity', 'refused')
    assert body.decode(errors='replace').startswith(kept['line'][:100])
    assert kept['error']
    serves_on(patrold)


def test_a_wrong_bearer_is_refused_and_nothing_kept(patrold):
    for headers in ({}, {'Authorization': 'Bearer x'},
                    {'Authorization': 'Basic ' + SECRET},
                    {'Authorization': 'Bearer ' + SECRET + 'x'}):
        for path in '/notifications', '/v1/uses':
            assert patrold.http('POST', path, '{}', headers)[0] == 401
    assert patrold.ctl_json('activity', 'refused') == []
    assert stored(patrold) == 0


def test_a_repeated_forwarded_for_is_one_list(place):
    # HAProxy adds a line of its own after what the client sent: the first
    # line alone is the client's word.
    p = place.patrold()
    p.stop()
    p.conf['http'][0]['trusted-proxies'] = ['127.0.0.0/8']
    p.write_conf()
    p.start()
    talk(p, b'GET /token HTTP/1.1\r\nX-Forwarded-For: 6.6.6.6\r\n'
         b'X-Forwarded-For: 192.0.2.7\r\nConnection: close\r\n\r\n')
    wait_for(lambda: stored(p) == 1, 'the commit: a refusal does not wait')
    seen, = p.ctl_json('activity', 'list')
    assert seen['source.ip'] == '192.0.2.7'
    talk(p, b'GET /token HTTP/1.1\r\nX-Forwarded-For: 192.0.2.8\r\n'
         b'X-Forwarded-For: 127.0.0.9\r\nConnection: close\r\n\r\n')
    wait_for(lambda: stored(p) == 2, 'the commit')
    seen = p.ctl_json('activity', 'list', '--limit', '1')[0]
    assert seen['source.ip'] == '192.0.2.8'


def test_a_body_of_too_many_lines_is_refused_whole(patrold):
    # Four million empty lines made four million rows of one transaction.
    status, body = patrold.http('POST', '/v1/uses', b'{}\n' * 65537, BEARER)
    assert status == 413
    assert '65536' in body
    assert stored(patrold) == 0
    status, body = patrold.http('POST', '/v1/uses', b'\n' * 65536, BEARER)
    assert (status, json.loads(body)['ack']) == (200, 65536)


# --- secrets -------------------------------------------------------------

@pytest.mark.parametrize('passwords', [False, True])
def test_all_who_lack_the_right_secret_get_the_same_bytes(place, passwords):
    auth = {'wrong': {'free': 100}}
    if passwords:
        auth['htpasswd'] = place.write('htpasswd', 'alice:$2b$04$' + 'a' * 53)
    patrold = place.patrold({'auth': auth})
    patrold.ctl('account', 'add', 'carol', '--two-factor')
    _, good = patrold.token('alice')
    deleted_id, deleted = patrold.token('alice')
    _, honey = patrold.token('alice', '--honey')
    patrold.ctl('token', 'delete', deleted_id)
    typo = good[:-1] + ('a' if good[-1] != 'a' else 'b')

    def refusal(user, secret):
        answer = talk(patrold, b'GET /token HTTP/1.1\r\nConnection: close\r\n'
                      b'Authorization: %s\r\n\r\n'
                      % basic(user, secret)['Authorization'].encode())
        return b'\n'.join(line for line in answer.split(b'\r\n')
                          if not line.startswith(b'Date:'))
    answers = {refusal(*who) for who in [
        ('alice', 'x'), ('alice', ''), ('', good), ('alice', typo),
        ('bob', good), ('nobody', good), ('alice', deleted),
        ('alice', honey), ('carol', 'x')]}
    assert len(answers) == 1
    assert b'401' in answers.pop()
    assert patrold.exchange('alice', good)[0] == 200


def found_in(directory, *texts):
    """Files below `directory` that hold one of the texts."""
    found = set()
    for folder, _, names in os.walk(directory):
        for path in (os.path.join(folder, name) for name in names):
            if not os.path.isfile(path):
                continue
            with open(path, 'rb') as f:
                data = f.read()
            if any(text.encode() in data for text in texts):
                found.add(os.path.basename(path))
    return found


def test_a_secret_is_written_nowhere_whatever_it_is_sent_as(patrold, place):
    token, secret = patrold.token('alice')
    _, honey = patrold.token('alice', '--honey')
    escaped = ''.join('\\u%04x' % ord(c) for c in secret)
    # Ingest: in the token's field, in others, in what is no JSON, cut in two,
    # and as JSON may write it too.
    replies = patrold.send(
        use(token=secret), use(account=secret), use(user_agent='x ' + secret),
        use(note=['a', secret]), use(repository='a/' + secret),
        '{"token":"%s"' % secret, '{"token.kind":"%s"}' % secret,
        secret, 'x' * LINE_MAX + secret, secret + ' ' * LINE_MAX,
        'x' * (LINE_MAX - 40) + secret,
        '{"user_agent":"%s"}' % escaped, '{"token":"%s"}' % escaped,
        '{"count":"%s"}' % escaped, '{"note":["%s"' % escaped)
    assert replies.ack == 15
    assert list(replies.rejects) == [1, 6, 7, 8, 9, 10, 11, 13, 14, 15]
    assert 'secret' in replies.rejects[1]
    # User and password swapped, the honey token used, a secret in the rest.
    for user, password in (secret, 'alice'), ('alice', honey), (honey, honey):
        status, _ = patrold.http(
            'GET', '/token?service=%s&scope=repository:%s:pull'
            % (SERVICE, secret), headers=dict(
                basic(user, password), **{'User-Agent': 'curl/' + secret}))
        assert status == 401
    status, _ = patrold.http('POST', '/token',
                             'grant_type=password&username=%s&password=x'
                             % secret)
    assert status == 401
    # Where what is kept of the scopes ends.
    scopes = ('repository:%s:pull ' % ('a' * 200)) * 9
    scopes += 'r:%s:x repository:%s:pull' % (
        'a' * (2048 - len(scopes) - 5 - 11 - 40), secret)
    status, _ = patrold.http('POST', '/token', urllib.parse.urlencode(
        {'scope': scopes, 'username': 'alice', 'password': 'x',
         'grant_type': 'password'}))
    assert status == 401
    # The registry's events and what is none.
    event = {'id': 'e', 'timestamp': now(), 'action': 'pull',
             'target': {'repository': 'alice/app'},
             'request': {'method': 'GET', 'addr': '192.0.2.1:5',
                         'useragent': secret}}
    for name in secret, 'alice+' + secret:
        assert patrold.notify(dict(event, id=name[:9],
                                   actor={'name': name}))[0] == 200
    patrold.http('POST', '/notifications', '{"events":"' + secret, BEARER)
    patrold.http('POST', '/v1/uses', secret + '\n{"a":"%s"}' % secret, BEARER)
    patrold.http('POST', '/v1/uses', escaped + '\n{"a":"%s"}' % escaped, BEARER)
    # Control.
    for args in ['token', 'show', secret], ['token', 'rename', token, secret]:
        patrold.ctl(*args, check=False)
    patrold.request(secret)
    listed = patrold.ctl_json('activity', 'list', '--limit', '50')
    listed += patrold.ctl_json('activity', 'refused')
    assert secret[:30] not in json.dumps(listed)
    assert escaped[:180] not in json.dumps(listed).replace('\\\\', '\\')
    assert 'patrol_' + '*' * 36 in json.dumps(listed)
    assert found_in(place.dir, secret, honey) == set()
    patrold.stop()
    assert found_in(place.dir, secret, honey) == set()


# --- the control socket --------------------------------------------------

@pytest.mark.parametrize('request_bytes, named', numbered(
    (b'', 'empty'), (b'x', 'not a JSON object'), (b'[]', 'not a JSON object'),
    (b'{}', 'no "cmd"'), (b'{"cmd":1}', 'no "cmd"'), (b'\xff', 'UTF-8'),
    (b'{"cmd":"tokn.list"}', "did you mean 'token.list'?"),
    (b'{"cmd":"\\u001b[31m"}', '\\x1b[31m'),
    (b'{"cmd":"token.show"}', 'which token?'),
    (b'{"cmd":"token.list","args":{"acount":"alice"}}',
     "unknown argument 'acount' of token.list, did you mean 'account'?"),
    (b'{"cmd":"whoami","args":{"id":1}}', "unknown argument 'id' of whoami"),
    (b'{"cmd":"whoami","arg":{}}', "did you mean 'args'?"),
    (b'{"cmd":"token.show","args":{"id":["a","b"]}}', 'id: want one value'),
    (b'{"cmd":"token.show","args":{"id":"a","\\u0069d":"b"}}', 'given twice'),
    (b'{"cmd":"token.show","args":{"id":5}}', "no token '5'"),
    (b'{"cmd":"token.create","args":{"account":"alice","expires":5}}',
     'expires: '),
    (b'{"cmd":"account.set","args":{"name":"alice","disabled":"yes"}}',
     'disabled: true or false'),
    (b'{"cmd":"account.add","args":{"name":"carol","two_factor":1}}',
     'two_factor: true or false'),
    (b'{"cmd":"activity.list","args":{"limit":1000000}}', 'limit: '),
    (b'{"cmd":"alert.show","args":{"id":"x"}}', 'no such alert'),
    # Their arguments were read after the answer, from freed memory.
    (b'{"cmd":"token.rename","args":{"id":"x","description":"y"}}',
     "no token 'x'"),
    (b'{"cmd":"token.delete","args":{"id":"x","reason":"y"}}', "no token 'x'"),
    (b'{"cmd":"whoami","args":"' + b'x' * 65536 + b'"}', 'at most 65536'),
    (b'x' * 200000, 'at most 65536'),
))
def test_a_bad_request_is_answered_in_words(patrold, request_bytes, named):
    with Control(patrold) as c:
        answer = c.ask(request_bytes + b'\n')
    assert answer['ok'] is False
    assert named in answer['error']['message']
    serves_on(patrold)


def test_a_request_of_64_kib_is_taken(patrold):
    with Control(patrold) as c:
        assert c.ask(b'{"cmd":"whoami"%s}\n' % (b' ' * 65519))['ok']


def test_requests_on_one_connection_are_answered_in_order(patrold):
    patrold.send(*[use() for _ in range(100)])
    words = [b'whoami', b'activity.list', b'status', b'nonsense',
             b'token.list']
    n = 500
    with Control(patrold) as c:
        c.send(b''.join(b'{"id":%d,"cmd":"%s"}\n' % (i, words[i % 5])
                        for i in range(n)))
        c.socket.shutdown(socket.SHUT_WR)
        answers = [json.loads(line) for line in c.lines]
    assert [a['id'] for a in answers if 'ok' in a] == list(range(n))
    assert [a['id'] for a in answers] == sorted(a['id'] for a in answers)


def test_the_last_request_needs_no_newline(patrold):
    with Control(patrold) as c:
        c.send(b'{"id":1,"cmd":"whoami"}\n{"id":2,"cmd":"whoami"}')
        c.socket.shutdown(socket.SHUT_WR)
        assert [json.loads(line)['id'] for line in c.lines] == [1, 2]


def test_who_leaves_in_the_middle_of_a_list_harms_nobody(patrold):
    patrold.send(*[use(note='x' * 1000) for _ in range(1000)])
    for word in b'activity.list', b'token.list', b'audit.list':
        for _ in range(20):
            with Control(patrold) as c:
                c.send(b'{"cmd":"%s","args":{"limit":1000}}\n' % word * 5)
    serves_on(patrold)


def test_who_leaves_before_a_change_is_durable_has_made_it(patrold):
    """The greeting is left unread: to patrold that is an error, and no end of
    a peer who may still read."""
    names = ['left-%d' % i for i in range(50)]
    for name in names:
        with socket.socket(socket.AF_UNIX) as s:
            s.connect(patrold.control)
            s.sendall(b'{"cmd":"account.add","args":{"name":"%s"}}\n'
                      % name.encode())
    wait_for(lambda: set(names) <= set(
        patrold.ctl('-q', 'account', 'list').stdout.split()), 'all of them')
    wait_for(lambda: patrold.status()['control']['connections'] == 1,
             'the connections to go')
    serves_on(patrold)


def memory(patrold):
    """Resident bytes of the daemon."""
    with open('/proc/%d/statm' % patrold.process.pid) as f:
        return int(f.read().split()[1]) * resource.getpagesize()


def test_a_long_list_waits_for_its_reader(place):
    n = 400                     # each waits for its commit
    p = place.patrold({'tokens': {'max-per-account': n}})
    with Control(p) as c:
        c.send(b'{"cmd":"token.create","args":{"account":"alice",'
               b'"description":"%s"}}\n' % (b'd' * 250) * n)
        for _ in range(n):
            assert c.answer()['ok']
    before = memory(p)
    with Control(p) as c:
        c.send(b'{"cmd":"token.list"}\n' * 300)     # some 60 MB of answers
        serves_on(p)
        assert memory(p) - before < 16 * 1024 * 1024
        token = None
        for _ in range(n + 1):
            answer = c.answer()
            token = answer.get('item', token)
        assert answer['result']['tokens'] == n
        # The next lists go on while their tokens change.
        assert p.request('token.delete', id=token['id'])['ok']
        for _ in range(10000):
            assert c.answer() is not None
    serves_on(p)


STRANGER = '''
import json, socket, sys
held = []
for i in range(int(sys.argv[2])):
    s = socket.socket(socket.AF_UNIX)
    s.connect(sys.argv[1])
    held.append(s)
f = held[0].makefile()
f.readline()
for cmd in sys.argv[3:]:
    held[0].sendall((json.dumps({'cmd': cmd, 'args': {
        'id': 'x', 'name': 'alice', 'account': 'alice', 'alert': 'x'}})
        + chr(10)).encode())
    print(f.readline().strip(), flush=True)
if len(held) > 1:
    print(held[-1].makefile().readline().strip(), flush=True)
    sys.stdin.read()
'''


def stranger(place, patrold, connections, *words):
    """Another user's process on the control socket."""
    if os.getuid() != 0:
        pytest.skip('only root can become somebody else')
    os.chmod(place.dir, 0o755)
    return subprocess.Popen(
        ['setpriv', '--reuid=%d' % NOBODY, '--regid=%d' % NOBODY,
         '--clear-groups', '/usr/bin/python3', '-c', STRANGER,
         patrold.control, str(connections), *words], stdin=subprocess.PIPE,
        stdout=subprocess.PIPE, universal_newlines=True)


def test_a_stranger_is_denied_every_word(place, patrold):
    words = ('account.add account.list account.show account.set token.create'
             ' token.list token.show token.rename token.activate'
             ' token.deactivate token.delete token.expire token.history'
             ' activity.list activity.refused alert.list alert.show alert.ack'
             ' alert.close undo rule.list audit.list brake.release reload'
             ' status status.config backup check audit.verify').split()
    said, _ = stranger(place, patrold, 1, *words).communicate(timeout=20)
    answers = [json.loads(line) for line in said.splitlines()]
    assert len(answers) == len(words)
    assert {a['error']['code'] for a in answers} == {'denied'}
    assert patrold.ctl_json('audit', 'list', '--action', 'account.set') == []


def test_a_stranger_cannot_fill_the_log(place, patrold):
    said, _ = stranger(place, patrold, 1, *['status'] * 2000).communicate(
        timeout=20)
    assert said.count('denied') == 2000
    assert 1 <= patrold.log().count('status denied') < 20


def test_a_stranger_cannot_keep_the_admin_out(place):
    p = place.patrold({'limits': {'control-connections': 20}})
    other = stranger(place, p, 40)
    told = json.loads(other.stdout.readline())
    assert told['error']['code'] == 'limit'
    assert p.request('whoami')['ok']
    other.communicate(timeout=20)


# --- bad days ------------------------------------------------------------

def open_files(patrold):
    return len(os.listdir('/proc/%d/fd' % patrold.process.pid))


@pytest.mark.parametrize('door', ['http', 'ingest', 'control'])
def test_out_of_file_descriptors_it_serves_those_it_has(patrold, door):
    # The web doors spun, and wrote a line at each turn.
    def connect():
        if door == 'http':
            return socket.create_connection(('127.0.0.1', patrold.port))
        s = socket.socket(socket.AF_UNIX)
        s.connect(getattr(patrold, door))
        return s
    with patrold.sender() as known:
        known.send(use())
        known.wait_ack(1)
        limit = open_files(patrold) + 10
        resource.prlimit(patrold.process.pid, resource.RLIMIT_NOFILE,
                         (limit, resource.getrlimit(
                             resource.RLIMIT_NOFILE)[1]))
        many = [connect() for _ in range(18)]
        wait_for(lambda: 'Too many open files' in patrold.log(), 'the log')
        for i in range(2, 12):
            known.send(use())
            known.wait_ack(i)
        # Spinning, it wrote thousands in the time of one answer.
        assert patrold.log().count('Too many open files') < 50
        for s in many:
            s.close()
        serves_on(patrold)


BAD_RULE = '''\
title: bad
logsource: {category: token_use}
detection: {selection: {action: pull}, condition: selektion}
'''


def test_a_storm_of_reloads_and_uses_loses_nothing(place):
    rules = place.path('rules')
    os.mkdir(rules)
    p = place.patrold({'rules': {'paths': [rules]}})
    bad = place.path('rules/bad.yaml')
    stop = threading.Event()
    acks = {}

    def storm(n):
        i = 0
        with p.sender() as s:
            try:
                while not stop.is_set():
                    s.send(*[use(id='%d-%d' % (n, k))
                             for k in range(i, i + 100)])
                    i += 100
                    s.wait_ack(i - 5000)
                while s.read():
                    pass
            except OSError:
                pass            # it ended while we wrote
            acks[n] = s.ack
    senders = [threading.Thread(target=storm, args=(n,)) for n in range(3)]
    for t in senders:
        t.start()
    wait_for(lambda: stored(p) > 0, 'the storm')
    for turn in range(6):
        before = p.log().count('reload')
        if turn % 2 == 0:
            place.write('rules/bad.yaml', BAD_RULE)
        else:
            os.unlink(bad)
        p.kill(signal.SIGHUP)
        wait_for(lambda: p.log().count('reload') > before, 'the reload')
    assert p.log().count('reload refused, nothing was changed') == 3
    assert "did you mean 'selection'?" in p.log()
    p.kill(signal.SIGTERM)
    status = p.wait()
    stop.set()
    for t in senders:
        t.join()
    assert status == 0
    counts = dict(p.sql("SELECT CAST(substr(id, 1, 1) AS INTEGER), count(*)"
                        " FROM uses GROUP BY 1"))
    assert set(acks) == {0, 1, 2}
    assert all(acks[n] <= counts.get(n, 0) for n in acks), (acks, counts)
    assert sum(counts.values()) > 0
    assert p.stop() == 0            # and its log shows no fault


def test_the_counters_move_and_the_status_shows_them(patrold):
    patrold.send('x', use(id='a'), use(id='a'))
    patrold.http('GET', '/token')
    patrold.notify()
    status = patrold.status()
    assert status['uses']['taken'] == 2             # one is the refused login
    assert status['uses']['duplicates'] == 1
    assert status['refused']['syntax'] == 1
    assert status['http']['requests'] == 2
    assert status['http']['notifications'] == 1
    metrics = patrold.http('GET', '/metrics')[1]
    assert 'patrol_uses_total{registry="",outcome="success"} 1\n' in metrics
    assert 'patrol_refused_total{reason="syntax"} 1\n' in metrics


def test_requests_gone_wrong_leave_it_whole(patrold):
    """A moment of what `make fuzz TARGETS=doors` does for long."""
    knocking = doors.Doors(patrol, patrold, seed=1)
    for _ in range(200):
        knocking.knock()
    knocking.check_up()
    doors.look_after(patrold)
