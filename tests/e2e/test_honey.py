"""Traps: they look like tokens, never work, and whoever tries one is told."""
import base64
import os
import re
import socket
import urllib.parse

import pytest

from patrol import BUILD, DEADLINE, SERVICE, Patrold, wait_for
from test_tokens import NOBODY, nobody_conf, root

RULE = 'A honey token was presented'


# Wrong ones need not wait.
PATIENT = {'auth': {'wrong': {'free': 1000000}}}


def traps(p, n=1, *options):
    """[(id, secret)]"""
    return [(r['token']['id'], r['secret']) for r in p.ctl_json(
        'token', 'create', '--account', 'alice', '--honey', '--count', str(n),
        *options)]


def alerts(p):
    return [a for a in p.alert_list('--limit', '1000') if a['title'] == RULE]


def raw_answer(p, user, secret, method='GET'):
    """All bytes of the answer but its date."""
    scope = urllib.parse.urlencode([
        ('service', SERVICE), ('scope', 'repository:alice/app:pull')])
    head = 'Host: auth.test\r\nConnection: close\r\nUser-Agent: docker/24\r\n'
    if method == 'GET':
        basic = base64.b64encode(('%s:%s' % (user, secret)).encode()).decode()
        request = 'GET /token?%s HTTP/1.1\r\n%sAuthorization: Basic %s\r\n' \
            '\r\n' % (scope, head, basic)
    else:
        form = scope + '&' + urllib.parse.urlencode([
            ('grant_type', 'password'), ('username', user),
            ('password', secret)])
        request = 'POST /token HTTP/1.1\r\n%sContent-Length: %d\r\n' \
            '\r\n%s' % (head, len(form), form)
    with socket.create_connection(('127.0.0.1', p.port), DEADLINE) as s:
        s.sendall(request.encode())
        data = b''
        while True:
            part = s.recv(65536)
            if part == b'':
                return re.sub(rb'Date: [^\r]*', b'Date:', data)
            data += part


@pytest.mark.parametrize('method', ['GET', 'POST'])
def test_a_trap_is_answered_like_a_secret_nobody_has(place, method):
    patrold = place.patrold(PATIENT)
    (trap, secret), = traps(patrold)
    deleted, gone = patrold.token('alice')
    patrold.ctl('token', 'delete', deleted)
    unknown = secret[:-1] + ('a' if secret[-1] != 'a' else 'b')
    answer = raw_answer(patrold, 'alice', unknown, method)
    assert b' 401 ' in answer and b'incorrect username' in answer
    for user, password in (('alice', secret), ('bob', secret), ('', secret),
                           ('alice', gone), ('alice', 'password')):
        assert raw_answer(patrold, user, password, method) == answer, user


def test_a_trap_costs_no_work_before_its_answer(place):
    """By what is hashed until the answer is written, see order.c, and not by
    a clock.  An alert takes hashing for its id; a secret that nobody has is
    hashed under a key, for its fingerprint: both come after the answer."""
    p = Patrold(place.dir)
    log = place.path('order')
    p.env = {'LD_PRELOAD': os.path.join(BUILD, 'tests', 'shim', 'order.so'),
             'ORDER_LOG': log, 'ASAN_OPTIONS': os.environ.get(
                 'ASAN_OPTIONS', '') + ':verify_asan_link_order=0'}
    place.add(p).start()
    p.account('alice')
    (trap, secret), = traps(p)
    unknown = secret[:-1] + ('a' if secret[-1] != 'a' else 'b')

    def work(user, password):
        with open(log) as f:
            before = len(f.read())
        raw_answer(p, user, password)
        p.settle()
        with open(log) as f:
            return f.read()[before:]

    assert work('alice', unknown) == 'RSWH'
    assert work('alice', secret) == 'RSWS'
    assert work('bob', secret) == 'RSWS'
    assert len(alerts(p)) == 2


def test_every_try_is_a_critical_alert_with_address_and_client(patrold):
    (trap, secret), = traps(patrold)
    tries = [('127.0.5.%d' % i, 'curl/%d' % i) for i in range(1, 11)]
    for ip, agent in tries + tries:
        patrold.exchange('alice', secret, source=ip, agent=agent)
    told = wait_for(lambda: len(patrold.alert_file()) == 20
                    and patrold.alert_file(), 'twenty alerts at the sink')
    assert {a['level'] for a in told} == {'critical'}
    assert {a['token'] for a in told} == {trap}
    assert sorted((a['summary']['source.ip'], a['summary']['user_agent'])
                  for a in told) == sorted(tries + tries)
    assert len({a['id'] for a in told}) == 20
    assert len(alerts(patrold)) == 20
    # Nothing is done to it: it has nothing that could be taken away.
    assert patrold.show(trap)['state'] == 'active'


def test_tries_at_one_moment_are_all_told(place):
    """Many connections in one turn of the loop, with one answer each."""
    patrold = place.patrold(PATIENT)
    (trap, secret), = traps(patrold)
    basic = base64.b64encode(('alice:' + secret).encode()).decode()
    request = ('GET /token?service=%s HTTP/1.1\r\nHost: a\r\n'
               'Authorization: Basic %s\r\n\r\n' % (SERVICE, basic)).encode()
    all = [socket.create_connection(('127.0.0.1', patrold.port), DEADLINE)
           for _ in range(50)]
    for s in all:
        s.sendall(request)
    for s in all:
        assert b' 401 ' in s.recv(4096)
        s.close()
    wait_for(lambda: len(patrold.alert_file()) == 50, 'all of them')
    assert len(alerts(patrold)) == 50


def test_tries_outlive_the_process(patrold):
    (trap, secret), = traps(patrold)
    for _ in range(3):
        patrold.exchange('alice', secret)
    for _ in range(2):
        patrold.kill9()
        patrold.start()
        assert len(alerts(patrold)) == 3
    patrold.exchange('alice', secret)
    assert len(alerts(patrold)) == 4
    assert patrold.show(trap)['uses'] == 4
    assert len(patrold.ctl_json('token', 'history', trap)) == 4
    patrold.ctl('check')


def test_what_was_just_answered_is_kept_when_it_stops(patrold):
    """What a wrong secret sets off comes after its answer; but it comes."""
    (trap, secret), = traps(patrold)
    assert b' 401 ' in raw_answer(patrold, 'alice', secret)
    patrold.stop()
    patrold.start()
    assert len(alerts(patrold)) == 1


def test_they_are_made_in_bulk(patrold):
    made = traps(patrold, 20, '--label', 'wiki', '--label', 'lure',
                 '--description', 'in the wiki')
    assert len(set(made)) == 20
    for trap, _ in made:
        shown = patrold.show(trap)
        assert shown['labels'] == ['wiki', 'lure']
        assert shown['expires'] is None
    quiet = patrold.ctl('-q', 'token', 'create', '--account', 'alice',
                        '--honey', '--count', '3').stdout.splitlines()
    assert len(quiet) == 3 and all(re.fullmatch(
        'patrol_[0-9A-Za-z]{36}', secret) for secret in quiet)
    assert patrold.status()['tokens']['honey'] == 23
    assert '\npatrol_honey_tokens 23\n' in patrold.http('GET', '/metrics')[1]
    for n in ('0', '1001', 'many'):
        r = patrold.ctl('token', 'create', '--account', 'alice', '--honey',
                        '--count', n, check=False)
        assert r.returncode == 2, n


def test_each_trap_in_the_bulk_works_as_one(patrold):
    for trap, secret in traps(patrold, 3):
        patrold.exchange('alice', secret)
        assert alerts(patrold)[0]['token'] == trap


def test_they_never_expire(place):
    p = place.patrold({'tokens': {'policy': {
        'max-lifetime': '30d', 'idle-expires': '1d'}}})
    (trap, _), = traps(p)
    assert p.show(trap)['expires'] is None
    r = p.ctl('token', 'create', '--account', 'alice', '--honey',
              '--expires', '1d', check=False)
    assert r.returncode == 1 and 'never' in r.stderr
    r = p.ctl('token', 'expire', trap, check=False)
    assert r.returncode == 1 and 'never expires' in r.stderr
    r = p.ctl('token', 'rotate', trap, check=False)
    assert r.returncode == 1 and 'trap' in r.stderr


def test_a_trap_that_was_taken_away_is_one_still(patrold):
    (trap, secret), = traps(patrold)
    patrold.ctl('token', 'delete', trap)
    assert patrold.status()['tokens']['honey'] == 0
    patrold.exchange('alice', secret)
    assert len(alerts(patrold)) == 1


def test_their_making_is_in_the_audit_and_no_activity(patrold):
    made = traps(patrold, 6)
    assert patrold.ctl_json('activity', 'list') == []
    assert alerts(patrold) == patrold.alert_list() == []
    assert {e['object'] for e in patrold.ctl_json(
        'audit', 'list', '--action', 'token.create')} == {
            trap for trap, _ in made}


@root
def test_owners_see_nothing_of_them(place):
    p = place.patrold(nobody_conf())
    p.ctl('account', 'add', NOBODY)
    own, _ = p.token(NOBODY)
    result, = p.ctl_json('token', 'create', '--account', NOBODY, '--honey')
    trap, secret = result['token']['id'], result['secret']
    p.exchange(NOBODY, secret)
    for words in (['token', 'list'], ['account', 'list'],
                  ['account', 'show', NOBODY], ['token', 'list', '--kind',
                                                'honey']):
        r = p.ctl('--json', *words, user=NOBODY, check=False)
        assert trap not in r.stdout and 'honey' not in r.stdout, words
    assert p.ctl('token', 'list', user=NOBODY).stdout.splitlines()[-1] == \
        '1 token: 1 active, 0 not active'
    counts = p.ctl_json('account', 'show', NOBODY)[0]
    assert (counts['tokens'], counts['active']) == (1, 1)
    unknown = p.ctl('token', 'show', 'pat_aaaaaaaaaaaa', user=NOBODY,
                    check=False).stderr
    for verb in ('show', 'history', 'rotate', 'deactivate', 'delete'):
        r = p.ctl('token', verb, trap, user=NOBODY, check=False)
        assert r.returncode == 1
        assert r.stderr.replace(trap, 'pat_aaaaaaaaaaaa') == unknown, verb
    assert p.show(trap)['state'] == 'active'


@root
def test_traps_do_not_use_up_what_an_owner_may_have(place):
    p = place.patrold({**nobody_conf(), 'tokens': {'max-per-account': 2}})
    p.ctl('account', 'add', NOBODY)
    p.ctl('token', 'create', '--account', NOBODY, '--honey', '--count', '5')
    for _ in range(2):
        p.ctl('token', 'create', '--account', NOBODY, user=NOBODY)
    r = p.ctl('token', 'create', '--account', NOBODY, user=NOBODY,
              check=False)
    assert r.returncode == 1 and 'has 2 tokens' in r.stderr
