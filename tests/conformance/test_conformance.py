"""The engine against an evaluator that only does what it is told.

Generated rules over generated events, through `patrolctl rule match`.  The
seeds are the same on every run; PATROL_SEEDS=FIRST-LAST tries others.
"""
import json
import os
import random
import subprocess

import pytest

import generate
import sigma

TOP = os.path.dirname(os.path.dirname(os.path.dirname(
    os.path.abspath(__file__))))
TOOL = os.path.join(TOP, os.environ.get('PATROL_BUILD', 'build'), 'patrolctl')
FIRST, LAST = map(int, os.environ.get('PATROL_SEEDS', '1-16').split('-'))
RULES, EVENTS = 60, 60
DEADLINE = 60.0


def engine(rules, lines, tmp_path, *options):
    """{id: [index, ...]} as patrolctl has it."""
    (tmp_path / 'rules.yml').write_text(generate.rules_text(rules))
    (tmp_path / 'placeholders').write_text(
        json.dumps(generate.PLACEHOLDERS))
    (tmp_path / 'events').write_text(''.join(x + '\n' for x in lines))
    r = subprocess.run(
        [TOOL, 'rule', 'match', '--rules', str(tmp_path / 'rules.yml'),
         '--placeholders', str(tmp_path / 'placeholders'),
         '--events', str(tmp_path / 'events'), *options],
        stdout=subprocess.PIPE, stderr=subprocess.PIPE, timeout=DEADLINE,
        universal_newlines=True)
    assert r.returncode == 0, [
        x for x in r.stderr.splitlines() if ': warning: ' not in x]
    found = [line.split('\t') for line in r.stdout.splitlines()]
    assert [x for x, _ in found] == sorted(x for x, _ in found)
    return {x: json.loads(indices) for x, indices in found}


def difference(rules, lines, want, got):
    """The first rule judged differently, with an event, for a person."""
    for rule in [x for x in rules if 'filter' not in x]:
        wrong = set(want.get(rule['id'], [])) ^ set(got.get(rule['id'], []))
        if wrong:
            index = min(wrong)
            return '%s\nis wrong at %s, first at\n%s\nevaluator %s' % (
                generate.rules_text([rule]), sorted(wrong),
                lines[index],
                'holds' if index in want.get(rule['id'], []) else 'not')
    return None


@pytest.mark.parametrize('seed', range(FIRST, LAST + 1))
def test_generated_rules_agree(seed, tmp_path):
    r = random.Random(seed)
    rules = generate.make_rules(r, RULES)
    rules += generate.make_filters(r, rules, 2)
    lines = generate.make_events(r, EVENTS)
    want = sigma.evaluate(rules, [sigma.read_event(x) for x in lines],
                          generate.PLACEHOLDERS)
    got = engine(rules, lines, tmp_path)
    assert difference(rules, lines, want, got) is None
    assert engine(rules, lines, tmp_path, '--no-index') == got


def test_neither_order_of_rules_nor_index_matters(tmp_path):
    r = random.Random(0)
    rules = generate.make_rules(r, RULES)
    lines = generate.make_events(r, EVENTS)
    want = engine(rules, lines, tmp_path)
    r.shuffle(rules)
    assert engine(rules, lines, tmp_path) == want
    assert engine(rules, lines, tmp_path, '--no-index') == want


def test_arrival_within_the_lateness_does_not_matter(tmp_path):
    """Each event says its number, for those are of arrival."""
    r = random.Random(0)
    rules = generate.make_rules(r, RULES)
    events = [dict(sigma.read_event(x)) for x in
              generate.make_events(r, EVENTS)]
    times = sigma.event_times(events)
    order = sorted(range(EVENTS), key=lambda i: times[i])
    in_order = [dict(events[i], time=10 * at) for at, i in enumerate(order)]
    for e in in_order:
        e.pop('timestamp', None)
        e.pop('@timestamp', None)
    lines = [json.dumps(e) for e in in_order]
    want = engine(rules, lines, tmp_path, '--lateness', '0')
    shuffled = sorted(range(EVENTS),
                      key=lambda i: 10 * i + r.randrange(0, 50))
    got = engine(rules, [lines[i] for i in shuffled], tmp_path,
                 '--lateness', '50s')
    assert {x: sorted(shuffled[i] for i in found)
            for x, found in got.items()} == want
