"""Rules at work: alerts, what they do to tokens, undo, the brake."""
import json
import os

import pytest

from patrol import TOP, now, wait_for

TEN_DENIED = '''\
title: Denied use
id: 6c7a3d52-0e0d-4a52-8a5e-1d4b7f3c9a01
name: denied_use
logsource: {product: patrol, category: token_use}
detection:
    denied: {outcome: denied}
    condition: denied
level: informational
---
title: Ten denied uses of one token
id: 6c7a3d52-0e0d-4a52-8a5e-1d4b7f3c9a02
name: ten_denied
correlation:
    type: event_count
    rules: [denied_use]
    group-by: [token]
    timespan: 1m
    condition: {gte: 10}
level: high
patrol: {respond: [deactivate], mode: %s, realert: 1h}
'''

FOUR_NETWORKS = '''\
title: Any use
id: 6c7a3d52-0e0d-4a52-8a5e-1d4b7f3c9a03
name: any_use
logsource: {product: patrol, category: token_use}
detection:
    any: {source.net|exists: true}
    condition: any
level: informational
---
title: One token from four networks
id: 6c7a3d52-0e0d-4a52-8a5e-1d4b7f3c9a04
name: four_networks
correlation:
    type: value_count
    rules: [any_use]
    group-by: [token]
    timespan: 10m
    condition: {field: source.net, gte: 4}
level: critical
patrol: {respond: [deactivate], mode: enforce, realert: 1h}
'''


def with_rules(place, text, **conf):
    rules = dict({'paths': [place.write('rules.yml', text)]}, **conf)
    return place.patrold({'rules': rules})


def denied(token, **fields):
    return dict({'token': token, 'action': 'pull', 'outcome': 'denied',
                 'time': now(), 'source.ip': '192.0.2.1'}, **fields)


def test_the_tenth_denied_use_deactivates_not_the_ninth(place):
    p = with_rules(place, TEN_DENIED % 'enforce')
    token, secret = p.token('alice')
    p.send(*[denied(token) for _ in range(9)])
    assert p.alert_list() == []
    assert p.show(token)['state'] == 'active'
    p.send(denied(token))
    alert, = p.alert_list()
    assert alert['title'] == 'Ten denied uses of one token'
    assert alert['level'] == 'high'
    assert alert['key'] == {'token': token}
    assert alert['count'] == 10
    assert token in alert['done']
    shown = p.show(token)
    assert shown['state'] == 'inactive'
    assert 'Ten denied uses' in shown['cause']
    assert shown['actor'].startswith('rule:')
    status, body = p.exchange('alice', secret)
    assert status == 401
    assert body['errors'][0]['message'] == 'access token is inactive'


def test_a_window_that_fired_counts_on_as_one_alert(place):
    p = with_rules(place, TEN_DENIED % 'enforce')
    token, _ = p.token('alice')
    p.send(*[denied(token) for _ in range(25)])
    alert, = p.alert_list()
    assert alert['count'] == 25


def test_each_token_has_a_window_of_its_own(place):
    p = with_rules(place, TEN_DENIED % 'enforce')
    one, _ = p.token('alice')
    two, _ = p.token('alice')
    p.send(*[denied(t) for _ in range(9) for t in (one, two)])
    assert p.alert_list() == []
    p.send(denied(two))
    assert p.show(one)['state'] == 'active'
    assert p.show(two)['state'] == 'inactive'


def test_uses_further_apart_than_the_window_do_not_add_up(place):
    p = with_rules(place, TEN_DENIED % 'enforce')
    token, _ = p.token('alice')
    p.send(*[denied(token, time=now(-70)) for _ in range(5)],
           *[denied(token) for _ in range(5)])
    assert p.alert_list() == []


def test_uses_out_of_order_raise_the_same_alert(place):
    p = with_rules(place, TEN_DENIED % 'enforce')
    token, _ = p.token('alice')
    p.send(*[denied(token, time=now(-i * 5)) for i in range(10)])
    assert len(p.alert_list()) == 1
    assert p.show(token)['state'] == 'inactive'


def test_a_token_tried_from_many_networks_is_deactivated(place):
    p = with_rules(place, FOUR_NETWORKS)
    token, secret = p.token('alice')
    for n in range(3):
        assert p.exchange('alice', secret, source='127.0.%d.1' % n)[0] == 200
    assert p.exchange('alice', secret, source='127.0.0.9')[0] == 200
    # The fourth network's own use is judged before it is answered.
    p.exchange('alice', secret, source='127.0.3.1')
    assert p.show(token)['state'] == 'inactive'
    status, body = p.exchange('alice', secret)
    assert (status, body['errors'][0]['message']) == (
        401, 'access token is inactive')
    assert p.alert_list()[0]['token'] == token


def test_undo_brings_the_token_back_for_as_long_as_the_alert_lasts(place):
    p = with_rules(place, TEN_DENIED % 'enforce')
    token, secret = p.token('alice')
    p.send(*[denied(token) for _ in range(10)])
    alert, = p.alert_list()
    p.ctl('undo', alert['id'])
    assert p.show(token)['state'] == 'active'
    assert p.exchange('alice', secret)[0] == 200
    shown, = p.ctl_json('alert', 'show', alert['id'])
    assert shown['undone'] is True
    p.send(denied(token))
    assert p.show(token)['state'] == 'active'
    r = p.ctl('undo', alert['id'], check=False)
    assert r.returncode == 1
    assert 'undone already' in r.stderr
    undo, = [e for e in p.ctl_json('audit', 'list') if e['action'] == 'undo']
    assert undo['object'] == alert['id']


@pytest.mark.parametrize('mode, simulated', [('simulate', True),
                                             ('alert', False)])
def test_below_enforce_nothing_is_changed(place, mode, simulated):
    p = with_rules(place, TEN_DENIED % mode)
    token, secret = p.token('alice')
    p.send(*[denied(token) for _ in range(12)])
    alert, = p.alert_list()
    assert alert['mode'] == mode
    assert alert['simulated'] is simulated
    assert p.show(token)['state'] == 'active'
    assert p.exchange('alice', secret)[0] == 200


def test_a_rule_that_is_off_is_silent(place):
    p = with_rules(place, TEN_DENIED % 'off')
    token, _ = p.token('alice')
    p.send(*[denied(token) for _ in range(12)])
    assert p.alert_list() == []


def test_the_ceiling_lowers_what_a_rule_may_do(place):
    p = with_rules(place, TEN_DENIED % 'enforce', ceiling='alert')
    token, _ = p.token('alice')
    p.send(*[denied(token) for _ in range(12)])
    alert, = p.alert_list()
    assert alert['mode'] == 'alert'
    assert p.show(token)['state'] == 'active'
    rule = [r for r in p.ctl_json('rule', 'list')
            if r['title'].startswith('Ten')][0]
    assert (rule['mode'], rule['effective_mode']) == ('enforce', 'alert')


def test_a_protected_token_is_never_changed(place):
    p = with_rules(place, TEN_DENIED % 'enforce')
    token, _ = p.token('alice', '--label', 'protected')
    p.send(*[denied(token) for _ in range(12)])
    alert, = p.alert_list()
    assert 'protected' in alert['done']
    assert p.show(token)['state'] == 'active'


def test_the_brake_stops_at_its_limit_until_released(place):
    p = with_rules(place, TEN_DENIED % 'enforce',
                   brake={'changes': 3, 'share': '100%'})
    tokens = [p.token('alice')[0] for _ in range(5)]
    for t in tokens:
        p.send(*[denied(t) for _ in range(10)])
    assert [p.show(t)['state'] for t in tokens] == [
        'inactive'] * 3 + ['active'] * 2
    titles = [a['title'] for a in p.alert_list()]
    assert sum('brake' in t for t in titles) == 1
    assert p.ctl('brake', 'release').returncode == 0
    assert p.ctl('brake', 'release', check=False).returncode == 1
    again, _ = p.token('alice')
    p.send(*[denied(again) for _ in range(10)])
    assert p.show(again)['state'] == 'inactive'


def test_the_brake_stays_on_over_a_restart(place):
    p = with_rules(place, TEN_DENIED % 'enforce',
                   brake={'changes': 1, 'share': '100%'})
    tokens = [p.token('alice')[0] for _ in range(2)]
    for t in tokens:
        p.send(*[denied(t) for _ in range(10)])
    assert p.show(tokens[1])['state'] == 'active'
    p.kill9()
    p.start()
    assert p.ctl('brake', 'release').returncode == 0


def test_an_alert_reaches_a_real_syslog_and_the_file_once(place):
    syslog = place.rsyslogd()
    rules = place.write('rules.yml', TEN_DENIED % 'enforce')
    p = place.patrold({
        'rules': {'paths': [rules]},
        'alerts': {'syslog': {'facility': 'authpriv', 'tag': 'patrold',
                              'socket': syslog.socket}}})
    token, _ = p.token('alice')
    p.send(*[denied(token, user_agent='evil\x1b[2J"=x\nalert y')
             for _ in range(10)])
    alert, = p.alert_list()

    def lines():
        return [line for line in syslog.lines() if alert['id'] in line]
    line, = wait_for(lines, 'the alert in syslog')
    assert line.startswith('authpriv.')
    assert 'patrold' in line
    assert token in line and 'level=high' in line
    assert '\x1b' not in line and len(line) <= 2100
    written = wait_for(p.alert_file, 'the alert in the file')
    assert [a['id'] for a in written] == [alert['id']]
    assert written[0]['key'] == {'token': token}
    p.stop()
    p.start()
    p.send(denied(token))
    assert len(lines()) == 1 and len(p.alert_file()) == 1


def test_alerts_wait_for_a_syslog_that_is_not_there(place):
    rules = place.write('rules.yml', TEN_DENIED % 'enforce')
    p = place.patrold({
        'rules': {'paths': [rules]},
        'alerts': {'syslog': {'facility': 'authpriv',
                              'socket': place.path('log.sock')}}})
    token, _ = p.token('alice')
    p.send(*[denied(token) for _ in range(10)])
    alert, = p.alert_list()
    wait_for(p.alert_file, 'the alert in the file: one blocked sink does '
             'not hold another')
    syslog = place.rsyslogd()
    wait_for(lambda: [line for line in syslog.lines()
                      if alert['id'] in line], 'the alert in syslog', 60)


def test_acknowledge_and_close_with_a_verdict(place):
    p = with_rules(place, TEN_DENIED % 'alert')
    token, _ = p.token('alice')
    p.send(*[denied(token) for _ in range(10)])
    alert = p.alert_list()[0]['id']
    p.ctl('alert', 'ack', alert)
    assert p.alert_list('--state', 'acknowledged')[0]['id'] == alert
    assert p.ctl('alert', 'close', alert, 'maybe',
                 check=False).returncode != 0
    p.ctl('alert', 'close', alert, 'expected')
    assert p.alert_list('--state', 'open') == []
    shown, = p.ctl_json('alert', 'show', alert)
    assert (shown['state'], shown['verdict']) == ('closed', 'expected')
    change = p.ctl_json('audit', 'list', '--object', alert)[0]
    assert change['after'] == {'state': 'closed', 'verdict': 'expected'}
    assert p.ctl('alert', 'ack', alert, check=False).returncode == 1


def test_alert_show_leads_to_the_uses(place):
    p = with_rules(place, TEN_DENIED % 'alert')
    token, _ = p.token('alice')
    p.send(*[denied(token, repository='alice/app') for _ in range(10)])
    alert = p.alert_list()[0]
    seqs = {u['seq'] for u in p.ctl_json('activity', 'list')}
    assert alert['uses'] and set(alert['uses']) <= seqs
    assert alert['summary']['repository'] == 'alice/app'
    text = p.ctl('alert', 'show', alert['id']).stdout
    assert 'Ten denied uses' in text and token in text


def test_a_reload_with_a_fault_changes_nothing_and_tells_all(place):
    p = with_rules(place, TEN_DENIED % 'enforce')
    token, _ = p.token('alice')
    p.send(*[denied(token) for _ in range(5)])
    place.write('rules.yml', TEN_DENIED.replace('event_count', 'event_cuont')
                .replace('timespan: 1m', 'timespan: 1x') % 'enforce')
    r = p.ctl('reload', check=False)
    assert r.returncode == 1
    assert 'rules.yml:14:' in r.stderr and 'rules.yml:17:' in r.stderr
    p.write_conf(json.dumps(dict(p.conf, stoer=1)))
    r = p.ctl('reload', check=False)        # of both files
    assert r.returncode == 1 and 'stoer' in r.stderr
    assert 'rules.yml:14:' in r.stderr and 'rules.yml:17:' in r.stderr
    p.write_conf()
    place.write('rules.yml', TEN_DENIED % 'enforce')
    p.ctl('reload')
    p.send(*[denied(token) for _ in range(5)])      # the window was kept
    assert p.show(token)['state'] == 'inactive'


def test_a_reload_takes_new_rules(place):
    p = with_rules(place, TEN_DENIED % 'off')
    token, _ = p.token('alice')
    place.write('rules.yml', TEN_DENIED % 'enforce')
    p.ctl('reload')
    p.send(*[denied(token) for _ in range(10)])
    assert p.show(token)['state'] == 'inactive'


def test_the_shipped_rules_load_and_are_listed(patrold):
    rules = patrold.ctl_json('rule', 'list')
    assert len(rules) >= 2
    assert patrold.ctl('rule', 'check',
                       os.path.join(TOP, 'rules')).returncode == 0


def test_rule_check_needs_no_daemon_and_tells_each_fault(place):
    p = place.patrold()
    p.stop()
    good = place.write('good.yml', TEN_DENIED % 'alert')
    assert p.ctl('rule', 'check', good).returncode == 0
    bad = place.write('bad.yml', TEN_DENIED.replace('level: high',
                                                    'level: hihg') % 'alrt')
    r = p.ctl('rule', 'check', bad, check=False)
    assert r.returncode == 1
    said = r.stdout + r.stderr
    assert 'bad.yml:19:' in said and 'bad.yml:20:' in said
    assert 'alert' in said          # did you mean


def test_an_alert_line_is_one_json_object(place):
    p = with_rules(place, TEN_DENIED % 'alert')
    token, _ = p.token('alice')
    p.send(*[denied(token, reason='a"b\\c\nd') for _ in range(10)])
    wait_for(p.alert_file, 'the alert in the file')
    with open(p.alerts) as f:
        lines = f.read().split('\n')
    assert lines[-1] == '' and len(lines) == 2
    assert json.loads(lines[0])['summary']['reason'] == 'a"b\\c\nd'
