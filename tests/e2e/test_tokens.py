"""Tokens by patrolctl: made, shown, renamed, switched off and on, gone."""
import base64
import json
import os
import pwd
import re

import pytest

from patrol import SERVICE, merge, now

NOBODY = 'nobody'


def test_a_new_token_is_active_and_shown_with_its_secret_once(patrold):
    result, = patrold.ctl_json('token', 'create', '--account', 'alice',
                               '--description', 'laptop')
    token = result['token']
    assert token['id'].startswith('pat_') and len(token['id']) == 16
    assert result['secret'].startswith('patrol_')
    assert len(result['secret']) == len('patrol_') + 36
    assert token['state'] == 'active'
    assert token['kind'] == 'manual'
    assert token['scope'] == 'read'
    assert token['description'] == 'laptop'
    assert token['last_used'] is None
    shown = patrold.ctl('--json', 'token', 'show', token['id']).stdout
    assert result['secret'] not in shown
    assert result['secret'] not in patrold.ctl('token', 'list').stdout


def test_the_secret_is_nowhere_on_the_disk(patrold):
    _, secret = patrold.token('alice')
    patrold.exchange('alice', secret)
    patrold.stop()
    for name in os.listdir(patrold.dir):
        path = os.path.join(patrold.dir, name)
        if os.path.isfile(path):
            with open(path, 'rb') as f:
                assert secret.encode() not in f.read(), name


def test_the_table_shows_the_secret_on_a_line_of_its_own(patrold):
    lines = patrold.ctl('token', 'create', '--account',
                        'alice').stdout.splitlines()
    at = [i for i, line in enumerate(lines) if 'shown once' in line]
    assert at and any(line.strip().startswith('patrol_')
                      for line in lines[at[0]:])


def test_quietly_only_the_secret_is_printed(patrold):
    out = patrold.ctl('-q', 'token', 'create', '--account', 'alice').stdout
    assert out.startswith('patrol_') and out.count('\n') == 1


def test_an_unknown_account_gets_no_token(patrold):
    r = patrold.ctl('token', 'create', '--account', 'carol', check=False)
    assert r.returncode == 1
    assert 'carol' in r.stderr


def test_list_counts_active_and_inactive(patrold):
    one, _ = patrold.token('alice')
    two, _ = patrold.token('alice')
    other, _ = patrold.token('bob')
    patrold.ctl('token', 'deactivate', two, '--reason', 'lost')
    listed = {t['id']: t['state']
              for t in patrold.ctl_json('token', 'list')}
    assert listed == {one: 'active', two: 'inactive', other: 'active'}
    assert {t['id'] for t in patrold.ctl_json(
        'token', 'list', '--account', 'alice')} == {one, two}
    assert [t['id'] for t in patrold.ctl_json(
        'token', 'list', '--state', 'inactive')] == [two]
    foot = patrold.ctl('token', 'list').stdout.splitlines()[-1]
    assert '2 active' in foot and '1 not active' in foot
    quiet = patrold.ctl('-q', 'token', 'list').stdout.splitlines()
    assert set(quiet) == {one, two, other}
    account, = patrold.ctl_json('account', 'show', 'alice')
    assert (account['tokens'], account['active']) == (2, 1)


def test_rename_changes_the_description_alone(patrold):
    token, secret = patrold.token('alice', '--description', 'old')
    patrold.ctl('token', 'rename', token, 'new name')
    assert patrold.show(token)['description'] == 'new name'
    assert patrold.exchange('alice', secret)[0] == 200


def test_a_token_is_switched_off_and_on(patrold):
    token, secret = patrold.token('alice')
    patrold.ctl('token', 'deactivate', token, '--reason', 'left the firm')
    shown = patrold.show(token)
    assert shown['state'] == 'inactive'
    assert 'left the firm' in shown['cause']
    status, body = patrold.exchange('alice', secret)
    assert status == 401
    assert body['errors'][0]['message'] == 'access token is inactive'
    patrold.ctl('token', 'activate', token)
    assert patrold.exchange('alice', secret)[0] == 200


def test_several_tokens_are_switched_off_by_one_command(patrold):
    ids = [patrold.token('alice')[0] for _ in range(3)]
    patrold.ctl('token', 'deactivate', *ids)
    assert {patrold.show(i)['state'] for i in ids} == {'inactive'}


def test_an_expired_token_does_not_come_back(patrold):
    token, secret = patrold.token('alice')
    patrold.ctl('token', 'expire', token)
    assert patrold.show(token)['state'] == 'expired'
    assert patrold.exchange('alice', secret)[0] == 401
    r = patrold.ctl('token', 'activate', token, check=False)
    assert r.returncode == 1
    assert patrold.show(token)['state'] == 'expired'


def test_a_deleted_token_is_gone_but_recognised(patrold):
    token, secret = patrold.token('alice')
    patrold.ctl('token', 'delete', token)
    assert patrold.ctl_json('token', 'list') == []
    assert patrold.ctl('token', 'activate', token, check=False).returncode == 1
    assert patrold.exchange('alice', secret)[0] == 401
    newest = patrold.ctl_json('activity', 'list', '--limit', '1')[0]
    assert newest['token'] == token
    assert newest['outcome'] != 'success'


def test_an_end_further_away_than_the_policy_is_clamped_and_told(place):
    p = place.patrold({'tokens': {'policy': {'max-lifetime': '30d'}}})
    result, = p.ctl_json('token', 'create', '--account', 'alice',
                         '--expires', '90d')
    assert 'max-lifetime' in result['clamped']
    result, = p.ctl_json('token', 'create', '--account', 'alice',
                         '--expires', '10d')
    assert 'clamped' not in result


def test_an_end_that_is_past_is_refused(patrold):
    r = patrold.ctl('token', 'create', '--account', 'alice', '--expires',
                    now(-60), check=False)
    assert r.returncode == 1


def test_a_sixth_auto_token_takes_the_place_of_the_first(patrold):
    made = [patrold.ctl_json('token', 'create', '--account', 'alice',
                             '--auto')[0] for _ in range(6)]
    assert 'replaced' not in made[4]
    assert made[5]['replaced'] == made[0]['token']['id']
    assert len(patrold.ctl_json('token', 'list', '--kind', 'auto')) == 5


def test_a_honey_token_never_works(patrold):
    token, secret = patrold.token('alice', '--honey')
    status, body = patrold.exchange('alice', secret)
    assert status == 401
    assert patrold.show(token)['kind'] == 'honey'


def test_a_wrong_secret_is_told_nothing(patrold):
    token, secret = patrold.token('alice')
    patrold.ctl('token', 'deactivate', token)
    wrong = secret[:-1] + ('a' if secret[-1] != 'a' else 'b')
    for user, password in (('alice', wrong), ('alice', ''),
                           ('nobody-here', secret), ('bob', secret)):
        status, body = patrold.exchange(user, password)
        assert status == 401
        assert 'inactive' not in body['errors'][0]['message'], user
        assert 'incorrect' in body['errors'][0]['message'], user


def test_the_scope_bounds_what_is_granted(patrold):
    _, secret = patrold.token('alice', '--scope', 'read')
    status, body = patrold.exchange('alice', secret,
                                    'repository:alice/app:pull,push')
    assert status == 200
    part = body['token'].split('.')[1]
    claims = json.loads(base64.urlsafe_b64decode(part + '=' * (-len(part) % 4)))
    assert claims['access'] == [{'type': 'repository', 'name': 'alice/app',
                                 'actions': ['pull']}]
    assert claims['aud'] == SERVICE
    assert claims['sub'].startswith('alice+pat_')


def test_a_disabled_account_is_refused(patrold):
    token, secret = patrold.token('alice')
    answer = patrold.request('account.set', name='alice', disabled=True)
    assert answer['result']['disabled'] is True
    assert patrold.exchange('alice', secret)[0] == 401


def test_every_change_is_an_audit_entry(patrold):
    token, _ = patrold.token('alice')
    patrold.ctl('token', 'rename', token, 'x')
    patrold.ctl('token', 'deactivate', token)
    patrold.ctl('token', 'activate', token)
    patrold.ctl('token', 'delete', token)
    entries = [e for e in patrold.ctl_json('audit', 'list')
               if e['object'] == token]
    assert [e['action'] for e in reversed(entries)] == [
        'token.create', 'token.rename', 'token.deactivate', 'token.activate',
        'token.delete']
    assert {e['uid'] for e in entries} == {os.getuid()}
    assert all(e['pid'] > 0 for e in entries)


def test_history_shows_the_uses_of_one_token(patrold):
    one, secret = patrold.token('alice')
    two, other = patrold.token('bob')
    patrold.exchange('alice', secret)
    patrold.exchange('bob', other)
    patrold.exchange('alice', secret, source='127.0.9.9')
    history = patrold.ctl_json('token', 'history', one)
    assert [u['source.ip'] for u in history] == ['127.0.9.9', '127.0.0.1']
    assert {u['token'] for u in history} == {one}
    assert len(patrold.ctl_json('token', 'history', one, '--limit',
                                '1')) == 1


def test_a_foreign_token_is_known_from_its_first_use(patrold):
    patrold.send({'token': 'harbor-17', 'account': 'alice', 'action': 'pull',
                  'outcome': 'success', 'source.ip': '192.0.2.7'})
    shown = patrold.show('harbor-17')
    assert shown['kind'] == 'foreign'
    assert shown['last_used']['ip'] == '192.0.2.7'


# --- who may: the kernel's word ------------------------------------------

root = pytest.mark.skipif(os.getuid() != 0,
                          reason='only root can ask as another user')


def nobody_conf(role=None):
    roles = {'admin': ['root'], 'analyst': [], 'viewer': []}
    if role is not None:
        roles = merge(roles, {role: [NOBODY]})
    return {'control': {'roles': roles}}


@root
def test_a_stranger_may_do_nothing(place):
    p = place.patrold(nobody_conf())
    token, _ = p.token('alice')
    for words in (['token', 'list'], ['token', 'show', token],
                  ['token', 'delete', token], ['audit', 'list'],
                  ['status'], ['account', 'add', 'eve'],
                  ['token', 'create', '--account', 'alice']):
        r = p.ctl(*words, user=NOBODY, check=False)
        assert r.returncode == 1, words
        assert token not in r.stdout
    assert p.show(token)['state'] == 'active'


@root
def test_a_viewer_looks_and_changes_nothing(place):
    p = place.patrold(nobody_conf('viewer'))
    token, _ = p.token('alice')
    assert token in p.ctl('token', 'list', user=NOBODY).stdout
    r = p.ctl('token', 'deactivate', token, user=NOBODY, check=False)
    assert r.returncode == 1
    assert 'admin' in r.stderr
    assert p.show(token)['state'] == 'active'


@root
def test_an_analyst_works_with_alerts_not_with_tokens(place):
    p = place.patrold(nobody_conf('analyst'))
    token, _ = p.token('alice')
    p.ctl('alert', 'list', user=NOBODY)
    p.ctl('rule', 'list', user=NOBODY)
    assert p.ctl('token', 'delete', token, user=NOBODY,
                 check=False).returncode == 1


@root
def test_an_owner_has_their_own_account_and_no_other(place):
    p = place.patrold(nobody_conf())
    p.account(NOBODY)
    theirs, _ = p.token('alice')
    r = p.ctl_json('token', 'create', '--account', NOBODY, user=NOBODY)
    own = r[0]['token']['id']
    assert [t['id'] for t in p.ctl_json('token', 'list', user=NOBODY)] == [own]
    p.ctl('token', 'deactivate', own, user=NOBODY)
    for words in (['token', 'deactivate', theirs], ['token', 'show', theirs],
                  ['token', 'history', theirs],
                  ['token', 'create', '--account', 'alice'],
                  ['token', 'create', '--account', NOBODY, '--honey'],
                  ['token', 'create', '--account', NOBODY, '--label', 'ci',
                   '--label', 'protected']):
        r = p.ctl(*words, user=NOBODY, check=False)
        assert r.returncode == 1, words
    assert p.show(theirs)['state'] == 'active'
    entry = p.ctl_json('audit', 'list', '--limit', '1')[0]
    assert entry['uid'] == pwd.getpwnam(NOBODY).pw_uid


@root
def test_an_owner_cannot_undo_what_an_admin_switched_off(place):
    p = place.patrold(nobody_conf())
    p.account(NOBODY)
    token, _ = p.token(NOBODY)
    p.ctl('token', 'deactivate', token)
    r = p.ctl('token', 'activate', token, user=NOBODY, check=False)
    assert r.returncode == 1
    assert p.show(token)['state'] == 'inactive'


@root
def test_whoami_tells_the_role(place):
    p = place.patrold(nobody_conf('viewer'))
    me, = p.ctl_json('whoami', user=NOBODY)
    assert me['user'] == NOBODY
    assert 'viewer' in me['role']


def seen(p, token, kind):
    return {s['what']: (s['uses'], s['first'][:19], s['last'][:19])
            for s in p.show(token)[kind]}


@pytest.mark.parametrize('end', ['stop', 'kill9'])
def test_where_and_with_what_it_was_used_lately(place, end):
    p = place.patrold()
    token, _ = p.token('alice')
    times = [now(-300 + i) for i in range(25)]
    for i, time in enumerate(times):
        p.send({'time': time, 'token': token, 'account': 'alice',
                'action': 'pull', 'outcome': 'success',
                'source.ip': ['192.0.2.%d' % i, '2001:db8:7::%x' % i][i % 2],
                'user_agent': 'agent/%d go/go1.22' % i, 'registry': 'hub'})
    networks = {'192.0.2.0/24': (13, times[0][:19], times[24][:19]),
                '2001:db8:7::/48': (12, times[1][:19], times[23][:19])}
    clients = {'agent/%d' % i: (1, times[i][:19], times[i][:19])
               for i in range(5, 25)}
    assert seen(p, token, 'networks') == networks
    assert seen(p, token, 'clients') == clients
    getattr(p, end)()
    p.start()
    assert seen(p, token, 'networks') == networks
    assert seen(p, token, 'clients') == clients
    card = p.ctl('token', 'show', token).stdout
    assert re.search(r'^network: +192\.0\.2\.0/24: 13 uses, last \d min ago',
                     card, re.M), card
    assert re.search(r'^client: +agent/24: 1 use, last ', card, re.M), card
    assert 'agent/4' not in card
    # A list says the latest only.
    assert 'networks' not in p.ctl_json('token', 'list')[0]
