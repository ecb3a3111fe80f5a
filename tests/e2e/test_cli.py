"""patrolctl as a program: exit codes, --json, -q, help."""
import json
import os
import subprocess

import pytest

from patrol import BUILD, DEADLINE

TOOL = os.path.join(BUILD, 'patrolctl')


def run(*args, **more):
    return subprocess.run([TOOL, *args], stdout=subprocess.PIPE,
                          stderr=subprocess.PIPE, universal_newlines=True,
                          timeout=DEADLINE, **more)


def test_done_is_0(patrold):
    assert patrold.ctl('token', 'list').returncode == 0


@pytest.mark.parametrize('words', [
    ['token', 'show', 'pat_nosuchtoken1'],
    ['token', 'deactivate', 'pat_nosuchtoken1'],
    ['alert', 'show', 'alr_nosuchalert01'],
    ['account', 'show', 'carol'],
    ['account', 'add', 'alice'],
    ['account', 'add', 'Not A Name'],
    ['undo', 'alr_nosuchalert01'],
    ['token', 'create', '--account', 'alice', '--scope', 'admin'],
])
def test_refused_or_not_found_is_1(patrold, words):
    r = patrold.ctl(*words, check=False)
    assert r.returncode == 1, r
    assert r.stderr.strip() and r.stdout == ''


@pytest.mark.parametrize('words', [
    ['tokne', 'list'], ['token', 'lsit'], ['token', 'show'],
    ['token', 'list', '--no-such'], ['token', 'list', 'extra'], ['token'],
    [], ['token', 'create'], ['alert', 'close', 'alr_x'],
    ['token', 'history', 'pat_x', '--limit', 'many'],
])
def test_usage_is_2(words):
    r = run(*words)
    assert r.returncode == 2, r
    assert r.stderr.strip() and r.stdout == ''


def test_a_misspelt_word_is_answered_with_the_near_one():
    assert 'token' in run('tokne', 'list').stderr
    assert 'list' in run('token', 'lsit').stderr


def test_no_daemon_is_3(place):
    r = run('-s', place.path('nothing.sock'), 'token', 'list')
    assert r.returncode == 3
    assert place.path('nothing.sock') in r.stderr


def test_no_ingest_socket_is_3_too(place):
    r = run('activity', 'send', '-s', place.path('nothing.sock'),
            input='{}\n')
    assert r.returncode == 3


@pytest.mark.parametrize('words', [
    ['--help'], ['token', '--help'], ['token', 'create', '--help'],
    ['alert', '--help'], ['activity', 'send', '--help'], ['undo', '--help'],
])
def test_help_is_everywhere_and_needs_no_daemon(words):
    r = run(*words)
    assert r.returncode == 0, r
    assert 'patrolctl' in r.stdout and r.stderr == ''


def test_json_is_one_object_a_line(patrold):
    ids = {patrold.token('alice')[0] for _ in range(3)}
    lines = patrold.ctl('--json', 'token', 'list').stdout.splitlines()
    assert {json.loads(line)['id'] for line in lines} == ids


def test_an_empty_list_is_no_line_in_json_and_none_in_quiet(patrold):
    assert patrold.ctl('--json', 'token', 'list').stdout == ''
    assert patrold.ctl('-q', 'token', 'list').stdout == ''


def test_quiet_is_ids_only(patrold):
    token, _ = patrold.token('alice', '--description', 'laptop')
    assert patrold.ctl('-q', 'token', 'list').stdout == token + '\n'


def test_a_table_has_no_colour_when_it_is_not_for_a_terminal(patrold):
    patrold.token('alice', '--description', 'laptop')
    out = patrold.ctl('token', 'list').stdout
    assert '\x1b' not in out
    assert 'laptop' in out and 'active' in out


def test_foreign_text_cannot_reach_the_terminal(patrold):
    token, _ = patrold.token('alice', '--description', 'a\x1b[31mred\x07')
    patrold.send({'token': token, 'action': 'pull', 'outcome': 'success',
                  'repository': 'x\x1b[2Jy', 'user_agent': 'u\x9b31mv\r\n'})
    for words in (['token', 'list'], ['token', 'show', token],
                  ['activity', 'list'], ['token', 'history', token]):
        out = patrold.ctl(*words).stdout
        assert not [c for c in out if c != '\n' and
                    (c < ' ' or '\x7f' <= c < '\xa0')], words


def test_the_socket_can_come_from_the_environment(patrold):
    r = run('whoami', env=dict(os.environ, PATROL_CONTROL=patrold.control))
    assert r.returncode == 0


def test_a_long_list_comes_whole(patrold):
    patrold.send(*[{'token': 'foreign-%d' % i, 'action': 'pull'}
                   for i in range(20000)])
    assert len(patrold.ctl('-q', 'token', 'list').stdout.splitlines()) == 20000


def test_an_unknown_command_is_refused_by_name(patrold):
    answer = patrold.request('token.lst')
    assert answer['ok'] is False
    assert answer['error']['code'] == 'bad_request'
    assert 'token.list' in answer['error']['message']


def test_status_tells_what_a_person_asks_first(patrold):
    patrold.token('alice')
    status = patrold.status()
    assert status['tokens']['active'] == 1
    out = patrold.ctl('status').stdout
    assert 'patrold' in out or 'version' in out


def test_the_version_is_told():
    out = subprocess.run([os.path.join(BUILD, 'patrold'), '-V'],
                         stdout=subprocess.PIPE, check=True, timeout=20,
                         universal_newlines=True).stdout
    assert out.startswith('patrold ')
