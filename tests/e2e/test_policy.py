"""Policies of the configuration, and `policy try` before one is in force."""
import json
import sqlite3

import pytest

from patrol import now, wait_for


def with_policy(place, policy, **tokens):
    return place.patrold({'tokens': dict(tokens, policy=policy)})


def make(patrold, *options):
    """What `token create` answers."""
    return patrold.ctl_json('token', 'create', '--account', 'alice',
                            *options)[0]


def refused(patrold, *options):
    r = patrold.ctl('token', 'create', '--account', 'alice', *options,
                    check=False)
    assert r.returncode == 1, r
    return r.stderr


# --- what is made ---------------------------------------------------------

def test_the_longest_life_is_a_clamp_that_is_told(place):
    p = with_policy(place, {'max-lifetime': '30d'})
    assert 'clamped' not in make(p, '--expires', '29d')
    made = make(p, '--expires', '31d')
    assert made['clamped'] == ('expires was cut to what '
                               'tokens.policy.max-lifetime allows')
    assert make(p)['clamped'] == ('expires was set to what '
                                  'tokens.policy.max-lifetime allows')
    out = p.ctl('token', 'create', '--account', 'alice', '--expires',
                '31d').stdout
    assert 'tokens.policy.max-lifetime' in out


def test_a_longer_idle_limit_than_the_policys_is_told(place):
    p = with_policy(place, {'idle-expires': '30d', 'max-lifetime': '90d'})
    told = ('idle-expires is longer than tokens.policy.idle-expires, which '
            'ends it sooner')
    life = ('--expires', '80d')
    assert 'clamped' not in make(p, '--idle-expires', '30d', *life)
    assert make(p, '--idle-expires', '31d', *life)['clamped'] == told
    both = make(p, '--idle-expires', '31d', '--expires', '91d')['clamped']
    assert both == ('expires was cut to what tokens.policy.max-lifetime '
                    'allows; ' + told)
    assert 'clamped' not in make(p, '--honey', '--idle-expires', '31d')


def test_the_usual_life_is_that_of_who_names_no_end(place):
    p = with_policy(place, {'default-lifetime': '7d'})
    made = make(p)
    assert made['clamped'] == ('expires was set to what '
                               'tokens.policy.default-lifetime says')
    assert now(6.9 * 86400) < made['token']['expires'] < now(7.1 * 86400)
    assert 'clamped' not in make(p, '--expires', '8d')
    assert make(p, '--honey')['token']['expires'] is None


def test_a_forbidden_scope_is_refused(place):
    p = with_policy(place, {'forbidden-scopes': ['write', 'delete']})
    assert 'tokens.policy.forbidden-scopes does not allow delete' in refused(
        p, '--scope', 'delete')
    assert 'does not allow write' in refused(p, '--scope',
                                             'write alice/*=read')
    make(p, '--scope', 'read')


def test_a_description_is_required(place):
    p = with_policy(place, {'description-required': True})
    assert 'tokens.policy.description-required wants one' in refused(p)
    assert 'description-required' in refused(p, '--description', '')
    make(p, '--description', 'laptop')
    make(p, '--auto')


def test_an_account_has_so_many_tokens(place):
    p = with_policy(place, {}, **{'max-per-account': 2})
    make(p)
    make(p)
    assert 'tokens.max-per-account' in refused(p)


def test_who_forbids_a_scope_but_not_what_contains_it_is_warned(place):
    p = place.patrold()
    p.conf['tokens'] = {'policy': {'forbidden-scopes': ['write']}}
    p.write_conf()
    status, said = p.check()
    assert status == 0 and 'a scope contains all below it' in said
    p.conf['tokens'] = {'policy': {'forbidden-scopes': ['write', 'delete']}}
    p.write_conf()
    assert 'contains' not in p.check()[1]


@pytest.mark.parametrize('policy, word', [
    ({'forbidden-scopes': ['admin']}, 'is unknown; allowed: a list of'),
    ({'forbidden-scopes': 'delete'}, 'is not a list'),
    ({'description-required': 'maybe'}, 'allowed: one of no, yes'),
    ({'default-lifetime': 90}, 'has no unit'),
    ({'max-idle': '1d'}, "unknown option 'max-idle'"),
])
def test_a_policy_that_makes_no_sense_is_refused(place, policy, word):
    p = place.patrold()
    p.conf['tokens'] = {'policy': policy}
    p.write_conf()
    status, said = p.check()
    assert status == 78 and word in said


# --- a reload -------------------------------------------------------------

def test_a_reload_applies_the_idle_limit_to_the_tokens_there_are(place):
    p = place.patrold()
    token, secret = p.token('alice', '--expires', '90d')
    p.conf['tokens'] = {'policy': {'idle-expires': '1s',
                                   'max-lifetime': '1d'}}
    p.write_conf()
    end = p.show(token)['expires']
    p.ctl('reload')
    assert 'tokens.policy.idle-expires is 1s, was 0: it holds for the ' \
        'tokens there are' in p.log()
    assert 'tokens.policy.max-lifetime is 1d, was 365d: for tokens made ' \
        'from now on' in p.log()
    wait_for(lambda: p.show(token)['state'] == 'expired', 'the end')
    shown = p.show(token)
    assert 'tokens.policy.idle-expires' in shown['cause']
    assert shown['expires'] == end
    assert p.exchange('alice', secret)[0] == 401


def test_of_two_idle_limits_the_stricter_holds(place):
    p = with_policy(place, {'idle-expires': '1d'})
    own, _ = p.token('alice', '--idle-expires', '1h')
    policys, _ = p.token('alice', '--idle-expires', '30d')
    assert p.show(own)['idle_ends'] < now(3700)
    assert now(86000) < p.show(policys)['idle_ends'] < now(86400)


@pytest.mark.parametrize('options, said', [
    (['edit', 'ID', '--scope', 'write'], 'forbidden-scopes does not allow'),
    (['edit', 'ID', '--scope', 'delete a/*=write'], 'does not allow write'),
    (['edit', 'ID', '--description', ''], 'description-required wants one'),
    (['edit', 'ID', '--description', ' ', '--label', 'x'], 'wants one'),
    (['rename', 'ID', ''], 'description-required wants one')])
def test_what_cannot_be_made_so_cannot_be_changed_so(place, options, said):
    """It bounded what was made, and an edit got around it."""
    p = place.patrold()
    token, _ = p.token('alice', '--scope', 'write')
    p.conf['tokens'] = {'policy': {'forbidden-scopes': ['write'],
                                   'description-required': True}}
    p.write_conf()
    p.ctl('reload')
    before = p.show(token)
    r = p.ctl('token', *[token if o == 'ID' else o for o in options],
              check=False)
    assert r.returncode == 1 and said in r.stderr
    assert p.show(token) == before
    # What stays may be older than the policy.
    p.ctl('token', 'edit', token, '--label', 'x')
    p.ctl('token', 'rename', token, 'desk')
    p.ctl('token', 'edit', token, '--scope', 'read')


# --- policy try -----------------------------------------------------------

def age(patrold, days, *tokens):
    """Makes tokens that old, in the store of a daemon that is stopped."""
    patrold.stop()
    db = sqlite3.connect(patrold.store)
    for token in tokens:
        db.execute('UPDATE tokens SET created = created - ?1,'
                   ' changed = changed - ?1 WHERE id = ?2',
                   (days * 86400 * 1000000, token))
    db.commit()
    db.close()
    patrold.start()


def try_policy(patrold, place, policy, *options, **tokens):
    """(tokens of the page by id, the counts)."""
    path = place.write('next.yaml', json.dumps(
        {'tokens': dict(tokens, policy=policy)}))
    *items, counts = patrold.ctl_json('policy', 'try', path, *options)
    return {i['id']: i for i in items}, counts


def test_a_try_tells_whom_each_part_would_touch(place):
    p = place.patrold()
    old, _ = p.token('alice', '--description', 'old one', '--expires', '90d')
    used, _ = p.token('alice', '--scope', 'delete', '--expires', '20d')
    fine, _ = p.token('bob', '--description', 'x', '--expires', '20d')
    honey, _ = p.token('bob', '--honey', '--scope', 'delete')
    off, _ = p.token('bob', '--scope', 'delete')
    p.ctl('token', 'deactivate', off)
    age(p, 40, old, used, honey)
    for _ in range(3):
        p.send({'token': used, 'action': 'pull', 'outcome': 'success',
                'count': 2})
    before = {t: p.show(t) for t in (old, used, fine, honey, off)}
    touched, counts = try_policy(p, place, {
        'idle-expires': '30d', 'max-lifetime': '60d',
        'forbidden-scopes': ['delete'], 'description-required': 'yes'})
    assert {t: i['touched'] for t, i in touched.items()} == {
        old: {'idle-expires': 'expired', 'max-lifetime': 'clamped'},
        used: {'forbidden-scopes': 'refused',
               'description-required': 'refused'}}
    assert touched[used]['uses_lately'] == 6
    assert touched[old]['uses_lately'] == 0
    assert touched[used]['uses_are_more'] is False
    assert counts['tokens'] == 2
    assert counts['policies'] == {
        'idle-expires': {'effect': 'expired', 'tokens': 1, 'used_lately': 0},
        'max-lifetime': {'effect': 'clamped', 'tokens': 1, 'used_lately': 0},
        'forbidden-scopes': {'effect': 'refused', 'tokens': 1,
                             'used_lately': 1},
        'description-required': {'effect': 'refused', 'tokens': 1,
                                 'used_lately': 1}}
    # And nothing was changed by it.
    assert before == {t: p.show(t) for t in before}
    assert 'idle-expires: 0' in p.ctl('status', '--config').stdout


def test_what_is_in_force_already_touches_nobody(place):
    p = with_policy(place, {'forbidden-scopes': ['public-read']})
    p.token('alice', '--scope', 'delete')
    touched, counts = try_policy(p, place,
                                 {'forbidden-scopes': ['public-read']})
    assert touched == {} and counts['tokens'] == 0
    assert p.ctl('policy', 'try', place.path('next.yaml')).stdout == \
        'no token would be touched\n'


def test_what_was_tried_comes_true(place):
    p = place.patrold()
    old, _ = p.token('alice')
    new, _ = p.token('alice')
    age(p, 40, old)
    policy = {'idle-expires': '30d'}
    touched, _ = try_policy(p, place, policy)
    assert set(touched) == {old}
    p.conf['tokens'] = {'policy': policy}
    p.write_conf()
    p.ctl('reload')
    wait_for(lambda: p.show(old)['state'] == 'expired', 'the end')
    assert p.show(new)['state'] == 'active'


def test_a_try_is_paged_and_its_counts_are_of_all(place):
    p = place.patrold()
    tokens = [p.token('alice', '--scope', 'delete')[0] for _ in range(7)]
    p.send({'token': tokens[5], 'action': 'pull', 'outcome': 'success'})
    policy = {'forbidden-scopes': ['delete']}
    seen, after = [], []
    while True:
        touched, counts = try_policy(p, place, policy, '--limit', '3', *after)
        seen += touched
        assert counts['policies']['forbidden-scopes']['tokens'] == 7
        if not counts['more']:
            break
        after = ['--after', str(counts['next'])]
    assert seen == tokens
    touched, _ = try_policy(p, place, policy, '--used')
    assert set(touched) == {tokens[5]}
    out = p.ctl('policy', 'try', place.path('next.yaml'), '--limit',
                '3').stdout
    assert '3 shown; further ones: --after' in out
    assert 'forbidden-scopes: 7 tokens could not be made anew; 1 of them ' \
        'used in the last 30 days' in out
    assert p.ctl('-q', 'policy', 'try', place.path('next.yaml')
                 ).stdout.split() == tokens


def test_many_uses_are_counted_up_to_a_bound(place):
    p = place.patrold()
    token, _ = p.token('alice', '--scope', 'delete')
    p.send(*[{'token': token, 'action': 'pull', 'outcome': 'success'}
             for _ in range(1000)])
    policy = {'forbidden-scopes': ['delete']}
    touched, _ = try_policy(p, place, policy)
    assert (touched[token]['uses_lately'],
            touched[token]['uses_are_more']) == (1000, False)
    p.send({'token': token, 'action': 'pull', 'outcome': 'success'})
    touched, _ = try_policy(p, place, policy)
    assert (touched[token]['uses_lately'],
            touched[token]['uses_are_more']) == (1000, True)


def test_accounts_that_have_too_many_are_counted(place):
    p = place.patrold()
    for _ in range(3):
        p.token('alice')
    p.token('bob')
    _, counts = try_policy(p, place, {}, **{'max-per-account': 2})
    assert counts['accounts_over'] == 1
    assert '1 account could make no further token' in p.ctl(
        'policy', 'try', place.path('next.yaml')).stdout


def test_a_file_with_faults_is_told_with_their_places(place):
    p = place.patrold()
    path = place.write('next.yaml', 'tokens: {policy: {idle: 30d}}\n')
    r = p.ctl('policy', 'try', path, check=False)
    assert r.returncode == 1
    assert "next.yaml:1:19: unknown option 'idle'" in r.stderr
    r = p.ctl('policy', 'try', place.path('nowhere.yaml'), check=False)
    assert r.returncode == 1 and 'nowhere.yaml' in r.stderr


@pytest.mark.parametrize('args, said', [
    ({'idle_expires': 'soon'}, 'idle_expires: a span such as 90d'),
    ({'forbidden_scopes': 'admin'}, "'admin' is not a scope"),
    ({'description_required': 'maybe'}, 'true or false'),
    ({'max_per_account': 0}, 'a number from 1 to 1000000'),
    ({'limit': 1001}, 'limit: a number from 1 to 1000'),
    ({'policy': 'x'}, "unknown argument 'policy'"),
])
def test_a_wrong_argument_is_refused(patrold, args, said):
    answer = patrold.request('policy.try', **args)
    assert answer['ok'] is False
    assert said in answer['error']['message']


def test_owners_are_not_let_in(place):
    p = place.patrold()
    p.account('nobody')
    path = place.write('next.yaml', 'tokens: {policy: {}}\n')
    r = p.ctl('policy', 'try', path, check=False, user='nobody')
    assert r.returncode == 1 and 'viewer' in r.stderr
