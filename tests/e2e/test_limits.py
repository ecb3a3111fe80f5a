"""What bounds a token beside its state: how often, from where, how long
unused; and that a refusal says why, also after a restart and a kill -9."""
import base64
import concurrent.futures
import json
import sqlite3

import pytest

from patrol import now, wait_for


def refusal(answer):
    """Why the token endpoint refused."""
    status, body = answer
    assert status == 401, answer
    return body['errors'][0]['message']


def last_use(patrold, token):
    return patrold.ctl_json('token', 'history', token, '--limit', '1')[0]


# --- how often ------------------------------------------------------------

def test_a_one_time_token_is_good_once(patrold):
    token, secret = patrold.token('alice', '--max-uses', '1')
    assert patrold.exchange('alice', secret)[0] == 200
    assert refusal(patrold.exchange('alice', secret)) == \
        'access token is used up'
    shown = patrold.show(token)
    assert (shown['state'], shown['cause']) == ('expired', 'used up')
    assert (shown['used'], shown['max_uses']) == (1, 1)


def test_the_last_use_and_its_end_are_one_commit(patrold):
    """Killed at once after the grant: both are there, or the grant had not
    come."""
    token, secret = patrold.token('alice', '--max-uses', '2')
    assert patrold.exchange('alice', secret)[0] == 200
    patrold.kill9()
    patrold.start()
    assert patrold.show(token)['used'] == 1
    assert patrold.exchange('alice', secret)[0] == 200
    patrold.kill9()
    patrold.start()
    shown = patrold.show(token)
    assert (shown['state'], shown['used']) == ('expired', 2)
    assert refusal(patrold.exchange('alice', secret)) == \
        'access token is used up'


def test_of_many_at_once_one_takes_the_last(patrold):
    token, secret = patrold.token('alice', '--max-uses', '3')

    def sign_in(_):
        return patrold.exchange('alice', secret)[0]
    with concurrent.futures.ThreadPoolExecutor(16) as pool:
        got = list(pool.map(sign_in, range(32)))
    assert (got.count(200), got.count(401)) == (3, 29)
    assert patrold.show(token)['used'] == 3


def test_a_sign_in_that_gets_less_than_it_asked_for_counts(patrold):
    _, secret = patrold.token('alice', '--max-uses', '1')
    assert patrold.exchange('alice', secret,
                            'repository:alice/app:pull,push')[0] == 200
    assert patrold.exchange('alice', secret)[0] == 401


def test_what_is_refused_does_not_count(patrold):
    token, secret = patrold.token('alice', '--max-uses', '1')
    assert patrold.exchange('bob', secret)[0] == 401
    assert patrold.exchange('alice', secret, 'registry:catalog:*')[0] == 401
    assert patrold.show(token)['used'] == 0
    assert patrold.exchange('alice', secret)[0] == 200


def test_what_follows_from_the_last_sign_in_is_no_use_of_a_dead_token(
        patrold):
    token, secret = patrold.token('alice', '--max-uses', '1')
    assert patrold.exchange('alice', secret)[0] == 200
    patrold.send({'token': token, 'action': 'pull', 'outcome': 'success',
                  'repository': 'alice/app'})
    assert patrold.show(token)['used'] == 1
    assert patrold.alert_list() == []
    patrold.exchange('alice', secret)
    wait_for(lambda: [a for a in patrold.alert_list()
                      if a['token'] == token], 'the alert')


def test_a_login_that_a_registry_tells_of_counts(patrold):
    token, _ = patrold.token('alice', '--max-uses', '3')
    patrold.send({'token': token, 'action': 'login', 'outcome': 'denied'},
                 {'token': token, 'action': 'pull', 'outcome': 'success'},
                 {'token': token, 'action': 'login', 'outcome': 'success'})
    assert patrold.show(token)['used'] == 1
    patrold.send({'token': token, 'action': 'login', 'outcome': 'success',
                  'count': 9})
    shown = patrold.show(token)
    assert (shown['used'], shown['state']) == (3, 'expired')


def test_a_used_up_token_cannot_be_activated(patrold):
    token, secret = patrold.token('alice', '--max-uses', '1')
    assert patrold.exchange('alice', secret)[0] == 200
    r = patrold.ctl('token', 'activate', token, check=False)
    assert r.returncode == 1 and 'expired' in r.stderr


def test_a_switched_off_token_that_is_used_up_stays_off(patrold):
    """A login that a registry tells of, of a token that is inactive here."""
    token, _ = patrold.token('alice', '--max-uses', '1')
    patrold.ctl('token', 'deactivate', token)
    patrold.send({'token': token, 'action': 'login', 'outcome': 'success'})
    assert patrold.show(token)['state'] == 'inactive'
    r = patrold.ctl('token', 'activate', token, check=False)
    assert r.returncode == 1 and 'as often as it may be' in r.stderr


# --- from where -----------------------------------------------------------

def test_a_token_works_from_its_networks_only(patrold):
    token, secret = patrold.token('alice', '--allow-from', '127.0.0.0/30',
                                  '--allow-from', '2001:db8::/32')
    assert patrold.exchange('alice', secret, source='127.0.0.3')[0] == 200
    assert refusal(patrold.exchange('alice', secret, source='127.0.0.4')) == \
        'address not allowed'
    use = last_use(patrold, token)
    assert (use['outcome'], use['reason'], use['source.ip']) == (
        'denied', 'address not allowed', '127.0.0.4')
    shown = patrold.show(token)
    assert shown['allow_from'] == ['127.0.0.0/30', '2001:db8::/32']
    assert shown['state'] == 'active'
    wait_for(lambda: [a for a in patrold.alert_list() if a['title'] ==
                      'Access token used from an address outside of its '
                      'list'], 'the alert')


def test_the_list_holds_after_a_restart_and_a_kill(patrold):
    token, secret = patrold.token('alice', '--allow-from', '192.0.2.0/24')
    for stop in (patrold.stop, patrold.kill9):
        stop()
        patrold.start()
        assert refusal(patrold.exchange('alice', secret)) == \
            'address not allowed'
    assert patrold.show(token)['allow_from'] == ['192.0.2.0/24']


def test_a_use_from_outside_that_a_registry_tells_of_is_judged(patrold):
    token, _ = patrold.token('alice', '--allow-from', '192.0.2.0/24')
    patrold.send({'token': token, 'action': 'pull', 'outcome': 'success',
                  'source.ip': '192.0.2.9'})
    assert patrold.alert_list() == []
    patrold.send({'token': token, 'action': 'pull', 'outcome': 'success',
                  'source.ip': '198.51.100.9'})
    alert, = patrold.alert_list()
    assert alert['title'] == \
        'Access token used from an address outside of its list'
    assert last_use(patrold, token)['reason'] == 'address not allowed'


def test_a_use_from_outside_that_a_webhook_tells_of_is_judged(patrold):
    token, _ = patrold.token('alice', '--allow-from', '192.0.2.0/24')
    event = {'id': 'e1', 'timestamp': now(), 'action': 'pull',
             'target': {'repository': 'alice/app', 'tag': 'v1'},
             'request': {'id': 'r1', 'addr': '198.51.100.7:5000',
                         'host': 'hub', 'method': 'GET'},
             'actor': {'name': 'alice+' + token}, 'source': {'addr': 'hub'}}
    assert patrold.notify(event)[0] == 200
    alert, = patrold.alert_list()
    assert alert['token'] == token
    assert last_use(patrold, token)['reason'] == 'address not allowed'


def test_a_reason_of_the_registrys_own_is_kept(patrold):
    token, _ = patrold.token('alice', '--allow-from', '192.0.2.0/24')
    patrold.send({'token': token, 'action': 'pull', 'outcome': 'failure',
                  'source.ip': '198.51.100.9', 'reason': 'no such manifest'})
    assert last_use(patrold, token)['reason'] == 'no such manifest'


def test_networks_are_shown_as_they_are_meant(patrold):
    token, _ = patrold.token('alice', '--allow-from',
                             '10.0.0.0/8,10.1.0.0/16 2001:DB8:0::/32')
    assert patrold.show(token)['allow_from'] == ['10.0.0.0/8',
                                                 '2001:db8::/32']
    card = patrold.ctl('token', 'show', token).stdout
    assert '10.0.0.0/8 2001:db8::/32' in card


# --- for how long ---------------------------------------------------------

def test_an_idle_limit_of_its_own_ends_a_token(patrold):
    token, secret = patrold.token('alice', '--idle-expires', '2s')
    other, _ = patrold.token('alice', '--idle-expires', '30d')
    assert patrold.show(token)['idle_expires_seconds'] == 2
    assert patrold.exchange('alice', secret)[0] == 200
    wait_for(lambda: patrold.show(token)['state'] == 'expired', 'the end')
    assert patrold.show(token)['cause'] == \
        'not used for as long as its idle limit allows'
    assert refusal(patrold.exchange('alice', secret)) == \
        'access token has expired'
    assert patrold.show(other)['state'] == 'active'
    assert patrold.show(other)['idle_ends'] is not None


def test_an_end_is_in_hours_and_no_command_changes_it(patrold):
    token, _ = patrold.token('alice', '--expires', '36h')
    before = patrold.show(token)['expires']
    assert before is not None
    answer = patrold.request('token.rename', id=token, description='x',
                             expires='90d')
    assert answer['ok'] is False and 'expires' in answer['error']['message']
    patrold.ctl('token', 'deactivate', token)
    patrold.ctl('token', 'activate', token)
    assert patrold.show(token)['expires'] == before


# --- scopes with patterns -------------------------------------------------

def access(answer):
    status, body = answer
    assert status == 200, answer
    part = body['token'].split('.')[1]
    return json.loads(base64.urlsafe_b64decode(
        part + '=' * (-len(part) % 4)))['access']


def test_each_pattern_has_its_own_level(patrold):
    scope = 'write alice/app=write alice/doc-*=read'
    token, secret = patrold.token('alice', '--scope', scope)
    assert patrold.show(token)['scope'] == scope
    for repository, actions in (('alice/app', ['pull', 'push']),
                                ('alice/doc-1', ['pull']),
                                ('alice/web', [])):
        got = access(patrold.exchange(
            'alice', secret, 'repository:%s:pull,push' % repository))
        assert [a for g in got for a in g['actions']] == actions, repository


def test_limits_that_are_changed_hold_from_then_on(patrold):
    token, secret = patrold.token('alice')
    assert patrold.exchange('alice', secret)[0] == 200
    patrold.ctl('token', 'edit', token, '--allow-from', '127.0.0.2',
                '--max-uses', '3', '--idle-expires', '30d')
    assert refusal(patrold.exchange('alice', secret)) == 'address not allowed'
    for _ in range(2):
        assert patrold.exchange('alice', secret, source='127.0.0.2')[0] == 200
    patrold.kill9()
    patrold.start()
    shown = patrold.show(token)
    assert (shown['used'], shown['max_uses'], shown['allow_from'],
            shown['idle_expires_seconds']) == (2, 3, ['127.0.0.2/32'],
                                               30 * 86400)
    r = patrold.ctl('token', 'edit', token, '--max-uses', '2', check=False)
    assert r.returncode == 1 and '2 were taken already' in r.stderr
    patrold.ctl('token', 'edit', token, '--from-anywhere', '--no-max-uses',
                '--no-idle-expires')
    for _ in range(3):
        assert patrold.exchange('alice', secret)[0] == 200
    shown = patrold.show(token)
    assert shown['state'] == 'active' and 'max_uses' not in shown
    change = patrold.ctl_json('audit', 'list', '--object', token)[0]
    assert change['before']['max_uses'] == 3
    assert 'max_uses' not in change['after']


def test_an_idle_limit_that_is_given_later_ends_it(patrold):
    token, secret = patrold.token('alice')
    patrold.ctl('token', 'edit', token, '--idle-expires', '1s')
    wait_for(lambda: patrold.show(token)['state'] == 'expired', 'the end')


def test_the_limits_are_in_the_audit(patrold):
    token, _ = patrold.token('alice', '--max-uses', '2', '--idle-expires',
                             '36h', '--allow-from', '192.0.2.0/24')
    entry, = patrold.ctl_json('audit', 'list', '--object', token)
    assert entry['after']['max_uses'] == 2
    assert entry['after']['idle_expires'] == '36h'
    assert entry['after']['allow_from'] == '192.0.2.0/24'


@pytest.mark.parametrize('options, said', [
    (['--allow-from', '192.0.2.7/24'],
     "'192.0.2.7/24' has host bits set: the network is 192.0.2.0/24"),
    (['--allow-from', '2001:db8::1/64'],
     "the network is 2001:db8::/64"),
    (['--allow-from', 'home'], "'home' is not an address or a network"),
    (['--allow-from', ' '.join('10.%d.0.0/16' % i for i in range(65))],
     'more than 64 networks'),
    (['--idle-expires', 'soon'], 'idle_expires: a span such as 30d'),
    (['--idle-expires', '0'], 'idle_expires: a span such as 30d'),
    (['--max-uses', '1000000001'], 'max_uses: a number from 1 to'),
    (['--expires', '-1h'], 'expires: '),
    (['--scope', 'read a/b=write'],
     'a/b=write is more than read, which stands in front'),
    (['--scope', 'read ' + ' '.join('a/%d=read' % i for i in range(51))],
     'more than 50 patterns'),
])
def test_what_makes_no_sense_is_refused(patrold, options, said):
    r = patrold.ctl('token', 'create', '--account', 'alice', *options,
                    check=False)
    assert r.returncode == 1 and said in r.stderr, r
    assert patrold.ctl_json('token', 'list') == []


def test_max_uses_is_a_number_from_1_on(patrold):
    r = patrold.ctl('token', 'create', '--account', 'alice', '--max-uses',
                    '0', check=False)
    assert r.returncode == 2 and 'from 1 on' in r.stderr


def test_what_is_at_the_limit_is_taken(patrold):
    networks = ' '.join('10.%d.0.0/16' % i for i in range(64))
    scope = 'read ' + ' '.join('a/%d=read' % i for i in range(50))
    token, _ = patrold.token('alice', '--allow-from', networks, '--scope',
                             scope, '--max-uses', '1000000000',
                             '--idle-expires', '100y')
    assert len(patrold.show(token)['allow_from']) == 64
    patrold.stop()
    patrold.start()
    assert patrold.show(token)['scope'] == scope


def test_a_store_with_a_limit_that_cannot_be_read_is_refused(patrold):
    """A limit must not become none because somebody wrote into the file."""
    patrold.token('alice', '--allow-from', '192.0.2.0/24')
    patrold.stop()
    db = sqlite3.connect(patrold.store)
    db.execute("UPDATE tokens SET allow_from = '192.0.2.7/24'")
    db.commit()
    db.close()
    patrold.launch()
    assert patrold.ended() not in (0, None)
    assert 'has host bits set' in patrold.log()
