"""Modes that people give to rules, and the step from simulate to enforce."""
import json

import pytest

from patrol import now, wait_for

RULE = '''title: Denied
id: 11111111-1111-4111-8111-111111111111
name: denied
logsource: {product: patrol}
detection:
  s: {outcome: denied}
  condition: s
patrol: {mode: %s, respond: [%s], realert: %s}
'''


@pytest.fixture
def start(place):
    def started(mode='simulate', respond='deactivate', realert='1s',
                **rules):
        path = place.write('rules.yml', RULE % (mode, respond, realert))
        return place.patrold(conf={'rules': {'paths': [path], **rules}})
    return started


def denied(p, token):
    p.send({'token': token, 'action': 'pull', 'outcome': 'denied',
            'time': now()})
    p.settle()


def mode(p):
    rule, = p.ctl_json('rule', 'list')
    return rule['mode'], rule['file_mode'], rule['effective_mode']


def test_a_rule_is_promoted_when_one_has_seen_what_it_would_do(start):
    p = start()
    token, _ = p.token('alice')
    denied(p, token)
    assert p.show(token)['state'] == 'active'
    tried = p.ctl('rule', 'promote', 'denied', '--try').stdout
    assert '1 alert, 1 change: ' + token in tried
    assert mode(p) == ('simulate', 'simulate', 'simulate')
    done = p.ctl('rule', 'promote', 'denied', check=False, input='')
    assert done.returncode == 2 and '--yes' in done.stderr
    assert 'mode enforce' in p.ctl('rule', 'promote', 'denied',
                                   '--yes').stdout
    assert mode(p) == ('enforce', 'simulate', 'enforce')
    other, _ = p.token('alice')
    denied(p, other)
    assert p.show(other)['state'] == 'inactive'
    shown = p.ctl('rule', 'show', 'denied').stdout
    assert 'enforce (its file says simulate)' in shown


def test_a_token_would_have_been_changed_once(start):
    """However many alerts there are of it: the first leaves nothing to do."""
    p = start(realert='0')
    token, _ = p.token('alice')
    other, _ = p.token('alice')
    for each in (token, token, other, token):
        denied(p, each)
    shown, = p.ctl_json('rule', 'show', 'denied')
    assert shown['would_have'] == {'alerts': 4, 'changes': 2,
                                   'tokens': [token, other]}


def test_a_promoted_rule_acts_at_the_next_use_of_what_is_going_on(start):
    """Its open alert was simulated: it must not keep a thief in."""
    p = start(realert='1h')
    token, _ = p.token('alice')
    denied(p, token)
    old, = p.alert_list()
    assert old['simulated'] and old['done'].endswith(token)
    p.ctl('rule', 'promote', 'denied', '--yes')
    denied(p, token)
    assert p.show(token)['state'] == 'inactive'
    new = p.alert_list()[0]
    assert (new['mode'], new['simulated'], new['count']) == (
        'enforce', False, 1)
    assert p.ctl_json('alert', 'show', old['id'])[0]['count'] == 1


def test_a_rule_that_is_lowered_acts_no_more(start):
    """Not in the alert either that was opened when it did."""
    p = start('enforce', realert='1h', brake={'changes': 0})
    token, _ = p.token('alice')
    denied(p, token)        # the brake is on, so nothing was done yet
    assert p.show(token)['state'] == 'active'
    p.ctl('rule', 'mode', 'denied', 'alert')
    p.ctl('brake', 'release')
    denied(p, token)
    assert p.show(token)['state'] == 'active'
    assert [a['mode'] for a in p.alert_list()
            if a['rule'] != 'patrol.brake'] == ['alert', 'enforce']


def test_an_alert_on_trial_says_so_wherever_it_is_told(place):
    syslog = place.rsyslogd()
    path = place.write('rules.yml', RULE % ('simulate', 'deactivate', '1s'))
    p = place.patrold({'rules': {'paths': [path]}, 'alerts': {
        'syslog': {'facility': 'authpriv', 'socket': syslog.socket}}})
    token, _ = p.token('alice')
    denied(p, token)
    alert, = p.alert_list()
    assert alert['simulated'] is True and alert['mode'] == 'simulate'
    assert 'SIMULATED' in p.ctl('alert', 'list').stdout
    for command in (['show'], ['explain']):
        assert 'SIMULATED' in p.ctl('alert', *command, alert['id']).stdout
    assert p.ctl_json('alert', 'show', alert['id'])[0]['simulated'] is True
    line, = wait_for(lambda: [s for s in syslog.lines() if alert['id'] in s],
                     'the alert in syslog')
    assert ' mode=simulate simulated=true ' in line
    assert 'would have deactivated ' + token in line
    written, = wait_for(p.alert_file, 'the alert in the file')
    assert written['simulated'] is True
    assert 'SIMULATED' in p.ctl('token', 'show', token).stdout
    counts = p.status()['alerts']
    assert (counts['raised'], counts['simulated']) == (1, 1)
    p.ctl('rule', 'mode', 'denied', 'alert')
    denied(p, token)
    counts = p.status()['alerts']
    assert (counts['raised'], counts['simulated']) == (2, 1)
    assert ('\npatrol_alerts_total 2\n' in p.http('GET', '/metrics')[1]
            and '\npatrol_alerts_simulated_total 1\n'
            in p.http('GET', '/metrics')[1])


def test_a_mode_lives_over_a_kill_and_a_reload(start):
    p = start()
    p.ctl('rule', 'mode', 'denied', 'off')
    p.kill9()
    p.start()
    assert mode(p) == ('off', 'simulate', 'off')
    p.ctl('reload')
    assert mode(p) == ('off', 'simulate', 'off')
    denied(p, 'tok')
    assert p.alert_list() == []
    p.ctl('rule', 'mode', 'denied', 'file')
    assert mode(p) == ('simulate', 'simulate', 'simulate')
    p.kill9()
    p.start()
    assert mode(p) == ('simulate', 'simulate', 'simulate')


def test_a_rule_that_means_something_else_is_what_its_file_says(start, place):
    p = start()
    p.ctl('rule', 'promote', 'denied', '--yes')
    place.write('rules.yml', (RULE % ('simulate', 'deactivate', '1s')).replace(
        'outcome: denied', 'outcome: failure'))
    told = ('means something else, and has the mode of its file: Denied '
            '(11111111-1111-4111-8111-111111111111)')
    assert told in p.ctl('reload').stdout       # nobody is left to think
    assert mode(p) == ('simulate', 'simulate', 'simulate')
    assert 'given a mode, and has that of its file: Denied' in p.log()
    p.ctl('rule', 'mode', 'denied', 'file')
    assert told not in p.ctl('reload').stdout


def test_every_change_of_a_mode_is_audited(start):
    p = start()
    p.ctl('rule', 'mode', 'denied', 'alert')
    entry = p.ctl_json('audit', 'list', '--action', 'rule.mode')[0]
    assert entry['object'].startswith('11111111-')
    assert entry['before'] == {'mode': 'simulate'}
    assert entry['after'] == {'mode': 'alert'}
    assert entry['actor'].startswith('uid:0')


@pytest.mark.parametrize('settings,says', [
    (dict(mode='alert'), 'only from simulate'),
    (dict(mode='off'), 'only from simulate'),
    (dict(respond=''), "no 'respond'"),
    (dict(ceiling='alert'), 'rules.ceiling is alert')])
def test_what_cannot_be_promoted_is_refused(start, settings, says):
    p = start(**settings)
    before = mode(p)
    for option in ('--try', '--yes'):
        done = p.ctl('rule', 'promote', 'denied', option, check=False)
        assert done.returncode == 1 and says in done.stderr
    assert mode(p) == before


def test_unknown_rules_and_modes_are_refused(start):
    p = start()
    for verb in (['show', 'denyed'], ['mode', 'denyed', 'off'],
                 ['promote', 'denyed', '--try']):
        done = p.ctl('rule', *verb, check=False)
        assert done.returncode == 1
        assert "did you mean 'denied'" in done.stderr
    assert p.ctl('rule', 'mode', 'denied', 'on', check=False).returncode == 2
    answer = p.request('rule.mode', id='denied', mode='on')
    assert not answer['ok'] and 'off, simulate' in answer['error']['message']


def test_the_ceiling_holds_over_a_given_mode(start):
    p = start(ceiling='alert')
    told = p.ctl('rule', 'mode', 'denied', 'enforce').stdout
    assert 'but alert by rules.ceiling' in told
    token, _ = p.token('alice')
    denied(p, token)
    assert p.show(token)['state'] == 'active'
    assert json.loads(p.ctl('rule', 'show', 'denied', '--json').stdout)[
        'rule']['effective_mode'] == 'alert'
