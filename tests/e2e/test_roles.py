"""Every command of the control socket, and who may: one table, held against
that of the program, and each line tried in each role."""
import json
import os
import pwd
import re
import subprocess

import pytest

from patrol import DEADLINE, TOP, merge

NOBODY = 'nobody'
ROLES = ('stranger', 'owner', 'viewer', 'analyst', 'admin')

# What a role may beside what the one before may; an owner is no viewer.
TABLE = {
    'stranger': {'whoami': {}},
    'owner': {
        'account.show': {'name': NOBODY},
        'token.create': {'account': NOBODY},
        'token.list': {}, 'token.show': {'id': 'OWN'},
        'token.history': {'id': 'OWN'},
        'token.impact': {'id': 'OWN', 'since': '1h'},
        'token.rename': {'id': 'OWN', 'description': 'x'},
        'token.deactivate': {'id': 'OWN'}, 'token.activate': {'id': 'OWN'},
        'token.expire': {'id': 'OWN'}, 'token.delete': {'id': 'OWN'},
        'token.edit': {'id': 'OWN', 'description': 'y'},
        'token.rotate': {'id': 'OWN'},
        'token.bulk': {'action': 'delete', 'label': 'none'},
        'activity.list': {}, 'activity.tail': {}, 'audit.list': {},
        'alert.list': {}, 'alert.show': {'id': 'alr_x'},
        'leak.report': {'reports': ''}, 'leak.check': {'reports': ''}},
    'viewer': {
        'account.list': {}, 'account.show': {'name': NOBODY},
        'token.list': {}, 'token.show': {'id': 'OWN'},
        'token.history': {'id': 'OWN'},
        'token.impact': {'id': 'OWN', 'since': '1h'},
        'activity.list': {}, 'activity.tail': {},
        'alert.list': {}, 'alert.show': {'id': 'alr_x'}, 'alert.watch': {},
        'rule.list': {}, 'rule.show': {'id': 'x'}, 'status': {},
        'leak.check': {'reports': ''}, 'policy.try': {}, 'auth.show': {}},
    'analyst': {
        'alert.ack': {'id': 'alr_x'},
        'alert.close': {'id': 'alr_x', 'verdict': 'true'},
        'rule.source': {}, 'rule.explain': {'id': 'x', 'use': '{}'},
        'activity.ends': {}, 'activity.stream': {},
        'leak.report': {'reports': ''}},
    'admin': {
        'account.add': {'name': 'eve'},
        'account.set': {'name': NOBODY, 'disabled': False},
        'token.create': {'account': NOBODY},
        'token.rename': {'id': 'OWN', 'description': 'x'},
        'token.deactivate': {'id': 'OWN'}, 'token.activate': {'id': 'OWN'},
        'token.expire': {'id': 'OWN'}, 'token.delete': {'id': 'OWN'},
        'token.edit': {'id': 'OWN', 'description': 'y'},
        'token.rotate': {'id': 'OWN'},
        'token.bulk': {'action': 'delete', 'label': 'none'},
        'auth.rotate-key': {'stage': 'begin'},
        'audit.list': {}, 'audit.verify': {}, 'activity.refused': {},
        'undo': {'alert': 'alr_x'}, 'rule.mode': {'id': 'x', 'mode': 'off'},
        'rule.promote': {'id': 'x'}, 'reload': {}, 'brake.release': {},
        'status.config': {}, 'backup': {}, 'check': {}},
}
MAY = {'stranger': ['stranger'], 'owner': ['stranger', 'owner'],
       'viewer': ['stranger', 'viewer'],
       'analyst': ['stranger', 'viewer', 'analyst'],
       'admin': ['stranger', 'viewer', 'analyst', 'admin']}


def commands():
    """Of the program."""
    found = set()
    for name in os.listdir(os.path.join(TOP, 'daemon')):
        if name.endswith('.c'):
            with open(os.path.join(TOP, 'daemon', name)) as f:
                found |= set(re.findall(r'^\t\{"([a-z.-]+)", ROLE_', f.read(),
                                        re.M))
    return found


def everything():
    return {c: a for part in TABLE.values() for c, a in part.items()}


def test_the_table_has_every_command():
    assert set(everything()) == commands()


# Asks all that is on its standard input, each on a connection of its own,
# and prints how it was answered.
ASKER = r'''
import json, socket, sys
for line in sys.stdin:
    s = socket.socket(socket.AF_UNIX)
    s.settimeout(20)
    s.connect(sys.argv[1])
    s.sendall(line.encode())
    s.shutdown(socket.SHUT_WR)
    last = s.makefile().read().splitlines()[-1]
    a = json.loads(last)
    print('ok' if a.get('ok') else a['error']['code'])
'''


def ask_all(p, own, role):
    """Command -> "ok" or the code of its error, asked as `nobody`."""
    names = sorted(commands())
    lines = [json.dumps({'id': 1, 'cmd': c, 'args': {
        k: own if v == 'OWN' else v for k, v in everything()[c].items()}})
        for c in names]
    n = pwd.getpwnam(NOBODY)
    r = subprocess.run(
        ['setpriv', '--reuid=%d' % n.pw_uid, '--regid=%d' % n.pw_gid,
         '--clear-groups', '/usr/bin/python3', '-c', ASKER, p.control],
        input='\n'.join(lines) + '\n', stdout=subprocess.PIPE, check=True,
        timeout=3 * DEADLINE, universal_newlines=True)
    return dict(zip(names, r.stdout.split()))


@pytest.mark.skipif(os.getuid() != 0,
                    reason='only root can ask as another user')
@pytest.mark.parametrize('role', ROLES)
def test_who_may_is_as_the_table_has_it(place, role):
    roles = {'admin': ['root'], 'analyst': [], 'viewer': []}
    if role in roles:
        roles = merge(roles, {role: ['root', NOBODY]})
    p = place.patrold({'control': {'roles': roles}})
    os.chmod(p.dir, 0o755)
    p.account(NOBODY if role == 'owner' else 'carol')
    if role == 'owner':         # who may undo only what they did themselves
        own = p.ctl_json('token', 'create', '--account', NOBODY,
                         user=NOBODY)[0]['token']['id']
    else:
        own, _ = p.token('carol')
    may = {c for part in MAY[role] for c in TABLE[part]}
    got = ask_all(p, own, role)
    assert len(got) == len(commands())
    for command, code in got.items():
        assert (code != 'denied') == (command in may), (command, code)


def test_explaining_by_a_rule_that_is_none(patrold):
    """The use that was to be explained was read when the request was answered
    and gone."""
    for _ in range(20):
        answer = patrold.request('rule.explain', id='none', use='{}')
        assert answer['error']['code'] == 'not_found'
    assert patrold.running()


def test_what_is_in_no_table_is_refused(patrold):
    for command in ('token.steal', '', 'token', 'status.', 'admin'):
        answer = patrold.request(command)
        assert answer['error']['code'] == 'bad_request', command
