"""Auto-generated tokens: how a desktop client stays signed in."""
import http.client
import json
import urllib.parse

import pytest

from patrol import DEADLINE, SERVICE, now, oci_image


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
