"""rule check and rule test: what people who write rules work with."""
import json
import os
import subprocess

import pytest

from patrol import BUILD

GOOD = '''title: Good %(n)s
id: 00000000-0000-4000-8000-00000000000%(n)s
name: good%(n)s
logsource: {product: patrol}
detection:
  s: {action: pull}
  condition: s
'''
COUNT = '''title: Count %(n)s
id: 00000000-0000-4000-8000-00000000010%(n)s
correlation:
  type: event_count
  rules: [%(ref)s]
  group-by: [token]
  timespan: 5m
  condition: {gte: 3}
'''


def rule(*args, check=None, **more):
    done = subprocess.run([os.path.join(BUILD, 'patrolctl'), 'rule', *args],
                          stdout=subprocess.PIPE, stderr=subprocess.PIPE,
                          universal_newlines=True, timeout=60, **more)
    if check is not None:
        assert done.returncode == check, done.stderr + done.stdout
    return done


def objects(done):
    return [json.loads(x) for x in done.stdout.splitlines()]


def test_good_rules_are_listed_beside_faulty_ones(place):
    a = place.write('a.yml', GOOD % {'n': 1})
    b = place.write('b.yml', GOOD.replace('action', 'action|containz') %
                    {'n': 2} + '---\n' + GOOD % {'n': 3})
    c = place.write('c.yml', 'title: [\n')
    done = rule('check', a, b, c, check=1)
    assert 'Good 1' in done.stdout and 'Good 3' in done.stdout
    assert 'Good 2' not in done.stdout
    assert "b.yml:6:14: " in done.stderr and "'contains'" in done.stderr
    assert 'c.yml:2:' in done.stderr or 'c.yml:1:' in done.stderr
    assert done.stdout.splitlines()[-1] == (
        '2 rules good, 2 faulty: 2 errors, 0 warnings; '
        'patrold would load none of them')


def test_whether_a_rule_alerts_is_told_beside_faulty_ones(place):
    path = place.write('a.yml', '---\n'.join([
        GOOD % {'n': 1}, GOOD % {'n': 2}, COUNT % {'n': 1, 'ref': 'good1'},
        GOOD.replace('action', 'action|containz') % {'n': 3}]))
    told = {r['title']: r['alerts'] for r in
            objects(rule('check', '--json', path, check=1)) if 'alerts' in r}
    assert told == {'Good 1': False, 'Good 2': True, 'Count 1': True}


def test_no_rules_at_all_are_told(place):
    os.mkdir(place.path('rules'))
    place.write('rules/README', 'none')
    for command in 'check', 'test':
        done = rule(command, place.path('rules'), check=0)
        assert 'rules: warning: no rules' in done.stderr
    place.write('rules/a.yaml', GOOD % {'n': 1})
    assert rule('check', place.path('rules'), check=0).stderr == ''


def test_a_fault_of_one_document_leaves_the_others(place):
    """Also where YAML itself finds it: a key that is there twice."""
    path = place.write('a.yml', GOOD % {'n': 1} + '---\n' + GOOD % {'n': 2} +
                       'title: again\n---\n' + GOOD % {'n': 3})
    done = rule('check', '-q', path, check=1)
    assert done.stdout.split() == [
        '00000000-0000-4000-8000-000000000001',
        '00000000-0000-4000-8000-000000000003']
    assert 'a.yml:16:1: ' in done.stderr


def test_what_refers_to_a_faulty_rule_is_faulty(place):
    bad = GOOD.replace('action', 'action|nope') % {'n': 1}
    path = place.write('a.yml', '---\n'.join([
        bad, COUNT % {'n': 1, 'ref': 'good1'},
        COUNT % {'n': 2, 'ref': '00000000-0000-4000-8000-000000000101'},
        GOOD % {'n': 3}, COUNT % {'n': 3, 'ref': 'good3'},
        COUNT % {'n': 4, 'ref': 'nobody'}]))
    *rest, last = objects(rule('check', '--json', path, check=1))
    good = [r['title'] for r in rest if r.get('good')]
    assert good == ['Good 3', 'Count 3']
    faults = [r['text'] for r in rest if 'fault' in r]
    assert sum("the rule 'good1' has faults" in f for f in faults) == 1
    assert sum("000000000101' has faults" in f for f in faults) == 1
    assert sum("no rule has the id or name 'nobody'" in f
               for f in faults) == 1
    assert last == {'good': 2, 'faulty': 4, 'errors': 4, 'warnings': 0}


def test_the_second_of_one_id_is_faulty(place):
    path = place.write('a.yml', GOOD % {'n': 1} + '---\n' +
                       (GOOD % {'n': 1}).replace('Good', 'Other')
                       .replace('name: good1\n', ''))
    *rest, last = objects(rule('check', '--json', path, check=1))
    assert [(r['title'], r['good']) for r in rest if 'good' in r] == [
        ('Good 1', True), ('Other 1', False)]
    assert last['errors'] == 1


def test_warnings_alone_are_no_failure(place):
    path = place.write('a.yml', (GOOD % {'n': 1}).replace(
        'condition: s', 'unused: {a: b}\n  condition: s'))
    done = rule('check', path, check=0)
    assert 'warning' in done.stderr and "'unused'" in done.stderr
    assert done.stdout.splitlines()[-1].startswith('1 rule good, 0 faulty: ')


EXPAND = '''title: Expand
logsource: {product: patrol}
detection:
  s: {account|expand: '%admins%'}
  condition: s
'''


def test_placeholders_come_from_a_file_or_the_configuration(place):
    path = place.write('r.yml', EXPAND)
    done = rule('check', path, check=1)
    assert "'%admins%'" in done.stderr
    values = place.write('p.yml', 'admins: [alice, bob]\n')
    rule('check', '--placeholders', values, path, check=0)
    for wrong, says in (('[alice]', 'a map of names'),
                        ('admins: {a: b}', 'p.yml:1:9: '),
                        ('admins: []', "'%admins%'")):
        place.write('p.yml', wrong + '\n')
        done = rule('check', '--placeholders', values, path, check=1)
        assert says in done.stderr


def test_patrold_knows_its_placeholders(place):
    path = place.write('r.yml', EXPAND)
    p = place.patrold(conf={'rules': {
        'paths': [path], 'placeholders': {'admins': ['ali*']}}})
    p.send({'account': 'alice', 'action': 'pull', 'outcome': 'success'},
           {'account': 'bob', 'action': 'pull', 'outcome': 'success'})
    p.settle()
    assert [a['account'] for a in p.alert_list()] == ['alice']
    listed, = p.ctl_json('rule', 'list')[:1]
    assert listed['hits'] == 1 and listed['candidates'] == 2
    config = p.ctl('status', '--config').stdout
    assert 'admins: [ali*]' in config or 'admins: ["ali*"]' in config


def test_a_placeholder_that_goes_away_refuses_the_reload(place):
    path = place.write('r.yml', EXPAND)
    p = place.patrold(conf={'rules': {
        'paths': [path], 'placeholders': {'admins': 'alice'}}})
    p.conf['rules']['placeholders'] = {}
    p.write_conf()
    done = p.ctl('reload', check=False)
    assert done.returncode == 1 and "'%admins%'" in done.stderr
    assert len(p.ctl_json('rule', 'list')) == 1


def test_a_fifo_in_a_folder_is_not_waited_for(place):
    os.mkdir(place.path('rules'))
    place.write('rules/a.yml', GOOD % {'n': 1})
    os.mkfifo(place.path('rules/b.yml'))
    done = rule('check', place.path('rules'), check=1)
    assert 'b.yml: not a file' in done.stderr
    assert 'Good 1' in done.stdout


def test_links_that_lead_back_and_devices_are_told(place):
    """Two links to the folder above made a walk of 65,000 folders."""
    os.mkdir(place.path('rules'))
    place.write('rules/a.yml', GOOD % {'n': 1})
    for link, to in (('up', '.'), ('up2', '../rules'),
                     ('loop.yml', 'loop.yml'), ('zero.yml', '/dev/zero'),
                     ('gone.yml', 'nowhere')):
        os.symlink(to, place.path('rules/' + link))
    with open(place.path('rules/large.yml'), 'w') as f:
        f.truncate(100 << 20)
    *rest, last = objects(rule('check', '--json', place.path('rules'),
                               check=1))
    faults = {os.path.basename(x['file']): x['text'] for x in rest
              if 'fault' in x}
    assert set(faults) == {'up', 'up2', 'loop.yml', 'zero.yml', 'gone.yml',
                           'large.yml'}
    assert faults['up'] == faults['up2'] == (
        'leads back to a folder that it lies in')
    assert faults['zero.yml'] == 'not a file'
    assert 'larger than' in faults['large.yml']
    assert last['good'] == 1


def test_what_is_no_yaml_ends_its_document_only(place):
    path = place.write('a.yml', GOOD % {'n': 1} + "---\ntitle: 'open\n"
                       '---\n\ttitle: tab\n---\n' + GOOD % {'n': 2} +
                       '---\ntitle: [t\n---\n' +
                       (GOOD % {'n': 3}).replace('pull', '[]'))
    *rest, last = objects(rule('check', '--json', path, check=1))
    assert [x['title'] for x in rest if x.get('good')] == ['Good 1',
                                                           'Good 2']
    assert [x['line'] for x in rest if 'fault' in x] == [10, 11, 22, 28]
    assert last['errors'] == 4


def fields_said(done):
    return [(x['line'], x['col'], x['text']) for x in objects(done)
            if x.get('fault') == 'warning']


def test_a_field_that_is_nearly_known_is_a_warning(place):
    text = GOOD % {'n': 1} + '---\n' + COUNT % {'n': 1, 'ref': 'good1'}
    path = place.write('a.yml', text.replace('action:', 'acton|cased:')
                       .replace('[token]', '[source.ipp]'))
    assert fields_said(rule('check', '--json', path, check=0)) == [
        (6, 7, "patrol knows no field 'acton', did you mean 'action'?"),
        (14, 14, "patrol knows no field 'source.ipp', "
                 "did you mean 'source.ip'?")]


@pytest.mark.parametrize('changes', [
    {'action: pull': 'build_number: 5'}, {'action: pull': 'source.port: 5'},
    {'action: pull': 'new.network: true'},
    {'product: patrol': 'product: x', 'action: pull': 'acton: pull'},
    {'group-by: [token]': 'aliases: {tokn: {good1: token}}\n'
     '  group-by: [tokn]'}])
def test_a_field_of_another_kind_is_none(place, changes):
    text = GOOD % {'n': 1} + '---\n' + COUNT % {'n': 1, 'ref': 'good1'}
    for was, now in changes.items():
        assert was in text
        text = text.replace(was, now)
    path = place.write('a.yml', text)
    assert fields_said(rule('check', '--json', path, check=0)) == []


TESTED = GOOD % {'n': 1} + '''patrol:
  tests:
    - name: a pull is told
      uses: [{token: pat_a, action: pull}]
      expect: [{key: {token: pat_a}, count: 1}]
    - name: a push is told
      uses: [{token: pat_a, action: push}]
      expect: [{key: {token: pat_a}, count: 1}]
'''


def test_tests_are_told_like_a_test_runner(place):
    path = place.write('a.yml', TESTED + '---\n' + GOOD % {'n': 2})
    done = rule('test', path, check=1)
    lines = done.stdout.splitlines()
    assert lines[0] == 'ok 1 - Good 1: a pull is told'
    assert lines[1] == 'not ok 2 - Good 1: a push is told'
    assert lines[2].startswith('# ') and 'a.yml:' in lines[2]
    assert lines[3].endswith('no tests: Good 2')
    assert lines[4] == ('2 tests of 2 rules: 1 passed, 1 failed; '
                        '1 without tests')


def test_in_json_the_last_object_has_the_counts(place):
    path = place.write('rules.yml', TESTED)
    *tests, counts = objects(rule('test', '--json', path, check=1))
    assert counts == {
        'rules': 1, 'tests': len(tests), 'untested': 0,
        'passed': sum(t['passed'] for t in tests),
        'failed': sum(not t['passed'] for t in tests)}
    assert rule('test', '-q', '--json', path, check=1).stdout.count(
        '"untested"') == 0


def test_a_rule_without_tests_fails_if_strict(place):
    path = place.write('a.yml', GOOD % {'n': 1} + '---\n' +
                       COUNT % {'n': 1, 'ref': 'good1'})
    rule('test', path, check=0)
    done = rule('test', '--strict', path, check=1)
    assert 'no tests: Count 1' in done.stdout
    assert 'no tests: Good 1' not in done.stdout    # it only feeds
    untested, counts = objects(rule('test', '--json', path, check=0))
    assert untested['why'] == 'no tests' and 'test' not in untested
    assert 'passed' not in untested and counts['failed'] == 0


def test_faulty_rules_are_not_tested(place):
    path = place.write('a.yml', TESTED + '---\ntitle: x\n')
    done = rule('test', path, check=1)
    assert 'ok 1' not in done.stdout
    assert '1 rule good, 1 faulty' in done.stdout


@pytest.mark.parametrize('condition,says', [
    ('{gte: 100001}', '100000'), ('{gte: 99999999999}', '100000')])
def test_a_threshold_beyond_what_is_kept_is_refused(place, condition, says):
    path = place.write('a.yml', GOOD % {'n': 1} + '---\n' + (
        COUNT % {'n': 1, 'ref': 'good1'}).replace('{gte: 3}', condition))
    done = rule('check', path, check=1)
    assert says in done.stderr and 'a.yml:16:20: ' in done.stderr
