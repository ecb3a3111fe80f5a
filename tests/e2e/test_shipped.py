"""The rules that ship, in a patrold: uses that come by its doors make each of
them fire once, at its threshold and not below; and each says what a security
team needs to know of it."""
import os
import re
import sqlite3
import uuid

import pytest
import yaml

from patrol import SERVICE, TOP, now

RULES = os.path.join(TOP, 'rules')
HTTP_AGENTS = ['curl/8.5.0', 'python-requests/2.31.0', 'Wget/1.21.4']


def documents():
    """(file, document) of all rules that ship."""
    for name in sorted(os.listdir(RULES)):
        with open(os.path.join(RULES, name)) as f:
            for document in yaml.safe_load_all(f):
                yield name, document


def raised(p, title):
    """The alerts of the rule with that title."""
    return [a for a in p.alert_list() if a['title'] == title]


def fires(p, title, level, **key):
    """It has raised one alert, at that level and under that key."""
    alert, = raised(p, title)
    assert alert['level'] == level
    assert alert['key'] == {k.replace('__', '.'): v for k, v in key.items()}
    return alert


def notification(token, action, n, **target):
    return {'id': '%s-%s-%d' % (token, action, n), 'timestamp': now(),
            'action': action,
            'target': dict({'repository': 'team/app', 'digest': 'sha256:0'},
                           **target),
            'request': {'addr': '192.0.2.7:4711', 'method': 'GET',
                        'useragent': 'docker/24.0.7', 'host': SERVICE},
            'actor': {'name': 'alice+' + token}}


# --- one token, one use ----------------------------------------------------

def test_a_honey_token_fires_at_each_use(patrold):
    title = 'A honey token was presented'
    _, secret = patrold.token('alice')
    assert patrold.exchange('alice', secret)[0] == 200
    assert raised(patrold, title) == []
    trap, secret = patrold.token('alice', '--honey')
    assert patrold.exchange('alice', secret)[0] == 401
    fires(patrold, title, 'critical', token=trap)
    assert patrold.exchange('mallory', secret)[0] == 401
    assert [a['key'] for a in raised(patrold, title)] == [{'token': trap}] * 2
    assert len(patrold.alert_list()) == 2


def test_a_dead_token_is_told_low_and_at_ten_uses_high(patrold):
    low = 'Use of an access token that is out of service'
    high = 'Dead access token tried again and again, or from two networks'
    token, secret = patrold.token('alice')
    patrold.exchange('alice', secret)
    assert raised(patrold, low) == []
    patrold.ctl('token', 'deactivate', token)
    for _ in range(9):
        assert patrold.exchange('alice', secret)[0] == 401
    fires(patrold, low, 'low', token=token)
    assert raised(patrold, high) == []
    patrold.exchange('alice', secret)
    fires(patrold, low, 'low', token=token)
    fires(patrold, high, 'high', token=token)
    assert len(patrold.alert_list()) == 2


def test_a_dead_token_is_told_high_at_its_second_network(patrold):
    high = 'Dead access token tried again and again, or from two networks'
    token, secret = patrold.token('alice')
    patrold.ctl('token', 'delete', token)
    patrold.exchange('alice', secret, source='127.0.1.1')
    patrold.exchange('alice', secret, source='127.0.1.2')
    assert raised(patrold, high) == []
    patrold.exchange('alice', secret, source='127.0.2.1')
    fires(patrold, high, 'high', token=token)


@pytest.mark.parametrize('days, fire', [(89, False), (90, True)])
def test_ninety_idle_days_fire_and_89_do_not(patrold, days, fire):
    title = 'First use of an access token after 90 days'
    token, secret = patrold.token('alice')
    patrold.exchange('alice', secret)
    patrold.stop()
    back = days * 86400 * 1000000
    db = sqlite3.connect(patrold.store)     # as if so long ago
    with db:
        db.execute('UPDATE uses SET time = time - ?', (back,))
        db.execute('UPDATE last_used SET time = time - ?', (back,))
    db.close()
    patrold.start()
    patrold.exchange('alice', secret)
    patrold.exchange('alice', secret)
    if fire:
        fires(patrold, title, 'medium', token=token)
    else:
        assert patrold.alert_list() == []


def test_asking_to_administer_fires(patrold):
    title = 'Administration attempted with an access token'
    token, secret = patrold.token('alice', '--scope', 'delete')
    patrold.exchange('alice', secret, 'repository:alice/app:delete')
    assert raised(patrold, title) == []
    assert patrold.exchange('alice', secret, 'registry:catalog:*')[0] == 401
    fires(patrold, title, 'high', token=token)


@pytest.mark.parametrize('agent', HTTP_AGENTS)
def test_a_client_for_any_web_page_fires(patrold, agent):
    title = 'Access token used with a client that is no registry client'
    token, secret = patrold.token('alice')
    patrold.exchange('alice', secret, agent='skopeo/1.9.3')
    patrold.exchange('alice', 'wrong', agent=agent)
    assert raised(patrold, title) == []
    patrold.exchange('alice', secret, agent=agent)
    fires(patrold, title, 'low', token=token)


def test_a_tool_made_for_attacks_fires(patrold):
    title = 'A tool made for attacks was used on the registry'
    token, secret = patrold.token('alice')
    patrold.exchange('alice', secret, agent='containerd/v1.7.2')
    assert raised(patrold, title) == []
    patrold.exchange('alice', secret, agent='TruffleHog')
    fires(patrold, title, 'high', token=token)


@pytest.mark.parametrize('title, reason', [
    ('A superseded secret was presented', 'superseded'),
    ('Access token used from an address outside of its list',
     'address not allowed')])
def test_reasons_that_registries_tell_fire(patrold, title, reason):
    use = {'token': 'pat_foreign', 'action': 'login', 'outcome': 'denied',
           'time': now(), 'source.ip': '192.0.2.1'}
    patrold.send(dict(use, reason='out of stock'))
    assert patrold.alert_list() == []
    patrold.send(dict(use, reason=reason), dict(use, reason=reason))
    fires(patrold, title, 'high', token='pat_foreign')
    assert len(patrold.alert_list()) == 1


def test_a_password_on_a_two_factor_account_fires(patrold):
    title = 'Password tried on an account with two factors'
    patrold.ctl('account', 'add', 'carol', '--two-factor')
    _, secret = patrold.token('carol')
    patrold.exchange('carol', secret)
    patrold.exchange('carol', secret[:-1])      # no password: cut short
    patrold.exchange('bob', 'hunter2')
    assert patrold.alert_list() == []
    # And nothing more than to anybody else: see test_hostile.
    assert patrold.exchange('carol', 'hunter2')[0] == 401
    fires(patrold, title, 'medium', account='carol')


# --- many uses -------------------------------------------------------------

def test_twenty_failures_from_one_address_are_guessing(patrold):
    title = 'Secrets are guessed from one address'
    for _ in range(19):
        patrold.exchange('alice', 'wrong', source='127.0.1.1')
    patrold.exchange('alice', 'wrong', source='127.0.1.2')
    assert raised(patrold, title) == []
    patrold.exchange('alice', 'wrong', source='127.0.1.1')
    fires(patrold, title, 'medium', source__ip='127.0.1.1')


def test_five_unknown_secrets_are_guessing_and_are_kept_as_prints(patrold):
    title = 'Secrets are guessed from one address'
    for n in (1, 2, 3, 4, 4, 4):
        patrold.exchange('alice', 'hunter%d' % n, source='127.0.1.1')
    patrold.exchange('alice', 'hunter5', source='127.0.1.2')
    assert raised(patrold, title) == []
    patrold.exchange('bob', 'hunter6', source='127.0.1.1')
    fires(patrold, title, 'medium', source__ip='127.0.1.1')
    prints = [u['other']['secret.fingerprint']
              for u in patrold.ctl_json('activity', 'list')]
    assert len(prints) == 8 and len(set(prints)) == 6
    assert all(re.fullmatch('[0-9a-f]{16}', p) for p in prints)
    with open(patrold.store, 'rb') as f:
        assert b'hunter' not in f.read()


def test_clients_that_ask_without_credentials_first_are_not_guessing(patrold):
    _, secret = patrold.token('alice')
    path = '/token?service=%s&scope=repository:alice/app:pull' % SERVICE
    for _ in range(25):
        assert patrold.http('GET', path)[0] == 401
    patrold.settle()
    assert patrold.exchange('alice', secret)[0] == 200
    assert patrold.alert_list() == []


@pytest.mark.parametrize('failures, fire', [(9, False), (10, True)])
def test_a_success_after_ten_failures_of_its_network_fires(
        patrold, failures, fire):
    title = 'A network got in after ten failures'
    _, secret = patrold.token('alice')
    for n in range(failures):
        patrold.exchange('alice', 'wrong', source='127.0.1.%d' % (n + 1))
    patrold.exchange('alice', secret, source='127.0.2.1')
    assert patrold.alert_list() == []
    patrold.exchange('alice', secret, source='127.0.1.99')
    if fire:
        fires(patrold, title, 'high', source__net='127.0.1.0/24')
    assert len(patrold.alert_list()) == fire


def test_a_fleet_that_works_on_says_nothing_of_failures(patrold):
    _, secret = patrold.token('alice', '--label', 'fleet')
    for _ in range(12):
        patrold.exchange('alice', 'wrong')
    patrold.exchange('alice', secret)
    assert patrold.alert_list() == []


def test_ten_refusals_are_probing(patrold):
    title = 'Access token tries what it may not do'
    token, secret = patrold.token('alice', '--scope', 'read')
    for _ in range(9):
        patrold.exchange('alice', secret, 'repository:alice/app:push')
    patrold.exchange('alice', secret, 'repository:alice/app:pull')
    assert patrold.alert_list() == []
    patrold.exchange('alice', secret, 'repository:alice/app:push')
    fires(patrold, title, 'high', token=token)
    assert len(patrold.alert_list()) == 1
    assert patrold.show(token)['state'] == 'active', 'it only alerts'


def test_refusals_on_five_repositories_are_probing(patrold):
    title = 'Access token tries what it may not do'
    token, secret = patrold.token('alice', '--scope', 'read')
    for n in (1, 2, 3, 4, 4):
        patrold.exchange('alice', secret, 'repository:team/app%d:push' % n)
    assert patrold.alert_list() == []
    patrold.exchange('alice', secret, 'repository:team/app5:push')
    fires(patrold, title, 'high', token=token)


def test_pulls_of_ten_repositories_fire(patrold):
    title = 'Access token pulled ten repositories in six minutes'
    token, _ = patrold.token('alice')
    mirror, _ = patrold.token('alice', '--label', 'mirror')

    def pulls(t, *numbers):
        patrold.notify(*[
            notification(t, 'pull', n, repository='team/app%d' % n)
            for n in numbers])
    pulls(mirror, *range(20))
    pulls(token, *range(9))
    assert patrold.alert_list() == []
    pulls(token, 9)
    fires(patrold, title, 'medium', token=token)


def test_pulls_of_a_fleet_count_for_each_address(patrold):
    title = 'One machine of a fleet pulled ten repositories in six minutes'
    token, _ = patrold.token('alice', '--label', 'fleet')
    pull = {'token': token, 'action': 'pull', 'outcome': 'success'}
    patrold.send(*[dict(pull, repository='team/app%d' % n,
                        **{'source.ip': '192.0.2.%d' % (n % 5)})
                   for n in range(45)])
    assert patrold.alert_list() == []
    patrold.send(dict(pull, repository='team/app45',
                      **{'source.ip': '192.0.2.0'}))
    fires(patrold, title, 'medium', token=token, source__ip='192.0.2.0')


def test_five_deletes_fire(patrold):
    title = 'Access token deleted five times in ten minutes'
    token, _ = patrold.token('alice', '--scope', 'delete')
    cleanup, _ = patrold.token('alice', '--label', 'cleanup')
    patrold.notify(*[notification(cleanup, 'delete', n) for n in range(9)])
    patrold.notify(*[notification(token, 'delete', n) for n in range(4)])
    assert patrold.alert_list() == []
    patrold.notify(notification(token, 'delete', 4))
    fires(patrold, title, 'high', token=token)


def test_five_tokens_made_in_an_hour_are_churn(patrold):
    title = 'Account made five access tokens in an hour'
    for _ in range(4):
        patrold.token('alice')
        patrold.token('bob')
    patrold.token('alice', '--auto')
    assert patrold.alert_list() == []
    token, _ = patrold.token('alice')
    fires(patrold, title, 'medium', account='alice')
    assert patrold.show(token)['last_used'] is None
    use = patrold.ctl_json('activity', 'list')[0]
    assert use['action'] == 'token.create'
    assert use['other']['made.token'] == token
    assert not use.get('token')


def test_five_networks_switch_a_token_off_but_a_fleets(patrold):
    title = 'Access token used from five networks in ten minutes'
    token, secret = patrold.token('alice')
    fleet, shared = patrold.token('alice', '--label', 'fleet')
    for n in range(1, 8):
        patrold.exchange('alice', shared, source='127.0.%d.1' % n)
    for n in range(1, 5):
        patrold.exchange('alice', secret, source='127.0.%d.1' % n)
    assert patrold.alert_list() == []
    patrold.exchange('alice', secret, source='127.0.5.1')
    alert = fires(patrold, title, 'high', token=token)
    assert alert['done'] == 'deactivated ' + token
    assert patrold.show(token)['state'] == 'inactive'
    assert patrold.show(fleet)['state'] == 'active'


# --- what they say of themselves -------------------------------------------

ALL = [pytest.param(d, id='%s:%s' % (n, d['title'])) for n, d in documents()]


@pytest.mark.parametrize('rule', ALL)
def test_each_rule_says_who_wrote_it_and_why(rule):
    assert uuid.UUID(rule['id']).version == 4
    assert len(rule['title']) <= 110
    assert len(rule['description']) >= 40
    assert rule['author'] == 'patrol'
    assert re.fullmatch(r'\d{4}-\d\d-\d\d', str(rule['date']))
    assert rule['status'] in ('stable', 'test', 'experimental')
    assert rule['level'] in ('informational', 'low', 'medium', 'high',
                             'critical')


@pytest.mark.parametrize('name', sorted(os.listdir(RULES)))
def test_each_file_has_a_rule_that_is_told_and_tested(name):
    told = [d for n, d in documents() if n == name and 'patrol' in d]
    assert told
    for rule in told:
        assert rule['falsepositives'] and rule['references']
        assert rule['patrol']['family'] in (
            'context', 'volume', 'validity', 'attack', 'reputation')
        assert all(re.fullmatch(r'attack\.(t\d{4}(\.\d{3})?|[a-z-]+)', t)
                   for t in rule['tags'])
        assert any(re.match(r'attack\.t\d', t) for t in rule['tags'])
        tests = rule['patrol']['tests']
        assert any(t['expect'] for t in tests)
        assert any(not t['expect'] for t in tests)


def test_only_one_rule_changes_tokens_as_it_ships():
    enforced = [d['title'] for _, d in documents()
                if d.get('patrol', {}).get('mode') == 'enforce']
    assert enforced == ['Access token used from five networks in ten minutes']


def test_the_readme_lists_the_rules_that_are_told():
    with open(os.path.join(TOP, 'README.md')) as f:
        part = f.read().split('## The rules that ship')[1].split('\n## ')[0]
    rows = [line.strip('| \n').split(' | ') for line in part.splitlines()
            if line.startswith('| ')][2:]
    assert sorted(row[:3] for row in rows) == sorted(
        [d['title'], d['level'], d['patrol']['mode']]
        for _, d in documents() if 'patrol' in d)
