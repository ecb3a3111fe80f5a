"""The configuration: every fault at once, each with its place."""
import os

import pytest

from patrol import TOP, Patrold

EX_CONFIG = 78


@pytest.fixture
def p(place):
    return place.add(Patrold(place.dir))


def test_a_good_configuration_is_in_order(p):
    status, said = p.check()
    assert status == 0, said
    assert 'in order' in said


def test_an_empty_configuration_has_all_defaults(p, place):
    """But the rules, which are not installed here."""
    p.write_conf('rules: {paths: []}\n')
    status, said = p.check()
    assert status == 0, said


@pytest.mark.parametrize('text, place_of_fault, words', [
    ('stoer: {path: /x}\n', '1:1', ["'stoer'", 'store']),
    ('store:\n  pat: /x\n', '2:3', ["pat'", 'path']),
    ('store:\n  retain: {uses: 90}\n', '2:18', []),
    ('store:\n  retain: {uses: 90 parsecs}\n', '2:18', []),
    ('rules: {ceiling: enforced}\n', '1:18', ['enforce']),
    ('ingest:\n  - {socket: /x, mode: "0999"}\n', '2:24', []),
    ('http:\n  - {serve: [token]}\n', '2:', ['listen']),
    ('http:\n  - {listen: "127.0.0.1:0x", serve: [token]}\n', '2:', []),
    ('http:\n  - {listen: "127.0.0.1:5010", serve: [tokens]}\n', '2:40',
     ['token']),
    ('auth: {lifetime: 59s}\n', '1:18', []),
    ('auth: {lifetime: 61m}\n', '1:18', []),
    ('tokens: {auto-per-account: 0}\n', '1:28', []),
    ('store: {path: /a}\nstore: {path: /b}\n', '2:1', []),
    ('store: {path: /a\n', '', []),
    ('- 1\n', '1:1', []),
    ('rules: {paths: [/no/such/dir]}\n', '', ['/no/such/dir']),
])
def test_a_fault_is_told_with_its_place(p, text, place_of_fault, words):
    p.write_conf(text)
    status, said = p.check()
    assert status == EX_CONFIG, said
    if place_of_fault:
        assert 'patrold.yaml:' + place_of_fault in said
    for word in words:
        assert word in said


def test_all_faults_are_told_at_once(p):
    p.write_conf('stoer: 1\nrules:\n  ceiling: maybe\nauth:\n  lifetime: 1\n')
    status, said = p.check()
    assert status == EX_CONFIG
    for line in ('yaml:1:1:', 'yaml:3:12:', 'yaml:5:13:'):
        assert line in said


def test_the_shipped_file_is_in_order(p):
    with open(os.path.join(TOP, 'etc', 'patrold.yaml')) as f:
        text = f.read()
    assert '/etc/patrol/rules' in text
    p.write_conf(text.replace('/etc/patrol/rules',
                              os.path.join(TOP, 'rules')))
    status, said = p.check()
    assert status == 0, said


def test_a_lifetime_at_its_limits_is_taken(p):
    for lifetime in ('60s', '1m', '60m', '1h'):
        p.write_conf('auth: {lifetime: %s}\nrules: {paths: []}\n' % lifetime)
        assert p.check()[0] == 0, lifetime


def test_a_faulty_rule_is_told_by_the_same_check(p, place):
    rule = place.write('bad.yml', 'title: x\nlogsource: {product: patrol}\n'
                       'detection:\n    a: {action|contians: pull}\n'
                       '    condition: a\n')
    p.conf['rules']['paths'] = [rule]
    p.write_conf()
    status, said = p.check()
    assert status == EX_CONFIG
    assert 'bad.yml:4:' in said and 'contains' in said


def test_faults_of_options_do_not_hide_those_of_rules(p, place):
    rule = place.write('bad.yml', 'title: x\nlogsource: {product: patrol}\n'
                       'detection:\n    a: {action|contians: pull}\n'
                       '    condition: a\n')
    p.conf['rules']['paths'] = [rule]
    p.conf['stoer'] = 1
    p.write_conf()
    status, said = p.check()
    assert status == EX_CONFIG
    assert 'stoer' in said and 'bad.yml:4:' in said
    p.conf['rules']['placeholders'] = 1     # these decide what is a fault
    p.write_conf()
    status, said = p.check()
    assert 'placeholders' in said and 'bad.yml' not in said


def test_a_secret_is_needed_to_take_notifications_beyond_loopback(p):
    p.write_conf('rules: {paths: []}\nhttp:\n'
                 '  - {listen: "0.0.0.0:5010", serve: [notifications]}\n')
    status, said = p.check()
    assert status == EX_CONFIG
    assert 'secret' in said


def test_a_missing_file_is_a_fault(p, place):
    p.conffile = place.path('nowhere.yaml')
    status, said = p.check()
    assert status != 0
    assert 'nowhere.yaml' in said


def test_the_configuration_in_force_is_shown(patrold):
    shown = patrold.ctl('status', '--config').stdout
    assert 'store.path: ' in shown
    assert patrold.store in shown
    assert '# set' in shown
    assert 'secret-of-the-tests' not in shown
