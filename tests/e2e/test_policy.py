"""Policies of the configuration: what they bound, and what they tell."""
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
