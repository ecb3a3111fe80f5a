"""Leaked secrets: reported by partners, by anybody, by people; and found."""
import base64
import hashlib
import json
import os
import pwd
import re
import socket
import subprocess

import pytest

from patrol import DEADLINE, Patrold, merge, program, wait_for
from test_secrets import held

KEY_NAME = 'f9525bf080f75b3506ca1ead061add62b8633a346606dc5fe544e29231c6ee0d'
TYPE = 'patrol_access_token'
URL = 'https://github.com/octocat/Hello-World/blob/main/deploy.sh'
NO_SECRET = 'patrol_0123456789ABCDEFGHIJKLMNOPQRST31O3ZQ'   # checksum
STRANGER = 'patrol_0123456789ABCDEFGHIJKLMNOPQRST31O3ZP'


def openssl(*args, input=None):
    return subprocess.run([program('openssl'), *args], input=input,
                          stdout=subprocess.PIPE, check=True,
                          timeout=DEADLINE).stdout


class Partner:
    """Who signs: a key of its own, and the list its public half is in."""

    def __init__(self, place, name=KEY_NAME, file='keys.json'):
        self.name = name
        self.key = place.path(file + '.pem')
        self.keys = place.path(file)
        openssl('ecparam', '-name', 'prime256v1', '-genkey', '-noout', '-out',
                self.key)
        place.write(file, json.dumps({'public_keys': [{
            'key_identifier': name, 'is_current': True,
            'key': openssl('ec', '-in', self.key, '-pubout').decode()}]}))

    def sign(self, body):
        return base64.b64encode(openssl(
            'dgst', '-sha256', '-sign', self.key, input=body)).decode()

    def headers(self, body):
        return {'Content-Type': 'application/json',
                'Github-Public-Key-Identifier': self.name,
                'Github-Public-Key-Signature': self.sign(body)}


def records(*secrets, **more):
    return json.dumps([merge({'token': s, 'type': TYPE, 'url': URL,
                              'source': 'content'}, more)
                       for s in secrets]).encode()


def hash_of(secret):
    return base64.b64encode(hashlib.sha256(secret.encode()).digest()).decode()


@pytest.fixture
def partner(place):
    return Partner(place)


def leaky(place, partner, **conf):
    """A patrold that serves both doors."""
    p = Patrold(place.dir)
    p.conf['http'][0]['serve'] += ['leaks', 'public-leaks']
    p.conf['leaks'] = merge({'keys': partner.keys}, conf.get('leaks', {}))
    conf.pop('leaks', None)
    p.conf = merge(p.conf, conf)
    p.write_conf()
    place.add(p).start()
    p.account('alice')
    p.account('bob')
    return p


@pytest.fixture
def p(place, partner):
    return leaky(place, partner)


def tell(p, partner, body):
    """A signed report: the labels."""
    status, text = p.http('POST', '/leaks/partner', body,
                          partner.headers(body))
    assert status == 200, text
    return json.loads(text)


def leak_alerts(p):
    return [a for a in p.alert_list() if a['rule'] == 'patrol.leak']


def counted(p, door):
    return {k: v for k, v in p.status()['leaks'][door].items() if v}


# --- partners ------------------------------------------------------------

def test_a_signed_report_deactivates_and_alerts(p, partner):
    token, secret = p.token('alice', '--description', 'laptop')
    assert tell(p, partner, records(secret)) == [{
        'token_hash': hash_of(secret), 'token_type': TYPE,
        'label': 'true_positive'}]
    shown = p.show(token)
    assert shown['state'] == 'inactive'
    assert shown['actor'] == 'rule:patrol.leak'
    alert, = leak_alerts(p)
    assert alert['id'] in shown['cause']
    assert (alert['level'], alert['account'], alert['token']) == (
        'high', 'alice', token)
    assert alert['done'] == 'deactivated ' + token
    assert alert['summary'] == {
        'leak.by': 'partner ' + KEY_NAME[:12], 'leak.type': TYPE,
        'leak.source': 'content', 'leak.url': URL}
    wait_for(lambda: [a['id'] for a in p.alert_file()] == [alert['id']],
             'the alert in the file')
    status, answer = p.exchange('alice', secret)
    assert status == 401 and 'inactive' in json.dumps(answer)
    actions = {(a['action'], a['actor']) for a in p.ctl_json(
        'audit', 'list', '--object', token)}
    assert ('leak.report', 'partner ' + KEY_NAME[:12]) in actions
    assert ('token.deactivate', 'rule:patrol.leak') in actions


def test_it_can_be_undone_and_then_stays_so(p, partner):
    token, secret = p.token('alice')
    tell(p, partner, records(secret))
    alert, = leak_alerts(p)
    out = p.ctl('undo', alert['id']).stdout
    assert 'is active' in out
    assert p.show(token)['state'] == 'active'
    tell(p, partner, records(secret))
    assert p.show(token)['state'] == 'active'
    assert len(leak_alerts(p)) == 1


def test_one_byte_changed_is_refused(p, partner):
    token, secret = p.token('alice')
    body = records(secret)
    headers = partner.headers(body)
    for at in (0, len(body) // 2, len(body) - 1):
        bad = bytearray(body)
        bad[at] ^= 1
        status, text = p.http('POST', '/leaks/partner', bytes(bad), headers)
        assert status == 401, text
    assert p.http('POST', '/leaks/partner', body + b'\n', headers)[0] == 401
    assert p.http('POST', '/leaks/partner', body[:-1], headers)[0] == 401
    assert p.show(token)['state'] == 'active'
    assert leak_alerts(p) == []
    assert p.status()['leaks']['signatures']['wrong'] == 5
    assert p.http('POST', '/leaks/partner', body, headers)[0] == 200
    assert p.show(token)['state'] == 'inactive'


def test_who_signs_is_known_by_the_key(p, partner, place):
    _, secret = p.token('alice')
    body = records(secret)
    stranger = Partner(place, file='other.json')
    good = partner.headers(body)
    for headers, counter in (
            ({}, 'missing'),
            (merge(good, {'Github-Public-Key-Signature': None}), 'missing'),
            (merge(good, {'Github-Public-Key-Identifier': None}), 'missing'),
            (merge(good, {'Github-Public-Key-Identifier': 'x'}),
             'unknown_key'),
            (merge(good, {'Github-Public-Key-Identifier': KEY_NAME + '0'}),
             'unknown_key'),
            (stranger.headers(body), 'wrong'),
            (merge(good, {'Github-Public-Key-Signature': 'AAAA'}), 'wrong'),
            (merge(good, {'Github-Public-Key-Signature': '!'}), 'wrong'),
            (merge(good, {'Github-Public-Key-Signature': 'A' * 4000}),
             'wrong')):
        before = p.status()['leaks']['signatures'][counter]
        status, text = p.http('POST', '/leaks/partner', body, headers)
        assert status == 401 and secret not in text, headers
        assert p.status()['leaks']['signatures'][counter] == before + 1
    assert leak_alerts(p) == []


def test_each_record_is_taken_for_itself(p, partner):
    one, first = p.token('alice')
    two, second = p.token('bob')
    body = json.dumps([
        {'token': first, 'type': TYPE, 'url': '', 'source': 'content'},
        {'type': TYPE}, 'rubbish', {'token': 7, 'type': TYPE}, [],
        {'token': STRANGER, 'type': 'other'},
        {'token': 'hello', 'type': TYPE, 'new': {'a': [1]}},
        {'token': second}, {'token': 'x', 'token ': 'x'},
    ]).encode()
    assert [(a['token_hash'], a['token_type'], a['label'])
            for a in tell(p, partner, body)] == [
        (hash_of(first), TYPE, 'true_positive'),
        (hash_of(STRANGER), 'other', 'false_positive'),
        (hash_of('hello'), TYPE, 'false_positive'),
        (hash_of(second), '', 'true_positive'),
        (hash_of('x'), '', 'false_positive')]
    assert {p.show(t)['state'] for t in (one, two)} == {'inactive'}
    assert counted(p, 'partner') == {'changed': 2, 'unknown': 1,
                                     'malformed': 6}


def test_a_repeated_report_changes_nothing(p, partner):
    token, secret = p.token('alice')
    first = tell(p, partner, records(secret))
    p.settle()
    tables = ('uses', 'alerts', 'audit')

    def stored():
        return [p.sql('select count(*) from %s' % t) for t in tables]
    before, shown = stored(), p.show(token)
    for _ in range(3):
        assert tell(p, partner, records(secret, secret)) == first * 2
    assert (stored(), p.show(token)) == (before, shown)
    assert counted(p, 'partner') == {'changed': 1, 'repeated': 6}
    assert p.status()['alerts']['raised'] == 1


def test_dead_tokens_are_true_and_stay_as_they_are(p, partner):
    secrets = {}
    for word in ('deactivate', 'expire', 'delete'):
        token, secrets[word] = p.token('alice')
        p.ctl('token', word, token)
    told = tell(p, partner, records(*secrets.values()))
    assert [t['label'] for t in told] == ['true_positive'] * 3
    assert {a['done']: a['level'] for a in leak_alerts(p)} == {
        'nothing: the token is inactive': 'medium',
        'nothing: the token has expired': 'low',
        'nothing: the token was deleted': 'low'}
    states = {t['state'] for t in p.ctl_json('token', 'list')}
    assert states == {'inactive', 'expired'}


def test_one_let_in_again_is_taken_out_again(p, partner):
    token, secret = p.token('alice')
    p.ctl('token', 'deactivate', token)
    tell(p, partner, records(secret))
    p.ctl('token', 'activate', token)
    tell(p, partner, records(secret))
    alert, = leak_alerts(p)
    assert alert['done'] == 'deactivated ' + token
    assert p.show(token)['state'] == 'inactive'


def test_a_honey_token_leaked_is_an_alert(p, partner):
    token, secret = p.token('alice', '--honey')
    assert tell(p, partner, records(secret))[0]['label'] == 'true_positive'
    alert, = leak_alerts(p)
    assert (alert['level'], alert['done']) == (
        'high', 'nothing: it is a honey token')
    assert p.show(token)['state'] == 'active'


def test_a_protected_token_is_alerted_about_and_kept(p, partner):
    token, secret = p.token('alice', '--label', 'protected')
    tell(p, partner, records(secret))
    alert, = leak_alerts(p)
    assert (alert['level'], alert['done']) == (
        'critical', 'nothing: the token is labelled protected')
    assert p.show(token)['state'] == 'active'


def test_the_brake_does_not_hold_leaks_nor_count_them(place, partner):
    p = leaky(place, partner, rules={'brake': {'changes': 1, 'per': '10m'}})
    made = [p.token('alice') for _ in range(10)]
    tell(p, partner, records(*[secret for _, secret in made]))
    assert {p.show(t)['state'] for t, _ in made} == {'inactive'}
    assert p.status()['brake'] == {'on': False, 'since': None, 'prevented': 0}


@pytest.mark.parametrize('word, state, level', [
    ('alert', 'active', 'critical'), ('deactivate', 'inactive', 'high'),
    ('expire', 'expired', 'high')])
def test_the_policy_says_what_becomes_of_it(place, partner, word, state,
                                            level):
    p = leaky(place, partner, leaks={'respond': word})
    token, secret = p.token('alice')
    tell(p, partner, records(secret))
    alert, = leak_alerts(p)
    assert alert['level'] == level
    assert p.show(token)['state'] == state


def test_a_stricter_policy_holds_from_the_reload_on(place, partner):
    p = leaky(place, partner, leaks={'respond': 'alert'})
    token, secret = p.token('alice')
    tell(p, partner, records(secret))
    assert p.show(token)['state'] == 'active'
    p.conf['leaks']['respond'] = 'deactivate'
    p.write_conf()
    p.ctl('reload')
    tell(p, partner, records(secret))
    assert p.show(token)['state'] == 'inactive'
    assert sorted(a['mode'] for a in leak_alerts(p)) == ['alert', 'enforce']


def test_keys_are_read_again_at_a_reload_or_not_at_all(p, partner, place):
    _, secret = p.token('alice')
    body = records(secret)
    other = Partner(place, name='second')
    assert other.keys == partner.keys       # the file has only the new one
    assert p.http('POST', '/leaks/partner', body,
                  other.headers(body))[0] == 401
    p.ctl('reload')
    assert p.http('POST', '/leaks/partner', body,
                  partner.headers(body))[0] == 401
    assert p.http('POST', '/leaks/partner', body,
                  other.headers(body))[0] == 200
    place.write('keys.json', '{"public_keys":[{"key_identifier":"x"}]}')
    r = p.ctl('reload', check=False)
    assert r.returncode == 1 and 'keys.json' in r.stderr
    assert 'entry 1' in r.stderr
    assert tell(p, other, body)[0]['label'] == 'true_positive'
    status, said = p.check()
    assert status != 0 and 'leaks.keys' in said


def test_keys_are_needed_to_serve_signed_reports(place, partner):
    p = Patrold(place.dir)
    p.conf['http'][0]['serve'] = ['leaks']
    p.write_conf()
    status, said = p.check()
    assert status != 0 and 'leaks.keys: needed to serve leaks' in said
    p.conf['leaks'] = {'keys': partner.keys}
    p.write_conf()
    assert p.check()[0] == 0
    p.conf['leaks'] = {'keys': place.path('nowhere')}
    p.write_conf()
    status, said = p.check()
    assert status != 0 and 'nowhere' in said


def test_bodies_have_a_bound(p, partner):
    token, secret = p.token('alice')
    most = records(secret) [:-1] + b',{}' * 4999 + b']'
    assert len(tell(p, partner, most)) == 1
    many = records(secret)[:-1] + b',{}' * 5000 + b']'
    assert p.http('POST', '/leaks/partner', many,
                  partner.headers(many))[0] == 413
    room = 1024 * 1024
    long = records(secret, url='x' * (room - len(records(secret, url=''))))
    assert len(long) == room
    assert tell(p, partner, long)[0]['label'] == 'true_positive'
    long += b' '
    assert p.http('POST', '/leaks/partner', long,
                  partner.headers(long))[0] == 413
    for body in (b'', b'{}', b'[', b'"x"', b'[],"reports":[]',
                 b'[]}{"reports":[]', b'null', b'[{"token":"\xff"}]'):
        status, _ = p.http('POST', '/leaks/partner', body,
                           partner.headers(body))
        assert status == 400, body
    assert tell(p, partner, b'[]') == []


def test_who_sends_wrong_signatures_only_is_not_heard_for_long(place,
                                                               partner):
    p = leaky(place, partner, leaks={'public-rate': 3})
    _, secret = p.token('alice')
    body = records(secret)
    bad = merge(partner.headers(body), {
        'Github-Public-Key-Signature': 'AAAA'})
    got = [p.http('POST', '/leaks/partner', body, bad)[0] for _ in range(5)]
    assert got == [401, 401, 401, 429, 429]
    assert publish(p, 'x', 'x', 'x')[0] == 202  # another door's allowance
    assert p.http('POST', '/leaks/partner', body, partner.headers(body),
                  source='127.0.0.2')[0] == 200


# --- anybody -------------------------------------------------------------

def publish(p, *secrets, **more):
    return p.http('POST', '/leaks/public',
                  json.dumps({'credentials': secrets}).encode(), **more)


def test_anybody_may_report_and_learns_nothing(p):
    token, secret = p.token('alice')
    dead, other = p.token('alice')
    p.ctl('token', 'delete', dead)
    answers = [raw_answer(p, json.dumps({'credentials': [s]}).encode())
               for s in (STRANGER, secret, secret, other, NO_SECRET, 'x')]
    assert len(set(answers)) == 1
    assert answers[0].startswith(b'HTTP/1.1 202 ')
    wait_for(lambda: p.show(token)['state'] == 'inactive', 'it to be off')
    wait_for(lambda: sum(counted(p, 'public').values()) == 6, 'all six')
    assert counted(p, 'public') == {
        'changed': 1, 'repeated': 1, 'alerted': 1, 'unknown': 1,
        'malformed': 2}
    assert {a['summary']['leak.by'] for a in leak_alerts(p)} == {
        'public 127.0.0.1'}


def raw_answer(p, body):
    """All that comes back, byte for byte, but for the date."""
    with socket.create_connection(('127.0.0.1', p.port), DEADLINE) as s:
        s.sendall(b'POST /leaks/public HTTP/1.1\r\nHost: x\r\n'
                  b'Connection: close\r\nContent-Length: %d\r\n\r\n'
                  % len(body) + body)
        data = b''
        while True:
            more = s.recv(65536)
            if not more:
                break
            data += more
    return b'\r\n'.join(line for line in data.split(b'\r\n')
                        if not line.startswith(b'Date:'))


@pytest.mark.parametrize('body', [
    b'', b'[]', b'{', b'{"credentials":"x"}', b'{"credentials":[1,{},[]]}',
    b'{"credentials":[],"more":1}', b'\xff', b'{"credentials":[]}',
    b'{"credentials":[' + b'"x",' * 1000 + b'"x"]}', b'x' * 65537],
    ids=range(10))
def test_rubbish_is_answered_alike(p, body):
    assert p.http('POST', '/leaks/public', body) == (202, '{}\n')


def test_what_was_accepted_is_taken_before_it_stops(p):
    token, secret = p.token('alice')
    assert publish(p, secret)[0] == 202
    p.stop()
    p.start()
    assert p.show(token)['state'] == 'inactive'


def test_as_many_as_may_be_in_one_body(p):
    made = [p.token('alice') for _ in range(3)]
    assert publish(p, *(['x'] * 997 + [s for _, s in made]))[0] == 202
    wait_for(lambda: {p.show(t)['state'] for t, _ in made} == {'inactive'},
             'all to be off')


def test_an_address_may_only_report_so_many(place, partner):
    p = leaky(place, partner, leaks={'public-rate': 10})
    token, secret = p.token('alice')
    assert publish(p, *['x'] * 10)[0] == 202
    status, _ = publish(p, secret)
    assert status == 429
    assert publish(p, *['x'] * 11, source='127.0.0.2')[0] == 429
    assert counted(p, 'public')['limited'] == 12
    assert p.show(token)['state'] == 'active'
    assert publish(p, secret, source='127.0.0.2')[0] == 202
    wait_for(lambda: p.show(token)['state'] == 'inactive', 'it to be off')


def test_the_doors_are_there_only_where_they_are_served(patrold, partner):
    _, secret = patrold.token('alice')
    body = records(secret)
    assert patrold.http('POST', '/leaks/partner', body,
                        partner.headers(body))[0] == 404
    assert publish(patrold, secret)[0] == 404


def test_no_get(p):
    assert p.http('GET', '/leaks/partner')[0] == 405
    assert p.http('GET', '/leaks/public')[0] == 405


# --- people --------------------------------------------------------------

def report(p, *lines, options=(), **more):
    return p.ctl('leak', 'report', *options, check=False,
                 input=''.join(line + '\n' for line in lines), **more)


def test_a_person_reports_secrets_and_ids(p):
    one, secret = p.token('alice')
    two, _ = p.token('bob')
    r = report(p, secret, '', two, STRANGER, NO_SECRET, secret,
               options=['--source', 'a wiki', '--url', 'https://wiki/x'])
    alerts = {a['token']: a for a in leak_alerts(p)}
    assert r.stdout.splitlines() == [
        'line 1: token %s (alice) is inactive; alert %s' % (
            one, alerts[one]['id']),
        'line 3: token %s (bob) is inactive; alert %s' % (
            two, alerts[two]['id']),
        'line 4: unknown',
        'line 5: malformed: no secret, and no id',
        'line 6: token %s (alice) is inactive, known already; alert %s' % (
            one, alerts[one]['id'])]
    assert r.returncode == 1 and r.stderr == ''
    me = pwd.getpwuid(os.getuid())
    assert alerts[one]['summary'] == {
        'leak.by': 'uid:%d(%s)' % (me.pw_uid, me.pw_name),
        'leak.source': 'a wiki', 'leak.url': 'https://wiki/x'}
    assert counted(p, 'control') == {'changed': 2, 'unknown': 1,
                                     'repeated': 1}


def test_all_known_is_0_as_json_and_quietly(p):
    token, secret = p.token('alice')
    r = report(p, secret, options=['--json'])
    assert r.returncode == 0
    assert json.loads(r.stdout) == {
        'line': 1, 'result': 'changed', 'token': token, 'account': 'alice',
        'kind': 'manual', 'state': 'inactive',
        'alert': leak_alerts(p)[0]['id']}
    r = report(p, token, secret, options=['-q'])
    assert (r.returncode, r.stdout) == (0, (token + '\n') * 2)
    assert report(p).returncode == 0
    r = report(p, 'x', STRANGER, options=['--json'])
    assert [json.loads(line) for line in r.stdout.splitlines()] == [
        {'line': 1, 'result': 'malformed'}, {'line': 2, 'result': 'unknown'}]


def test_many_lines_come_in_several_requests(p):
    token, secret = p.token('alice')
    r = report(p, *[STRANGER] * 1200, secret)
    lines = r.stdout.splitlines()
    assert len(lines) == 1201 and lines[1199] == 'line 1200: unknown'
    assert lines[1200].startswith('line 1201: token ' + token)


def test_only_the_hash_crosses_the_socket(p, place):
    """A daemon that is none: it takes down what it is sent."""
    path = place.path('none.sock')
    with socket.socket(socket.AF_UNIX) as listener:
        listener.bind(path)
        listener.listen(1)
        argv = [os.path.join(os.path.dirname(__file__), '..', '..',
                             os.environ.get('PATROL_BUILD', 'build'),
                             'patrolctl'), '-s', path, 'leak', 'report']
        tool = subprocess.Popen(argv, stdin=subprocess.PIPE,
                                stdout=subprocess.DEVNULL,
                                stderr=subprocess.DEVNULL)
        tool.stdin.write(STRANGER.encode() + b'\n')
        tool.stdin.close()
        listener.settimeout(DEADLINE)
        c, _ = listener.accept()
        with c:
            c.sendall(b'{"patrol":1,"version":"x"}\n')
            asked = c.makefile('rb').readline()
        assert tool.wait(DEADLINE) == 3
    assert hashlib.sha256(STRANGER.encode()).hexdigest().encode() in asked
    assert STRANGER.encode() not in asked


@pytest.mark.parametrize('words', [
    '', 'sha256:', 'sha256:' + 'g' * 64, 'sha256:' + 'a' * 63,
    'sha256:' + 'a' * 65, 'pat_x  pat_y', ' '.join(['x'] * 201)])
@pytest.mark.parametrize('cmd', ['leak.report', 'leak.check'])
def test_a_request_that_is_none_is_refused_whole(p, cmd, words):
    answer = p.request(cmd, reports=words)
    assert answer['ok'] is False
    assert answer['error']['code'] in ('bad_request', 'limit')


def test_a_long_url_is_refused(p):
    assert p.request('leak.report', reports='pat_x', url='x' * 1024)['ok']
    answer = p.request('leak.report', reports='pat_x', url='x' * 1025)
    assert 'url' in answer['error']['message']


@pytest.mark.skipif(os.getuid() != 0, reason='becomes another user')
def test_an_owner_reports_own_ids_and_any_secret_and_sees_own(p):
    p.account('nobody')
    mine, my_secret = p.token('nobody')
    other, secret = p.token('alice')
    third, _ = p.token('alice')
    trap, honey = p.token('nobody', '--honey')
    r = report(p, mine, secret, third, honey, user='nobody')
    assert r.stdout.splitlines()[1:] == [
        'line 2: unknown', 'line 3: unknown', 'line 4: unknown']
    assert r.stdout.startswith('line 1: token %s (nobody) is inactive' % mine)
    assert p.show(other)['state'] == 'inactive'     # proved by the secret
    assert p.show(third)['state'] == 'active'       # an id proves nothing
    assert {a['token'] for a in leak_alerts(p)} == {mine, other, trap}


@pytest.mark.skipif(os.getuid() != 0, reason='becomes another user')
def test_an_analyst_needs_the_secret(place, partner):
    p = leaky(place, partner,
              control={'roles': {'analyst': ['nobody'], 'viewer': ['games']}})
    one, _ = p.token('alice')
    two, secret = p.token('alice')
    r = report(p, one, secret, user='nobody')
    assert 'line 1: token %s (alice) is active: not yours to change' % one \
        in r.stdout
    assert r.returncode == 1
    assert p.show(one)['state'] == 'active'
    assert p.show(two)['state'] == 'inactive'
    r = report(p, secret, user='games')
    assert r.returncode == 1 and 'analyst' in r.stderr


# --- token scan ----------------------------------------------------------

def scan(p, *words, **more):
    return p.ctl('token', 'scan', *words, check=False, **more)


def test_scan_finds_what_is_live_and_prints_no_secret(p, place):
    live, secret = p.token('alice')
    dead, other = p.token('bob')
    trap, honey = p.token('alice', '--honey')
    p.ctl('token', 'deactivate', dead)
    text = place.write('deploy.sh', '#!/bin/sh\n\nTOKEN=%s\nOLD="%s"; x\n' %
                       (secret, other))
    os.makedirs(place.path('tree/below'))
    place.write('tree/below/a.bin', '\0' * 70000 + honey + '\n' + STRANGER)
    place.write('tree/b.txt', NO_SECRET + '\n')
    os.symlink(text, place.path('tree/link'))
    place.own.add(place.path('tree/link'))
    r = scan(p, text, place.path('tree'))
    assert r.stdout.splitlines() == [
        '%s:3: %s active alice' % (text, live),
        '%s:4: %s inactive bob' % (text, dead),
        '%s:1: %s honey alice' % (place.path('tree/below/a.bin'), trap),
        '%s:2: unknown' % place.path('tree/below/a.bin')]
    assert (r.returncode, r.stderr) == (0, '')
    assert p.show(live)['state'] == 'active'        # it only looks
    r = scan(p, '--live', text, place.path('tree'))
    assert r.stdout == '%s:3: %s active alice\n' % (text, live)
    assert scan(p, '-q', text).stdout == live + '\n' + dead + '\n'
    line, _ = scan(p, '--json', text).stdout.splitlines()
    assert json.loads(line) == {
        'file': text, 'line': 3, 'offset': 17, 'prefix': 'patrol',
        'token': live, 'account': 'alice', 'kind': 'manual',
        'state': 'active'}


def test_scan_reads_standard_input_and_knows_greps_codes(p, place):
    live, secret = p.token('alice')
    r = scan(p, input='a\n' + secret)
    assert (r.returncode, r.stdout) == (0, '-:2: %s active alice\n' % live)
    r = scan(p, '-', input=secret)
    assert (r.returncode, r.stdout) == (0, '-:1: %s active alice\n' % live)
    assert scan(p, '--live', input=STRANGER).returncode == 1
    assert scan(p, input='nothing').returncode == 1
    nowhere = place.path('nowhere')
    r = scan(p, nowhere, place.write('f', secret))
    assert r.returncode == 2 and nowhere in r.stderr and live in r.stdout
    assert scan(p, '--live', '--no-daemon').returncode == 2


def test_scan_without_a_daemon_tells_places(place):
    path = place.write('f', 'x %s\n\n%s' % (STRANGER, STRANGER))
    p = Patrold(place.dir)
    r = scan(p, path)
    assert r.returncode == 3 and r.stdout == ''
    r = scan(p, '--no-daemon', path)
    assert r.returncode == 0
    assert r.stdout == '%s:1: patrol_...\n%s:3: patrol_...\n' % (path, path)


def test_scan_asks_for_many_at_a_time(p, place):
    live, secret = p.token('alice')
    path = place.write('f', (STRANGER + '\n') * 1203 + secret)
    lines = scan(p, path).stdout.splitlines()
    assert len(lines) == 1204
    assert lines[1202] == path + ':1203: unknown'
    assert lines[1203] == '%s:1204: %s active alice' % (path, live)


@pytest.mark.skipif(os.getuid() != 0, reason='becomes another user')
def test_scan_shows_an_owner_their_own(p):
    p.account('nobody')
    mine, my_secret = p.token('nobody')
    _, secret = p.token('alice')
    _, honey = p.token('nobody', '--honey')
    r = scan(p, input='\n'.join([my_secret, secret, honey]), user='nobody')
    assert r.stdout.splitlines() == [
        '-:1: %s active nobody' % mine, '-:2: unknown', '-:3: unknown']


# --- all together --------------------------------------------------------

def is_readable(process):
    """May its memory be searched?  A sanitizer's has no end, and keeps what
    was freed."""
    with open('/proc/%d/maps' % process.pid) as f:
        return os.getuid() == 0 and not re.search('lib[at]san', f.read())


def test_no_secret_is_kept_of_any_report(p, partner):
    """In files neither: that is looked after at the end of each test."""
    made = [p.token('alice')[1] for _ in range(4)]
    tell(p, partner, records(made[0], url='https://x/' + made[3],
                             source=made[3], type=made[3]))
    publish(p, made[1])
    report(p, made[2], options=['--url', 'https://x/?t=' + made[3]])
    wait_for(lambda: len(leak_alerts(p)) == 3, 'three alerts')
    wait_for(lambda: len(p.alert_file()) == 3, 'three alerts in the file')
    said = json.dumps(p.alert_list()) + json.dumps(
        p.ctl_json('activity', 'list')) + p.http('GET', '/metrics')[1]
    assert not [secret for secret in made if secret in said]
    if is_readable(p.process):
        wait_for(lambda: not held(p.process.pid, made),
                 'no secret to be in memory')


def test_a_leak_is_a_use_that_rules_see(place, partner):
    rule = place.write('leak.yml', '''
title: leaked by a partner
id: 11111111-2222-4333-8444-555555555555
logsource: {product: patrol}
detection: {s: {action: token.leak, leak.source: content}, condition: s}
''')
    p = leaky(place, partner, rules={'paths': [rule]})
    token, secret = p.token('alice')
    tell(p, partner, records(secret))
    alert, = leak_alerts(p)
    use, = [u for u in p.ctl_json('activity', 'list')
            if u['action'] == 'token.leak']
    assert alert['uses'] == [use['seq']]
    assert use['account'] == 'alice' and use['other']['leak.token'] == token
    assert 'leaked by a partner' in {a['title'] for a in p.alert_list()}
    assert p.show(token)['last_used'] is None


def test_it_stands_after_a_crash(p, partner):
    token, secret = p.token('alice')
    tell(p, partner, records(secret))
    alert, = leak_alerts(p)
    p.kill9()
    p.start()
    assert p.show(token)['state'] == 'inactive'
    assert leak_alerts(p) == [alert]
    assert tell(p, partner, records(secret))[0]['label'] == 'true_positive'
    assert leak_alerts(p) == [alert]
    p.ctl('undo', alert['id'])
    assert p.show(token)['state'] == 'active'
