"""patrolctl rule match: which events which rules match, without a daemon."""
import json
import os
import re
import subprocess

import pytest

from patrol import BUILD, DEADLINE

TOOL = os.path.join(BUILD, 'patrolctl')
DENIED = 'd0000000-0000-4000-8000-000000000001'
BURST = 'c0000000-0000-4000-8000-000000000002'
RULES = '''
title: denied
id: %s
name: denied
logsource: {product: any}
detection:
  sel: {result.code|gte: 400}
  condition: sel
---
title: burst
id: %s
correlation:
  type: event_count
  rules: [denied]
  group-by: [who]
  timespan: 10s
  condition: {gte: 2}
''' % (DENIED, BURST)


@pytest.fixture
def rules(tmp_path):
    path = tmp_path / 'rules.yml'
    path.write_text(RULES)
    return str(path)


def match(*args, **more):
    return subprocess.run([TOOL, 'rule', 'match', *args],
                          stdout=subprocess.PIPE, stderr=subprocess.PIPE,
                          universal_newlines=True, timeout=DEADLINE, **more)


def event(t, code=403, who='u', **more):
    return json.dumps(dict(more, time=t, who=who, result={'code': code}))


def lines(*events):
    return ''.join(e + '\n' for e in events)


def table(stdout):
    rows = [line.split('\t') for line in stdout.splitlines()]
    return {name: json.loads(indices) for name, indices in rows}


def test_a_line_a_rule_that_matched_sorted_by_id(rules):
    r = match('--rules', rules, input=lines(
        event(1), event(5, 200), event(6), event(7, who='v')))
    assert r.returncode == 0, r
    assert r.stdout == '%s\t[2]\n%s\t[0,2,3]\n' % (BURST, DENIED)


def test_nothing_matched_is_no_fault(rules):
    r = match('--rules', rules, '--events', '-', input='')
    assert (r.returncode, r.stdout, r.stderr) == (0, '', '')


def test_events_are_put_in_order(rules):
    """The one that comes last happened first."""
    r = match('--rules', rules, input=lines(event(20), event(30), event(12)))
    assert table(r.stdout)[BURST] == [0, 1]


def test_only_within_the_lateness_given(rules):
    late = lines(event(20), event(40), event(12))
    assert table(match('--rules', rules, '--lateness', '28s', input=late)
                 .stdout)[BURST] == [0]
    assert match('--rules', rules, '--lateness', '1 s',
                 input=late).returncode == 2


def test_a_window_includes_both_its_ends(rules):
    assert BURST in match('--rules', rules, input=lines(
        event(1), event(11))).stdout
    assert BURST not in match('--rules', rules, input=lines(
        event(1), event(11.000001))).stdout


def test_the_time_may_be_in_another_field(rules):
    r = match('--rules', rules, '--time-field', 'meta.at', input=lines(
        event(1, meta={'at': 100}), event(1, meta={'at': 1})))
    assert BURST not in r.stdout


def test_an_event_without_time_has_that_of_the_line_before(rules):
    r = match('--rules', rules, input=lines(
        event(1), event('noon'), event(100), event(None)))
    assert table(r.stdout)[BURST] == [1, 3]


def test_a_bad_line_keeps_its_number_and_an_empty_one_has_none(rules):
    r = match('--rules', rules, input=lines(event(1), '', '[]', event(50)))
    assert r.returncode == 1
    assert r.stderr == ('patrolctl: standard input:3: not a JSON object\n')
    assert table(r.stdout) == {DENIED: [0, 2]}


def test_bad_lines_are_told_by_their_place(rules, tmp_path):
    events = tmp_path / 'events.json'
    events.write_text(lines(event(1), event(1)[:-1], '{"a": tru}',
                            '{"a": 1} {}', '{"a": "\x01"}', event(2)))
    r = match('--rules', rules, '--events', str(events))
    assert r.returncode == 1
    assert [line.replace(str(events), 'F') for line in
            r.stderr.splitlines()] == [
        'patrolctl: F:2:%d: not valid JSON, it ends too early'
        % len(event(1)),
        'patrolctl: F:3:10: a: not a JSON value',
        'patrolctl: F:4:10: text behind the JSON object',
        'patrolctl: F:5:8: not valid JSON: a control character in a string, '
        'write it as \\u00XX']
    assert table(r.stdout) == {DENIED: [0, 5], BURST: [5]}


@pytest.mark.parametrize('options, says', [
    ([], "no event has a time in 'time', 'timestamp' or '@timestamp'"),
    (['--time-field', 'when'], "no event has a time in 'when'")])
def test_that_no_event_has_a_time_is_told(rules, options, says):
    r = match('--rules', rules, *options,
              input=lines('{"who":"u"}', '{"at": 5}'))
    assert r.returncode == 0 and says in r.stderr
    r = match('--rules', rules, *options,
              input=lines('{"who":"u"}', '{"time": 5, "when": 5}'))
    assert r.returncode == 0 and r.stderr == ''
    assert match('--rules', rules, *options, input='').stderr == ''


def test_memory_does_not_grow_with_what_matches(rules):
    """A rule that matches every event has the longest list there is."""
    def peak(n):
        p = subprocess.Popen(
            [TOOL, 'rule', 'match', '--rules', rules, '--lateness', '1s'],
            stdin=subprocess.PIPE, stdout=subprocess.PIPE)
        with p:
            for at in range(0, n, 1000):
                p.stdin.write(lines(*(event(i, 404) for i in
                                      range(at, at + 1000))).encode())
            p.stdin.close()
            p.stdout.read(1)    # the rest is more than the pipe takes
            with open('/proc/%d/status' % p.pid) as f:
                kib, = (int(row.split()[1]) for row in f
                        if row.startswith('VmHWM'))
            assert p.stdout.read().endswith(b',%d]\n' % (n - 1))
        assert p.returncode == 0
        return kib

    small, large = peak(100000), peak(400000)
    with open(TOOL, 'rb') as f:
        sanitized = re.search(b'lib[at]san', f.read())
    if not sanitized:       # one keeps what was freed
        assert large < small + 2048, (small, large)


def test_a_last_line_needs_no_newline(rules):
    assert table(match('--rules', rules, input=event(1)).stdout) == {
        DENIED: [0]}


def test_several_paths_are_one_set(rules, tmp_path):
    first, second = RULES.split('---')
    (tmp_path / 'a.yml').write_text(first)
    (tmp_path / 'b.yml').write_text(second)
    a, b = str(tmp_path / 'a.yml'), str(tmp_path / 'b.yml')
    two = lines(event(1), event(2))
    want = match('--rules', rules, input=two).stdout
    assert match('--rules', a, b, input=two).stdout == want
    assert match('--rules', b, '--rules', a, input=two).stdout == want


def test_placeholders_come_from_a_file(tmp_path):
    rules, file = tmp_path / 'rules.yml', tmp_path / 'placeholders.yml'
    rules.write_text(RULES.split('---')[0].replace(
        'result.code|gte: 400', "who|expand: '%admins%'"))
    given = ('--rules', str(rules), '--placeholders', str(file))
    file.write_text('admins: [root, adm*]\n')
    r = match(*given, input=lines(event(1), event(2, who='Admin')))
    assert table(r.stdout) == {DENIED: [1]}
    file.write_text('others: root\n')
    r = match(*given, input='')
    assert r.returncode == 1 and 'admins' in r.stderr
    file.write_text('admins: {root: 1}\n')
    r = match(*given, input='')
    assert r.returncode == 1 and str(file) + ':1:9' in r.stderr


def test_faults_of_rules_are_told(tmp_path):
    path = tmp_path / 'bad.yml'
    path.write_text('title: bad\n')
    r = match('--rules', str(path), input='')
    assert r.returncode == 1 and str(path) in r.stderr
    assert match('--rules', rules_gone(tmp_path), input='').returncode == 1


def rules_gone(tmp_path):
    return str(tmp_path / 'gone')


def test_events_that_cannot_be_read_are_told(rules, tmp_path):
    r = match('--rules', rules, '--events', str(tmp_path / 'gone'))
    assert r.returncode == 1 and 'gone' in r.stderr


def test_more_than_memory_may_hold_goes_through_a_file(rules, tmp_path):
    """80 MB of events, from the last to the first."""
    pad = 'x' * 60000
    n = 1400
    with open(tmp_path / 'events', 'w') as f:
        for i in range(n):
            f.write(event(2 * (n - i), pad=pad) + '\n')
    r = match('--rules', rules, '--events', str(tmp_path / 'events'))
    assert table(r.stdout) == {DENIED: list(range(n)),
                               BURST: list(range(n - 1))}


MEASURED = """
title: measured
id: 5d0f2c4e-7b1a-4c69-8a55-1f0e9d3b6a02
name: measured
logsource: {product: p}
detection:
  s: {n|exists: true}
  condition: s
---
title: what it came to
id: 5d0f2c4e-7b1a-4c69-8a55-1f0e9d3b6a03
correlation:
  type: %s
  rules: measured
  timespan: 1h
  condition: {field: n, %s}
"""
COUNTED = """
title: how many of %s
correlation:
  type: %s
  rules: measured
  timespan: 1h
  condition: {gte: 2}
"""
MEASURE = '5d0f2c4e-7b1a-4c69-8a55-1f0e9d3b6a03'


def test_a_median_is_of_all_values_in_the_window(tmp_path):
    rules = tmp_path / 'rules.yml'
    rules.write_text(MEASURED % ('value_median', 'eq: 4500'))
    r = match('--rules', str(rules), input=lines(
        *('{"time":%d.%03d,"n":%d}' % (i // 1000, i % 1000, n)
          for i, n in enumerate(range(9002)))))
    assert r.returncode == 0 and table(r.stdout)[MEASURE] == [9000]


def test_what_a_window_cannot_hold_is_told(tmp_path):
    rules = tmp_path / 'rules.yml'
    rules.write_text(MEASURED % ('value_sum', 'gte: 262143'))
    r = match('--rules', str(rules), input='{"time":1,"n":1}\n' * 262143)
    assert table(r.stdout)[MEASURE] == [262142] and r.stderr == ''
    r = match('--rules', str(rules), input='{"time":1,"n":1}\n' * 262144)
    assert r.returncode == 0 and MEASURE + ': too many events' in r.stderr
    # Counts need no more than they keep.
    rules.write_text(MEASURED % ('value_count', 'gte: 1') + '---\n' +
                     COUNTED % ('uses', 'event_count') + '---\n' +
                     COUNTED % ('rules', 'temporal'))
    r = match('--rules', str(rules), input='{"time":1,"n":1}\n' * 20000)
    assert r.returncode == 0 and 'too many' not in r.stderr
