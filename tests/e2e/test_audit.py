"""The hash chain over what is stored: whoever changes the file shows."""
import hashlib
import os
import pty
import re
import sqlite3
import subprocess

from patrol import BUILD, DEADLINE, now, wait_for

USES = ('seq', 'prev', 'time', 'late', 'token', 'account', 'registry',
        'action', 'outcome', 'reason', 'repository', 'tag', 'digest',
        'media_type', 'ip', 'user_agent', 'bytes', 'count', 'id', 'other',
        'standing')


def number(v):
    """LEB128 of the zigzag form."""
    u = (v << 1) ^ (v >> 63)
    out = bytearray()
    while u >= 0x80:
        out.append(u & 0x7f | 0x80)
        u >>= 7
    return bytes(out) + bytes([u])


def text(s):
    b = s if isinstance(s, bytes) else s.encode()
    return number(len(b)) + b


def optional(s):
    return number(0) if s is None else number(1) + text(s)


def use_bytes(row):
    there = [i for i, v in enumerate(row) if v is not None]
    out = number(sum(1 << i for i in there))
    for i in there:
        if USES[i] not in ('id', 'other'):
            out += number(row[i])
    if row[18] is not None:
        out += number(isinstance(row[18], bytes)) + text(row[18])
    if row[19] is not None:
        out += text(row[19])
    return out


def audit_bytes(row):
    seq, time, actor, uid, pid, action, object, before, after = row
    out = number(seq) + number(time)
    out += number(-1 if uid is None else uid)
    out += number(-1 if pid is None else pid)
    for s in (actor, action, object, before, after):
        out += optional(s)
    return out


def sha(parts):
    h = hashlib.sha256()
    for p in parts:
        h.update(p)
    return h.digest()


def recount(path):
    """The hash of the last link, from the rows alone and the description of
    the chain in src/store/chain.c."""
    db = sqlite3.connect(path)
    kinds = (('uses', 'seq', use_bytes),
             ('strings', 'id', lambda r: number(r[0]) + text(r[1])),
             ('audit', 'seq', audit_bytes))
    last, head = (0, 0, 0), bytes(32)
    for link in db.execute('SELECT seq, time, last_use, last_string, '
                           'last_audit, hash FROM chain WHERE seq > 0 '
                           'ORDER BY seq').fetchall():
        parts = [head, number(link[0]), number(link[1])]
        for k, (table, key, row_bytes) in enumerate(kinds):
            rows = db.execute(
                'SELECT * FROM %s WHERE %s > ? AND %s <= ? ORDER BY %s' %
                (table, key, key, key), (last[k], link[2 + k])).fetchall()
            parts += [number(link[2 + k]), number(bool(rows))]
            if rows:
                parts.append(sha(row_bytes(r) for r in rows))
        head, last = sha(parts), link[2:5]
        assert head == link[5], 'link %d' % link[0]
    db.close()
    return '%d:%s' % (link[0], head.hex())


def some_uses(first, n):
    return [{'id': 'u%d' % i, 'registry': 'hub', 'action': 'pull',
             'outcome': 'success', 'token': 'tok-%d' % (i % 7),
             'source.ip': '192.0.2.%d' % (i % 5), 'note': 'ä %d' % i,
             'time': now()} for i in range(first, first + n)]


def verify(p, *options, check=True):
    return p.ctl_json('audit', 'verify', *options, check=check)


def filled(place, **more):
    p = place.patrold(**more)
    p.token('alice', '--description', 'ci')
    p.send(*some_uses(0, 500))
    p.send({'id': '8c0b8a8e-3f7e-4b0b-9a53-0e8b3c2c8a11', 'action': 'pull',
            'outcome': 'success', 'count': 4, 'bytes': 0})
    p.settle()
    return p


def test_what_was_written_is_intact_and_recounts(place):
    p = filled(place)
    p.stop()
    head = recount(p.store)
    p.start()
    result = verify(p)[-1]
    assert result['intact'] and result['faults'] == 0
    assert result['head'] == head and result['waiting'] == 0
    shown = p.ctl('audit', 'verify').stdout
    assert 'nothing was changed' in shown
    assert '#' not in shown                 # no bar where no terminal is


def test_one_changed_byte_is_named(place):
    p = filled(place)
    p.stop()
    db = sqlite3.connect(p.store)
    seq, = db.execute('SELECT seq FROM uses WHERE ip IS NOT NULL '
                      'ORDER BY seq LIMIT 1 OFFSET 300').fetchone()
    db.execute('UPDATE uses SET ip = ip + 1 WHERE seq = ?', (seq,))
    link, = db.execute('SELECT min(seq) FROM chain WHERE last_use >= ?',
                       (seq,)).fetchone()
    db.commit()
    db.close()
    p.start()
    *faults, result = verify(p, check=False)
    assert not result['intact']
    assert [f['link'] for f in faults] == [link]
    assert 'uses' in faults[0]['fault']
    done = p.ctl('audit', 'verify', check=False)
    assert done.returncode == 1
    assert 'link %d: uses' % link in done.stdout
    assert '1 fault' in done.stdout


def test_a_head_that_was_logged_is_found_again(place):
    p = filled(place, conf={'store': {'announce': '1s'}})
    told = wait_for(lambda: re.findall(r'hash chain is (\d+:[0-9a-f]{64})',
                                       p.log()), 'the head in the log')
    p.send(*some_uses(1000, 5))
    p.settle()
    assert verify(p, '--head', told[-1])[-1]['head_found']
    seq, digest = told[-1].split(':')
    other = '%s:%s' % (seq, ('0' if digest[0] != '0' else '1') + digest[1:])
    *faults, result = verify(p, '--head', other, check=False)
    assert not result['intact'] and 'not the one' in faults[0]['fault']
    result = verify(p, '--head', '99999:' + digest, check=False)[-1]
    assert not result['intact'] and not result['head_found']


def test_a_head_of_another_form_is_refused(place):
    p = place.patrold()
    for head in ('17', '17:abc', 'x:' + 64 * '0', '0:' + 64 * '0',
                 '1:' + 63 * '0' + 'G', '1:' + 65 * '0'):
        done = p.ctl('audit', 'verify', '--head', head, check=False)
        assert done.returncode == 1, head
        assert 'head: not as patrold logs it' in done.stderr


def test_a_kill_leaves_a_chain_that_goes_on(place):
    p = filled(place)
    for i in range(3):
        p.send(*some_uses(2000 + 100 * i, 50))
        p.settle()
        p.kill9()
        p.start()
    assert verify(p)[-1]['intact']
    p.stop()
    recount(p.store)


def on_a_terminal(p, *args):
    """What patrolctl writes to standard error if that is a terminal."""
    end, terminal = pty.openpty()
    argv = [os.path.join(BUILD, 'patrolctl'), *args]
    done = subprocess.Popen(argv, stdout=subprocess.DEVNULL, stderr=terminal,
                            env=dict(os.environ, PATROL_CONTROL=p.control))
    os.close(terminal)
    said = b''
    try:
        while data := os.read(end, 65536):
            said += data
    except OSError:                         # the other end is closed
        pass
    os.close(end)
    assert done.wait(DEADLINE) == 0
    return said.decode()


def test_a_terminal_sees_how_far_it_is(place):
    p = filled(place)
    wait_for(lambda: verify(p)[-1]['waiting'] == 0, 'the link of all uses')
    said = on_a_terminal(p, 'audit', 'verify')
    assert re.search(r'\[#* *\] +\d+ %  \d+ uses', said)
    assert said.endswith('\r\033[K')        # and is gone at the end
