"""Auto-generated tokens: how a desktop client stays signed in."""
import base64
import http.client
import json
import os
import urllib.parse

import pytest

from patrol import DEADLINE, SERVICE, now, oci_image
from test_signin import with_passwords


def auto(p, *options):
    result, = p.ctl_json('token', 'create', '--account', 'alice', '--auto',
                         *options)
    return result


def refresh(p, secret, scope=None, **more):
    """POST /token with a refresh token, as a client does: (status, JSON)."""
    form = {'grant_type': 'refresh_token', 'service': SERVICE,
            'client_id': 'docker', 'refresh_token': secret, **more}
    if scope:
        form['scope'] = scope
    status, body = p.http(
        'POST', '/token', urllib.parse.urlencode(form),
        {'Content-Type': 'application/x-www-form-urlencoded',
         'User-Agent': 'docker/27.3'})
    return status, json.loads(body)


def message(answer):
    return answer[1]['errors'][0]['message']


def test_it_may_read_write_and_delete_and_is_listed_as_what_it_is(patrold):
    token = auto(patrold)['token']
    assert (token['kind'], token['scope']) == ('auto', 'delete')
    assert auto(patrold, '--scope', 'read')['token']['scope'] == 'read'
    assert 'auto-generated' in patrold.ctl('token', 'list').stdout
    assert 'auto-generated' in patrold.ctl('token', 'show',
                                           token['id']).stdout
    patrold.ctl('token', 'delete', token['id'])
    assert len(patrold.ctl_json('token', 'list')) == 1


def test_it_signs_in_as_a_refresh_token_without_a_name(patrold):
    result = auto(patrold)
    status, body = refresh(patrold, result['secret'],
                           'repository:alice/app:pull,push')
    assert status == 200
    assert body['access_token'] == body['token'] and body['expires_in'] > 0
    assert 'refresh_token' not in body      # it goes on with the one it has
    last = patrold.show(result['token']['id'])['last_used']
    assert (last['action'], last['outcome'], last['client']) == (
        'login', 'success', 'docker/27.3')
    # As a password it is as good.
    assert patrold.exchange('alice', result['secret'])[0] == 200


def test_nothing_else_is_a_refresh_token(patrold):
    token, secret = patrold.token('alice')
    answer = refresh(patrold, secret)
    assert answer[0] == 401 and 'refresh token' in message(answer)
    honey = patrold.token('alice', '--honey')[1]
    answer = refresh(patrold, secret[:-1] + ('a' if secret[-1] != 'a'
                                             else 'b'))
    assert answer[0] == 401 and 'incorrect' in message(answer)
    assert refresh(patrold, honey) == answer
    # Without one it is nobody, who may sign in to nothing.
    status, body = patrold.http(
        'POST', '/token', 'grant_type=refresh_token&service=' + SERVICE)
    assert status == 401
    status, body = patrold.http('POST', '/token', 'grant_type=code')
    assert status == 400 and 'refresh_token' in body


@pytest.mark.parametrize('how,says', [
    ('deactivate', 'inactive'), ('expire', 'expired'),
    ('delete', 'incorrect')])
def test_a_dead_one_says_so(patrold, how, says):
    result = auto(patrold)
    patrold.ctl('token', how, result['token']['id'])
    answer = refresh(patrold, result['secret'])
    assert answer[0] == 401 and says in message(answer)


def test_a_rotated_one_signs_in_by_the_new_secret(patrold):
    result = auto(patrold)
    new, = patrold.ctl_json('token', 'rotate', result['token']['id'])
    assert refresh(patrold, new['secret'])[0] == 200
    answer = refresh(patrold, result['secret'])
    assert answer[0] == 401 and 'replaced' in message(answer)


def test_the_sixth_takes_the_place_of_the_one_used_longest_ago(patrold):
    made = [auto(patrold)['token']['id'] for _ in range(5)]
    # The first is never used; of the others the third was, longest ago.
    for at, i in enumerate((2, 1, 4, 3)):
        patrold.send({'token': made[i], 'action': 'pull', 'time':
                      now(-100 + at)})
    replaced = [auto(patrold)['replaced']]
    # The new one was never used either, and is the oldest of those.
    replaced += [auto(patrold)['replaced']]
    assert replaced[0] == made[0]
    assert replaced[1] not in made
    left = {t['id'] for t in patrold.ctl_json('token', 'list')}
    assert len(left) == 5 and set(made[1:]) < left
    patrold.send(*({'token': t, 'action': 'pull', 'time': now(-10)}
                   for t in left - set(made)))
    assert auto(patrold)['replaced'] == made[2]
    entry, = patrold.ctl_json('audit', 'list', '--object', made[2],
                              '--action', 'token.delete')
    assert 'gave way' in entry['after']['cause']


def test_a_manual_one_does_not_give_way(place):
    p = place.patrold({'tokens': {'auto-per-account': 1}})
    manual, _ = p.token('alice')
    first = auto(p)['token']['id']
    assert auto(p)['replaced'] == first
    assert manual in {t['id'] for t in p.ctl_json('token', 'list')}


def test_a_registry_takes_what_a_refresh_token_was_given(patrold, place):
    registry, skopeo = place.registry(patrold), place.skopeo()
    secret = auto(patrold)['secret']
    r = skopeo.push(oci_image(place.dir), registry.image('alice/app:v1'),
                    'alice:' + secret)
    assert r.returncode == 0, r.stdout
    jwt = refresh(patrold, secret,
                  'repository:alice/app:pull')[1]['access_token']
    c = http.client.HTTPConnection('127.0.0.1', registry.port,
                                   timeout=DEADLINE)
    c.request('GET', '/v2/alice/app/tags/list',
              headers={'Authorization': 'Bearer ' + jwt})
    r = c.getresponse()
    assert (r.status, json.loads(r.read())['tags']) == (200, ['v1'])
    c.close()


# --- asked for at a sign-in --------------------------------------------------

@pytest.fixture
def desk(place):
    """A patrold whose desktop client is `docker`."""
    return with_passwords(place, **{'auto-clients': ['docker']})


def stay(p, how, user='alice', password=None, client='docker', asks=True):
    """Signs in with a password and asks to stay so: (status, JSON)."""
    password = password or user + "'s password"
    form = {'service': SERVICE, 'client_id': client}
    headers = {'User-Agent': 'docker/27.3'}
    if how == 'GET':
        headers['Authorization'] = 'Basic ' + base64.b64encode(
            ('%s:%s' % (user, password)).encode()).decode()
        form.update({'offline_token': 'true'} if asks else {})
        status, body = p.http('GET', '/token?' + urllib.parse.urlencode(form),
                              headers=headers)
    else:
        form.update(grant_type='password', username=user, password=password,
                    **({'access_type': 'offline'} if asks else {}))
        headers['Content-Type'] = 'application/x-www-form-urlencoded'
        status, body = p.http('POST', '/token', urllib.parse.urlencode(form),
                              headers)
    body = json.loads(body)
    p.secrets.update([body['refresh_token']] if 'refresh_token' in body
                     else [])
    return status, body


BOTH = pytest.mark.parametrize('how', ['GET', 'POST'])


@BOTH
def test_who_signs_in_by_password_stays_so(desk, how):
    status, body = stay(desk, how)
    assert status == 200 and body['token'] == body['access_token']
    token, = desk.ctl_json('token', 'list')
    assert (token['kind'], token['account'], token['scope']) == (
        'auto', 'alice', 'delete')
    assert token['description'] == 'docker, signed in from 127.0.0.1'
    assert 'auto-generated' in desk.ctl('token', 'list').stdout
    made, = desk.ctl_json('audit', 'list', '--object', token['id'])
    assert (made['actor'], made['action']) == ('sign-in:alice',
                                               'token.create')
    status, body = refresh(desk, body['refresh_token'],
                           'repository:alice/app:pull,push')
    assert status == 200 and 'refresh_token' not in body
    assert desk.show(token['id'])['uses'] == 1


@BOTH
def test_one_of_a_sign_in_is_deleted_as_any_other(desk, how):
    secret = stay(desk, how)[1]['refresh_token']
    token, = desk.ctl_json('token', 'list')
    desk.ctl('token', 'deactivate', token['id'])
    answer = refresh(desk, secret)
    assert answer[0] == 401 and 'inactive' in message(answer)
    desk.ctl('token', 'delete', token['id'])
    answer = refresh(desk, secret)
    assert answer[0] == 401 and 'incorrect' in message(answer)
    assert desk.ctl_json('token', 'list') == []


@BOTH
def test_the_sixth_sign_in_ends_the_one_used_longest_ago(desk, how):
    secrets = [stay(desk, how)[1]['refresh_token'] for _ in range(5)]
    for i in 2, 0, 1, 4, 3:
        assert refresh(desk, secrets[i])[0] == 200
    secrets.append(stay(desk, how)[1]['refresh_token'])
    assert len(desk.ctl_json('token', 'list')) == 5
    assert [refresh(desk, s)[0] for s in secrets] == [
        200, 200, 401, 200, 200, 200]
    # Another account's are its own.
    assert 'refresh_token' in stay(desk, how, 'bob')[1]
    assert len(desk.ctl_json('token', 'list')) == 6


@BOTH
@pytest.mark.parametrize('more', [
    {'asks': False}, {'client': 'curl'}, {'client': ''},
    {'client': 'docker '}], ids=str)
def test_who_does_not_ask_or_is_no_such_client_gets_none(desk, how, more):
    status, body = stay(desk, how, **more)
    assert status == 200 and 'refresh_token' not in body
    assert desk.ctl_json('token', 'list') == []


@BOTH
def test_without_such_clients_nobody_gets_one(place, how):
    p = with_passwords(place)
    assert 'refresh_token' not in stay(p, how)[1]
    assert p.ctl_json('token', 'list') == []


@BOTH
def test_a_token_is_no_password_that_makes_another(desk, how):
    token, secret = desk.token('alice')
    status, body = stay(desk, how, password=secret)
    assert status == 200 and 'refresh_token' not in body
    assert [t['id'] for t in desk.ctl_json('token', 'list')] == [token]


@BOTH
@pytest.mark.parametrize('user, password, told', [
    ('carol', None, 'sign in with an access token'),
    ('carol', 'wrong', 'incorrect'), ('alice', 'wrong', 'incorrect'),
    ('dave', None, 'incorrect')])
def test_who_is_refused_gets_none(desk, how, user, password, told):
    answer = stay(desk, how, user, password)
    assert answer[0] == 401 and told in message(answer)
    assert 'refresh_token' not in answer[1]
    assert desk.ctl_json('token', 'list') == []


@BOTH
def test_a_disabled_account_gets_none(desk, how):
    desk.ctl('account', 'set', 'alice', '--disabled', 'yes')
    answer = stay(desk, how)
    assert answer[0] == 401 and message(answer) == 'account is disabled'
    assert desk.ctl_json('token', 'list') == []


@BOTH
def test_a_policy_that_allows_none_does_not_keep_the_sign_in(place, how):
    p = with_passwords(place, **{'auto-clients': ['docker']})
    p.conf['tokens'] = {'policy': {'forbidden-scopes': ['delete']}}
    p.write_conf()
    p.ctl('reload')
    status, body = stay(p, how)
    assert status == 200 and 'refresh_token' not in body
    assert 'no auto-generated token for alice' in p.log()


def test_docker_keeps_the_token_and_not_the_password(desk, place):
    registry = place.registry(desk)
    docker = place.docker()
    r = docker.login(registry.address, 'alice', "alice's password")
    assert r.returncode == 0, r.stdout
    token, = desk.ctl_json('token', 'list')
    assert token['kind'] == 'auto'
    with open(os.path.join(docker.home, 'config.json')) as f:
        kept = json.load(f)['auths'][registry.address]
    desk.secrets.add(kept['identitytoken'])
    assert "alice's password" not in base64.b64decode(
        kept.get('auth', '')).decode()
    # Whoever reads that file goes on with it, until it is switched off.
    skopeo = place.skopeo()
    skopeo.env['REGISTRY_AUTH_FILE'] = os.path.join(docker.home,
                                                    'config.json')
    push = ('copy', '--dest-tls-verify=false', 'oci:' + oci_image(place.dir),
            registry.image('alice/app:v1'))
    r = skopeo.run(*push)
    assert r.returncode == 0, r.stdout
    assert desk.show(token['id'])['last_used']['client'].startswith('skopeo')
    desk.ctl('token', 'deactivate', token['id'])
    r = skopeo.run(*push)
    assert r.returncode != 0 and 'access token is inactive' in r.stdout
