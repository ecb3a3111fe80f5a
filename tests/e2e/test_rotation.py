"""Another secret for a token: both work, then one, and one sees who moved."""
import os
import re

import pytest

from patrol import oci_image, wait_for
from test_tokens import NOBODY, nobody_conf, root

REPLACED = 'the secret of this access token was replaced'


def rotate(p, token, *options, **more):
    result, = p.ctl_json('token', 'rotate', token, *options, **more)
    return result


def secrets(p, token):
    """number: (state, uses, ip, client)"""
    return {s['number']: (s['state'], s['uses'], s['ip'], s['client'])
            for s in p.show(token).get('secrets', [])}


def message(answer):
    return answer[1]['errors'][0]['message']


def test_a_token_that_was_never_rotated_has_no_secrets_to_tell_of(patrold):
    token, secret = patrold.token('alice')
    assert patrold.exchange('alice', secret)[0] == 200
    shown = patrold.show(token)
    assert 'secrets' not in shown and 'superseded' not in shown
    use = patrold.ctl_json('token', 'history', token)[0]
    assert 'other' not in use


def test_both_secrets_work_in_the_overlap(patrold):
    token, old = patrold.token('alice')
    result = rotate(patrold, token, '--overlap', '7d')
    new = result['secret']
    assert new != old and result['token']['id'] == token
    assert 'previous_until' in result and 'clamped' not in result
    assert patrold.exchange('alice', old, agent='skopeo/1.9.3')[0] == 200
    assert patrold.exchange('alice', new, source='127.0.7.1')[0] == 200
    assert patrold.exchange('alice', new, source='127.0.7.2')[0] == 200
    assert secrets(patrold, token) == {
        2: ('current', 2, '127.0.7.2', 'docker/24.0.7 go/go1.20.10'),
        1: ('previous', 1, '127.0.0.1', 'skopeo/1.9.3')}
    uses = patrold.ctl_json('token', 'history', token)
    assert [u['other'] for u in uses] == [
        {'secret.number': 2, 'secret.state': 'current'}] * 2 + [
        {'secret.number': 1, 'secret.state': 'previous'}]
    card = patrold.ctl('token', 'show', token).stdout
    assert re.search(r'secret: +number 1, previous, works until in [67] d: '
                     r'1 use, last just now from 127.0.0.1 with skopeo/1.9.3',
                     card), card


def test_what_a_registry_tells_names_no_secret(patrold):
    token, _ = patrold.token('alice')
    rotate(patrold, token, '--overlap', '1h')
    patrold.send({'token': token, 'action': 'pull', 'outcome': 'success'})
    assert patrold.show(token)['uses'] == 1
    assert {s[1] for s in secrets(patrold, token).values()} == {0}


def test_without_an_overlap_the_old_one_ends_at_once(patrold):
    token, old = patrold.token('alice')
    new = rotate(patrold, token)['secret']
    answer = patrold.exchange('alice', old)
    assert answer[0] == 401 and message(answer) == REPLACED
    assert patrold.exchange('alice', new)[0] == 200


def test_a_superseded_secret_is_an_alert_and_marks_the_token(patrold):
    token, old = patrold.token('alice')
    rotate(patrold, token, '--overlap', '0')
    assert patrold.ctl_json('token', 'list')[0].get('superseded_tried') is None
    patrold.exchange('alice', old, source='127.0.66.6', agent='curl/8')
    use = patrold.ctl_json('token', 'history', token)[0]
    assert (use['outcome'], use['reason']) == ('denied', 'superseded')
    assert use['other'] == {'secret.number': 1, 'secret.state': 'superseded'}
    assert 'A superseded secret was presented' in [
        a['title'] for a in patrold.alert_list()]
    tried = patrold.show(token)['superseded']
    assert (tried['number'], tried['uses'], tried['ip'], tried['client']) == (
        1, 1, '127.0.66.6', 'curl/8')
    assert patrold.ctl_json('token', 'list')[0]['superseded_tried'] is True
    assert 'old secret tried' in patrold.ctl('token', 'list').stdout
    card = patrold.ctl('token', 'show', token).stdout
    assert re.search(r'suspect: +number 1 was tried when it was superseded: '
                     r'1 try, last just now from 127.0.66.6 with curl/8',
                     card), card
    # Another account's name beside it does not hide it.
    answer = patrold.exchange('bob', old)
    assert 'incorrect' in message(answer)
    assert patrold.show(token)['superseded']['uses'] == 2


def test_a_third_secret_ends_the_overlap_of_the_first(patrold):
    token, one = patrold.token('alice')
    two = rotate(patrold, token, '--overlap', '7d')['secret']
    three = rotate(patrold, token, '--overlap', '7d')['secret']
    assert message(patrold.exchange('alice', one)) == REPLACED
    assert patrold.exchange('alice', two)[0] == 200
    assert patrold.exchange('alice', three)[0] == 200


def test_an_overlap_is_ended_by_hand(patrold):
    token, old = patrold.token('alice')
    r = patrold.ctl('token', 'rotate', token, '--end-overlap', check=False)
    assert r.returncode == 1 and 'no overlap' in r.stderr
    new = rotate(patrold, token, '--overlap', '7d')['secret']
    said = patrold.ctl('token', 'rotate', token, '--end-overlap').stdout
    assert said == 'token %s: the old secret works no longer\n' % token
    assert message(patrold.exchange('alice', old)) == REPLACED
    assert patrold.exchange('alice', new)[0] == 200
    rotate(patrold, token, '--overlap', '7d')
    assert patrold.ctl('-q', 'token', 'rotate', token,
                       '--end-overlap').stdout == ''
    r = patrold.ctl('token', 'rotate', token, '--end-overlap', '--overlap',
                    '7d', check=False)
    assert r.returncode == 1 and 'excludes' in r.stderr


def test_only_so_many_old_secrets_are_known(patrold):
    token, first = patrold.token('alice')
    second = rotate(patrold, token)['secret']
    for _ in range(7):
        rotate(patrold, token)
    assert message(patrold.exchange('alice', first)) == REPLACED
    last = rotate(patrold, token)['secret']
    assert 'incorrect' in message(patrold.exchange('alice', first))
    assert message(patrold.exchange('alice', second)) == REPLACED
    assert patrold.exchange('alice', last)[0] == 200
    shown = patrold.show(token)
    assert [s['number'] for s in shown['secrets']] == list(range(10, 1, -1))
    assert shown['secrets_forgotten'] == 1
    tokens = patrold.status()['tokens']
    assert (tokens['rotated'], tokens['old_secrets'],
            tokens['old_secrets_forgotten']) == (1, 8, 1)
    metrics = patrold.http('GET', '/metrics')[1]
    assert '\npatrol_old_secrets 8\n' in metrics
    assert 'patrol_evictions_total{table="old_secrets"} 1\n' in metrics


@pytest.mark.parametrize('end', ['stop', 'kill9'])
def test_all_of_it_outlives_the_process(patrold, end):
    token, one = patrold.token('alice')
    patrold.exchange('alice', one)
    two = rotate(patrold, token)['secret']
    three = rotate(patrold, token, '--overlap', '7d')['secret']
    patrold.exchange('alice', one, source='127.0.66.6')
    patrold.exchange('alice', two)
    patrold.exchange('alice', three)
    patrold.exchange('alice', three)
    before = patrold.show(token)
    assert {n: s[:2] for n, s in secrets(patrold, token).items()} == {
        1: ('superseded', 1), 2: ('previous', 1), 3: ('current', 2)}
    for _ in range(2):
        getattr(patrold, end)()
        patrold.start()
        assert patrold.show(token) == before
    assert patrold.exchange('alice', one)[0] == 401
    assert patrold.exchange('alice', two)[0] == 200
    assert patrold.exchange('alice', three)[0] == 200
    assert secrets(patrold, token)[2][1] == 2
    assert patrold.show(token)['superseded']['uses'] == 2
    # The files have no secret, and the store is sound.
    patrold.ctl('check')
    patrold.stop()
    for name in os.listdir(patrold.dir):
        path = os.path.join(patrold.dir, name)
        if os.path.isfile(path):
            with open(path, 'rb') as f:
                data = f.read()
            assert not any(s.encode() in data for s in (one, two, three)), name


def report(p, secret):
    return p.ctl('leak', 'report', input=secret + '\n', check=False).stdout


def test_an_old_secret_that_leaks_is_known_for_what_it_is(patrold):
    token, old = patrold.token('alice')
    new = rotate(patrold, token, '--overlap', '1h')['secret']
    assert 'is inactive' in report(patrold, old)    # it worked until now
    patrold.ctl('token', 'rotate', token, '--end-overlap')
    patrold.ctl('token', 'activate', token)
    assert 'that secret was replaced' in report(patrold, old)
    assert patrold.show(token)['state'] == 'active'
    assert patrold.exchange('alice', new)[0] == 200


def test_a_scan_tells_old_secrets_from_those_that_work(patrold, place):
    token, old = patrold.token('alice')
    rotate(patrold, token, '--overlap', '1h')
    path = place.write('notes', 'pw: %s\n' % old)
    assert token + ' active' in patrold.ctl('token', 'scan', path).stdout
    patrold.ctl('token', 'rotate', token, '--end-overlap')
    assert token + ' superseded' in patrold.ctl('token', 'scan', path).stdout
    assert token not in patrold.ctl('token', 'scan', '--live', path,
                                    check=False).stdout


def test_a_rotation_is_audited_without_its_secret(patrold):
    token, _ = patrold.token('alice')
    rotate(patrold, token, '--overlap', '7d')
    patrold.ctl('token', 'rotate', token, '--end-overlap')
    end, begin = patrold.ctl_json('audit', 'list', '--object', token)[:2]
    assert begin['action'] == 'token.rotate'
    assert begin['before'] == {'secret': 1}
    assert begin['after'].pop('until')
    assert begin['after'] == {'secret': 2, 'previous': 1}
    assert end['action'] == 'token.rotate.end'
    assert end['after'] == {'secret': 2}
    assert begin['uid'] == os.getuid() and begin['pid'] > 0
    assert 'secret 1 -> 2' in patrold.ctl('audit', 'list').stdout


def test_the_policy_cuts_an_overlap_and_says_so(place):
    p = place.patrold({'tokens': {'policy': {'max-overlap': '1d'}}})
    token, _ = p.token('alice')
    assert 'clamped' not in rotate(p, token, '--overlap', '1d')
    assert 'max-overlap' in rotate(p, token, '--overlap', '2d')['clamped']
    r = p.ctl('token', 'rotate', token, '--overlap', 'soon', check=False)
    assert r.returncode == 1 and 'a span such as 7d' in r.stderr


@pytest.mark.parametrize('how', ['expire', 'delete'])
def test_what_is_over_gets_no_other_secret(patrold, how):
    token, _ = patrold.token('alice')
    patrold.ctl('token', how, token)
    r = patrold.ctl('token', 'rotate', token, check=False)
    assert r.returncode == 1


def test_a_token_that_leaked_is_rotated_before_it_works_again(patrold):
    token, old = patrold.token('alice')
    patrold.ctl('token', 'deactivate', token)
    new = rotate(patrold, token)['secret']
    assert message(patrold.exchange('alice', new)) == \
        'access token is inactive'
    patrold.ctl('token', 'activate', token)
    assert patrold.exchange('alice', new)[0] == 200
    assert message(patrold.exchange('alice', old)) == REPLACED


@root
def test_owners_rotate_their_own_tokens(place):
    p = place.patrold(nobody_conf())
    p.account(NOBODY)
    theirs, _ = p.token('alice')
    own, _ = p.token(NOBODY)
    rotate(p, own, '--overlap', '1h', user=NOBODY)
    assert len(p.ctl_json('token', 'show', own,
                          user=NOBODY)[0]['secrets']) == 2
    p.ctl('token', 'rotate', own, '--end-overlap', user=NOBODY)
    for option in ([], ['--end-overlap']):
        r = p.ctl('token', 'rotate', theirs, *option, user=NOBODY,
                  check=False)
        assert r.returncode == 1 and 'no token' in r.stderr
    assert 'secrets' not in p.show(theirs)


@root
def test_a_viewer_rotates_nothing(place):
    p = place.patrold(nobody_conf('viewer'))
    token, secret = p.token('alice')
    r = p.ctl('token', 'rotate', token, user=NOBODY, check=False)
    assert r.returncode == 1
    assert p.exchange('alice', secret)[0] == 200


def test_a_sender_cannot_say_which_secret_it_was(patrold):
    token, _ = patrold.token('alice')
    rotate(patrold, token, '--overlap', '7d')
    replies = patrold.send(
        {'token': token, 'action': 'login', 'secret.number': 1,
         'secret.state': 'superseded'})
    assert list(replies.rejects) == [1]
    assert 'superseded' not in patrold.show(token)


def test_a_registry_takes_both_secrets(patrold, place):
    registry, skopeo = place.registry(patrold), place.skopeo()
    layout = oci_image(place.dir)
    token, old = patrold.token('alice', '--scope', 'write')
    image = registry.image('alice/app:v1')
    new = rotate(patrold, token, '--overlap', '1h')['secret']
    r = skopeo.push(layout, image, 'alice:' + old)
    assert r.returncode == 0, r.stdout
    r = skopeo.pull(image, 'alice:' + new)
    assert r.returncode == 0, r.stdout
    assert {s[0] for s in secrets(patrold, token).values()
            if s[1] > 0} == {'current', 'previous'}
    patrold.ctl('token', 'rotate', token, '--end-overlap')
    r = skopeo.pull(image, 'alice:' + old)
    assert r.returncode != 0 and REPLACED in r.stdout, r.stdout
    wait_for(lambda: patrold.show(token).get('superseded'), 'the mark')
