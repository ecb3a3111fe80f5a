"""What /metrics says, and that `patrolctl status` says the same."""
import os
import re
import sqlite3
import subprocess

from patrol import SECRET, TOP, Sender, program, wait_for

BEARER = {'Authorization': 'Bearer ' + SECRET}
SAMPLE = re.compile(r'^([a-z_]+)(?:\{(.*)\})? ([0-9.e+]+)$')
LABEL = re.compile(r'([a-z]+)="((?:[^"\\]|\\.)*)"(?:,|$)')

ODD_RULE = r'''
title: "say \"no\" \\ or {yes},\nline two é"
id: 11111111-2222-4333-8444-555555555555
logsource: {product: patrol}
detection: {s: {action: pull}, condition: s}
---
title: pulls
id: 11111111-2222-4333-8444-555555555556
name: pulls
logsource: {product: patrol}
detection: {s: {action: pull}, condition: s}
---
title: "many \"pulls\" \\"
id: 11111111-2222-4333-8444-555555555557
correlation: {type: event_count, rules: [pulls], group-by: [token],
  timespan: 5m, condition: {gte: 100}}
level: low
'''


def unescape(text):
    return re.sub(r'\\(.)', lambda m: '\n' if m[1] == 'n' else m[1], text)


def scrape(p):
    """{name: {frozenset of labels: value}}; each sample but once."""
    status, text = p.http('GET', '/metrics')
    assert status == 200
    out = {}
    for line in text.splitlines():
        if line.startswith('#'):
            continue
        name, labels, value = SAMPLE.match(line).groups()
        key = frozenset((k, unescape(v))
                        for k, v in LABEL.findall(labels or ''))
        assert key not in out.setdefault(name, {}), line
        out[name][key] = float(value)
    return out


def value(p, name, **labels):
    return scrape(p)[name].get(frozenset(labels.items()), 0)


def lint(p):
    """What promtool has to say: nothing."""
    text = p.http('GET', '/metrics')[1]
    r = subprocess.run([program('promtool'), 'check', 'metrics'],
                       input=text.encode(), stdout=subprocess.PIPE,
                       stderr=subprocess.STDOUT, timeout=20)
    assert (r.returncode, r.stdout) == (0, b''), r.stdout.decode()


def odd_patrold(place):
    """One whose rule titles need escaping in a label."""
    return place.patrold({'rules': {'paths': [
        place.write('odd.yml', ODD_RULE)]}})


def test_promtool_finds_nothing(place):
    p = odd_patrold(place)
    lint(p)                                 # before anything has happened
    p.token('alice')
    p.send({'registry': 'a"b\\c\nd', 'action': 'pull', 'outcome': 'success',
            'token': 'pat_x'},
           {'registry': 'é{},=', 'action': 'pull', 'outcome': 'denied'},
           {'action': 'pull'}, '{bad', {'time': '2001-01-01T00:00:00Z'})
    p.http('POST', '/v1/uses', b'{\n', BEARER)
    p.http('GET', '/token')
    p.settle()
    lint(p)
    hits = scrape(p)['patrol_rule_hits_total']
    assert hits[frozenset({
        ('rule', '11111111-2222-4333-8444-555555555555'),
        ('title', 'say "no" \\ or {yes},\nline two é')})] == 3
    windows = scrape(p)['patrol_rule_windows']
    assert windows == {frozenset({
        ('rule', '11111111-2222-4333-8444-555555555557'),
        ('title', 'many "pulls" \\')}): 1}


def test_uses_are_counted_by_registry_and_outcome(patrold):
    patrold.send(*[{'registry': r, 'action': 'pull', 'outcome': o}
                   for r, o in (('hub', 'success'), ('hub', 'success'),
                                ('hub', 'denied'), ('a"\\\n', 'failure'))],
                 {'action': 'pull'})
    uses = scrape(patrold)['patrol_uses_total']
    assert uses == {
        frozenset({('registry', 'hub'), ('outcome', 'success')}): 2,
        frozenset({('registry', 'hub'), ('outcome', 'denied')}): 1,
        frozenset({('registry', 'a"\\\n'), ('outcome', 'failure')}): 1,
        frozenset({('registry', ''), ('outcome', 'none')}): 1}
    status = patrold.status()
    assert status['registries'] == {
        'hub': {'success': 2, 'denied': 1}, 'a"\\\n': {'failure': 1},
        '': {'none': 1}}
    shown = patrold.ctl('status').stdout
    assert re.search(r'hub success 2 +hub denied 1', shown)
    assert 'a"\\\\x0a failure 1' in shown and '(none) none 1' in shown


def test_registries_that_strangers_invent_are_bounded(patrold):
    names = ['r%d.example' % i for i in range(300)] + ['(others)', 'x' * 200]
    patrold.send(*[{'registry': r, 'action': 'pull', 'outcome': 'success'}
                   for r in names])
    uses = scrape(patrold)['patrol_uses_total']
    assert len(uses) == 65                  # 64, and the others
    assert sum(uses.values()) == len(names)
    assert uses[frozenset({('registry', '(others)'),
                           ('outcome', 'success')})] == len(names) - 64
    assert value(patrold, 'patrol_evictions_total',
                 table='registry_names') == 300 - 64
    lint(patrold)
    assert len(patrold.status()['registries']) == 65


def test_refused_lines_are_counted_by_reason_and_sender(patrold):
    patrold.send('{', '{', {'time': '2001-01-01T00:00:00Z'})
    patrold.send('{')                       # another pid, the same sender
    patrold.http('POST', '/v1/uses', b'{\n[]\n', BEARER)
    patrold.notify()
    patrold.http('POST', '/notifications', b'no', BEARER)
    by = {tuple(sorted(k)): v for k, v in
          scrape(patrold)['patrol_refused_by_sender_total'].items()}
    reasons = {}
    for key, n in by.items():
        labels = dict(key)
        assert 'pid' not in labels['sender']
        reasons[labels['reason']] = reasons.get(labels['reason'], 0) + n
    assert {k: v for (((_, k),), v) in
            ((tuple(x), y) for x, y in
             scrape(patrold)['patrol_refused_total'].items())
            if v > 0} == reasons
    senders = patrold.status()['refused_by']
    own, = [v for k, v in senders.items() if k.startswith('ingest uid ')]
    assert own == {'syntax': 3, 'time_late': 1}
    assert sum(senders['http 127.0.0.1'].values()) == 2
    assert sum(senders['webhook 127.0.0.1'].values()) == 1
    listed = patrold.ctl_json('activity', 'refused')
    assert {r['sender'].split(' pid ')[0] for r in listed} == set(senders)


def test_senders_of_refused_lines_are_bounded(place):
    p = place.patrold()
    p.conf['http'][0]['trusted-proxies'] = ['127.0.0.0/8']
    p.stop()
    p.write_conf()
    p.start()
    for i in range(150):
        p.http('POST', '/v1/uses', b'{\n',
               dict(BEARER, **{'X-Forwarded-For': '192.0.2.%d' % i}))
    by = scrape(p)['patrol_refused_by_sender_total']
    assert len(by) == 65 and sum(by.values()) == 150
    assert value(p, 'patrol_evictions_total', table='sender_names') == 150 - 64
    lint(p)


def assert_is_histogram(families, name):
    buckets = sorted((float(dict(k)['le']), v)
                     for k, v in families[name + '_bucket'].items())
    assert buckets[-1][0] == float('inf')
    assert [v for _, v in buckets] == sorted(v for _, v in buckets)
    assert buckets[-1][1] == families[name + '_count'][frozenset()]
    return families[name + '_sum'][frozenset()]


def test_commits_are_a_histogram(patrold):
    patrold.send(*[{'action': 'pull'}] * 250)
    patrold.settle()
    m = scrape(patrold)
    assert assert_is_histogram(m, 'patrol_commit_seconds') > 0
    assert assert_is_histogram(m, 'patrol_commit_uses') == \
        m['patrol_stored_uses_total'][frozenset()] == 250
    status = patrold.status()
    assert status['commit_uses']['sum'] == 250
    assert status['commit_usec']['all'] == status['store']['commits']


def test_what_waits_for_the_store_is_seen_to_wait(patrold):
    """Somebody holds the store's lock: nothing can be acknowledged."""
    db = sqlite3.connect(patrold.store, isolation_level=None)
    db.execute('BEGIN IMMEDIATE')
    with Sender(patrold.ingest) as s:
        s.send({'action': 'pull'}, {'action': 'pull'}, '{')

        def waits():
            m = scrape(patrold)
            return (m['patrol_queue_uses'][frozenset()] == 2 and
                    m['patrol_queue_refused'][frozenset()] == 1 and
                    m['patrol_unacknowledged_age_seconds'][frozenset()] > 0
                    and m['patrol_store_in_trouble'][frozenset()] == 1)
        wait_for(waits, 'the queue to be seen')
        status = patrold.status()
        assert status['queue']['uses'] == 2
        assert status['queue']['oldest_usec'] > 0
        assert status['ingest']['settled'] == 0
        db.execute('ROLLBACK')
        db.close()
        s.wait_ack(3)
    wait_for(lambda: value(patrold, 'patrol_queue_uses') == 0, 'the end of it')
    assert value(patrold, 'patrol_unacknowledged_age_seconds') == 0
    assert value(patrold, 'patrol_ingest_settled_lines_total') == 3
    assert value(patrold, 'patrol_ingest_acks_total') >= 1


# A metric, its labels, and where the same stands in the status.
SAME = [
    ('patrol_duplicates_total', {}, 'uses.duplicates'),
    ('patrol_empty_total', {}, 'uses.empty'),
    ('patrol_refused_total', {'reason': 'syntax'}, 'refused.syntax'),
    ('patrol_uses_total', {'registry': 'hub', 'outcome': 'denied'},
     'registries.hub.denied'),
    ('patrol_ingest_lines_total', {}, 'ingest.lines'),
    ('patrol_ingest_settled_lines_total', {}, 'ingest.settled'),
    ('patrol_ingest_acks_total', {}, 'ingest.acks'),
    ('patrol_ingest_throttled_total', {}, 'ingest.throttled'),
    ('patrol_ingest_kept_waiting_total', {}, 'ingest.kept_waiting'),
    ('patrol_ingest_accepted_total', {}, 'ingest.accepted'),
    ('patrol_queue_uses', {}, 'queue.uses'),
    ('patrol_stored_uses_total', {}, 'store.stored_uses'),
    ('patrol_commit_failures_total', {}, 'store.failures'),
    ('patrol_commit_seconds_count', {}, 'commit_usec.all'),
    ('patrol_commit_uses_bucket', {'le': '10'}, 'commit_uses.<=10'),
    ('patrol_trimmed_rows_total', {}, 'store.trimmed_rows'),
    ('patrol_store_bytes', {'file': 'database'}, 'store.database_bytes'),
    ('patrol_tokens', {'state': 'active'}, 'tokens.active'),
    ('patrol_tokens', {'state': 'inactive'}, 'tokens.inactive'),
    ('patrol_foreign_tokens', {}, 'tokens.foreign'),
    ('patrol_accounts', {}, 'tokens.accounts'),
    ('patrol_evictions_total', {'table': 'foreign_tokens'},
     'evicted.foreign_tokens'),
    ('patrol_evictions_total', {'table': 'strings'}, 'evicted.strings'),
    ('patrol_rules', {}, 'rules'),
    ('patrol_alerts_total', {}, 'alerts.raised'),
    ('patrol_alerts_simulated_total', {}, 'alerts.simulated'),
    ('patrol_alerts_held', {}, 'alerts.held'),
    ('patrol_responses_total', {}, 'alerts.responses'),
    ('patrol_notices_total', {'notice': 'expiry'}, 'notices.expiry'),
    ('patrol_notices_waiting', {}, 'notices.waiting'),
    ('patrol_brake_prevented_total', {}, 'brake.prevented'),
    ('patrol_leak_reports_total', {'source': 'control', 'result': 'unknown'},
     'leaks.control.unknown'),
    ('patrol_leak_signatures_total', {'result': 'missing'},
     'leaks.signatures.missing'),
    ('patrol_sink_delivered_total', {'sink': 'file'}, 'sinks.file.delivered'),
    ('patrol_sink_waiting', {'sink': 'file'}, 'sinks.file.waiting'),
    ('patrol_grants_total', {}, 'http.grants'),
    ('patrol_ids_remembered', {}, 'memory.ids'),
    ('patrol_strings_remembered', {}, 'memory.strings'),
]


def test_the_status_says_the_same(patrold):
    token, _ = patrold.token('alice')
    patrold.token('bob')
    patrold.ctl('token', 'deactivate', token)
    patrold.request('leak.report', reports='pat_x pat_y')
    patrold.send({'id': 'a', 'registry': 'hub', 'outcome': 'denied',
                  'action': 'pull', 'token': 'pat_f'},
                 {'id': 'a', 'registry': 'hub'}, {'count': 0}, '{',
                 {'registry': 'hub', 'token': token, 'action': 'pull'})
    patrold.settle()
    wait_for(lambda: patrold.alert_file(), 'the alert')

    def differ():
        """What does not agree; a commit may come between the two."""
        metrics, status = scrape(patrold), patrold.status()
        found = []
        for name, labels, path in SAME:
            there = status
            for part in path.split('.'):
                there = there[part]
            if metrics[name][frozenset(labels.items())] != there:
                found.append((name, path))
        return found
    wait_for(lambda: not differ(), lambda: 'agreement on %s' % differ())
    metrics, status = scrape(patrold), patrold.status()
    assert metrics['process_start_time_seconds'][frozenset()] > 1e9
    windows = {k: v['keys'] for k, v in status['windows'].items()}
    assert windows == {dict(k)['title']: v for k, v in
                       metrics['patrol_rule_windows'].items()}
    assert sum(windows.values()) > 0


def test_the_manual_names_each_metric(patrold):
    with open(os.path.join(TOP, 'etc', 'man', 'patrold.8')) as f:
        part = f.read().split('.Sh METRICS')[1].split('.Sh ')[0]
    told = {name for line in re.findall(r'^\.It Cm (.*)$', part, re.M)
            for name in line.split(' , ')}
    text = patrold.http('GET', '/metrics')[1]
    assert told == set(re.findall(r'^# TYPE (\S+)', text, re.M))
