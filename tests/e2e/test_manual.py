"""patrol-rules(7): every example in it does what the page says.

A comment before each literal block says what it is; the head of the page
tells which marks there are.  A block without one fails here.
"""
import os
import re
import subprocess

import pytest

from patrol import BUILD, DEADLINE, FAULTS, TOP

PAGE = os.path.join(TOP, 'etc', 'man', 'patrol-rules.7')
FAULT = re.compile(r'rule\.yml:\d+:\d+: ')


def blocks():
    """(mark as words, text) of each literal block, in order."""
    out, mark, text = [], None, None
    with open(PAGE) as f:
        for line in f:
            if line.startswith('.Bd'):
                assert mark, 'a block without a mark, after %r' % out[-1:]
                text = ''
            elif line.startswith('.Ed'):
                out.append((mark, text))
                mark = text = None
            elif text is not None:
                assert line[0] not in ".'", 'a macro in a block: ' + line
                text += line.replace('\\&', '').replace('\\e', '\\')
            elif line.startswith('.\\" '):
                mark = line[4:].split()
    return out


BLOCKS = blocks()
RULES = {mark[1]: text for mark, text in BLOCKS if mark[0] == 'example'}


def marked(kind):
    """Parameters (mark, text, text of the `says` behind it or None)."""
    for (mark, text), (after, said) in zip(BLOCKS, BLOCKS[1:] + [([''], '')]):
        if mark[0] == kind:
            yield pytest.param(mark, text, said if after[0] == 'says'
                               else None, id=' '.join(mark))


def patrolctl(place, *args):
    r = subprocess.run([os.path.join(BUILD, 'patrolctl'), *args],
                       cwd=place.dir, stdout=subprocess.PIPE,
                       stderr=subprocess.PIPE, timeout=DEADLINE,
                       universal_newlines=True)
    assert not FAULTS.search(r.stderr), r.stderr
    return r


def test_each_block_has_a_mark_that_is_known():
    kinds = [mark[0] for mark, _ in BLOCKS]
    assert set(kinds) == {'example', 'faults', 'events', 'says', 'shown'}
    assert kinds.count('example') == len(RULES) >= 9
    for kind, before in zip(kinds, [''] + kinds):
        assert kind != 'says' or before in ('faults', 'events')


@pytest.mark.parametrize('mark, text, said', marked('example'))
def test_an_example_loads_and_passes_its_tests(place, mark, text, said):
    files = [place.write('rule.yml', text)]
    files += [place.write(name + '.yml', RULES[name]) for name in mark[2:]]
    r = patrolctl(place, 'rule', 'check', *files)
    assert r.returncode == 0, r.stderr
    assert 'warning: ' not in r.stdout + r.stderr
    r = patrolctl(place, 'rule', 'test', *files)
    assert r.returncode == 0, r.stdout + r.stderr


def test_each_example_has_tests_but_the_barest_two():
    for name, text in RULES.items():
        assert ('tests:' in text) != (name in ('admin', 'mirrors'))


@pytest.mark.parametrize('mark, text, said', marked('faults'))
def test_a_fault_is_told_as_the_page_has_it(place, mark, text, said):
    place.write('rule.yml', text)
    r = patrolctl(place, 'rule', 'check', 'rule.yml')
    told = [line for line in (r.stdout + r.stderr).splitlines()
            if FAULT.match(line)]
    want = said.replace('\n    ', ' ').splitlines()
    assert sorted(told) == sorted(want)
    assert (r.returncode != 0) == any(': warning: ' not in w for w in want)


@pytest.mark.parametrize('mark, text, said', marked('events'))
def test_events_match_as_the_page_has_it(place, mark, text, said):
    place.write('events', text)
    place.write('rule.yml', RULES[mark[1]])
    r = patrolctl(place, 'rule', 'match', '--rules', 'rule.yml', '--events',
                  'events')
    assert r.returncode == 0, r.stderr
    assert r.stdout == said


def test_the_page_lists_the_rules_that_ship():
    with open(PAGE) as f:
        part = f.read().split('.Sh THE RULES THAT SHIP')[1].split('.Sh ')[0]
    assert re.findall(r'^\.It Pa (\S+)$', part, re.M) == sorted(
        os.listdir(os.path.join(TOP, 'rules')))
