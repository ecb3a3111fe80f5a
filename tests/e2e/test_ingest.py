"""The ingest socket: one use a line; what is answered is settled."""
import socket
import subprocess

import pytest

from patrol import Sender, now, wait_for

LINE_MAX = 64 * 1024


def use(**fields):
    return dict({'action': 'pull', 'outcome': 'success'}, **fields)


def stored(patrold):
    return patrold.sql('SELECT count(*) FROM uses')[0][0]


def test_a_good_line_is_acknowledged_and_stored(patrold):
    replies = patrold.send(use(id='a', repository='alice/app'))
    assert replies == (1, {})
    assert stored(patrold) == 1
    listed, = patrold.ctl_json('activity', 'list')
    assert listed['id'] == 'a'
    assert listed['repository'] == 'alice/app'


def test_many_lines_are_settled_by_one_last_ack(patrold):
    replies = patrold.send(*[use(id='n%d' % i) for i in range(5000)])
    assert replies == (5000, {})
    assert stored(patrold) == 5000


def test_a_bad_line_is_refused_by_number_and_kept(patrold):
    replies = patrold.send(use(), '{"action":', use())
    assert replies.ack == 3
    assert list(replies.rejects) == [2]
    assert stored(patrold) == 2
    kept, = patrold.ctl_json('activity', 'refused')
    assert kept['line'] == '{"action":'
    assert kept['reason'] == 'syntax'


def test_the_same_id_twice_is_one_use(patrold):
    assert patrold.send(use(id='x'), use(id='x')) == (2, {})
    assert patrold.send(use(id='x')) == (1, {})
    assert stored(patrold) == 1


def test_the_same_id_of_another_registry_is_another_use(patrold):
    patrold.send(use(id='x', registry='hub'), use(id='x', registry='lab'))
    assert stored(patrold) == 2


def test_uses_without_id_are_never_duplicates(patrold):
    line = use(time=now())
    assert patrold.send(line, line) == (2, {})
    assert stored(patrold) == 2


def line_of(n):
    """A good line of n bytes: strings of at most 8 KiB, then blanks."""
    line = '{"action":"pull","a":"%s"' % ('x' * 8000)
    return line + ' ' * (n - len(line) - 1) + '}'


def test_a_line_of_64_kib_is_taken(patrold):
    assert patrold.send(line_of(LINE_MAX)) == (1, {})
    assert stored(patrold) == 1


def test_a_line_of_one_byte_more_is_refused_and_the_next_is_taken(patrold):
    replies = patrold.send(line_of(LINE_MAX + 1), use())
    assert replies.ack == 2
    assert list(replies.rejects) == [1]
    assert str(LINE_MAX) in replies.rejects[1]
    assert stored(patrold) == 1


def test_a_line_of_a_megabyte_is_one_refused_line(patrold):
    replies = patrold.send('x' * 1000000, use())
    assert replies.ack == 2
    assert list(replies.rejects) == [1]


@pytest.mark.parametrize('line, reason, named', [
    (b'{"action":"pu\xff"}', 'utf8', ''),
    (b'[]', 'syntax', ''),
    (b'{} {}', 'syntax', ''),
    (b'{"action":"pull","action":"push"}', 'duplicate_key', 'action'),
    (b'{"count":"three"}', 'type', 'count'),
    (b'{"count":-1}', 'type', 'count'),
    (b'{"count":1.0}', 'type', 'count'),
    (b'{"bytes":1e2}', 'type', 'bytes'),
    (b'{"bytes":1e400}', 'type', 'bytes'),
    (b'{"tag":"\\u0000"}', 'type', 'tag'),
    (b'{"tag":"\\ud800"}', 'syntax', 'tag'),
    (b'{"tag":"a","\\u0074ag":"b"}', 'duplicate_key', 'tag'),
    (b'{"x.y":1,"x":{"\\u0079":2}}', 'duplicate_key', 'x.y'),
    (b'{"source.ip":"10.0.0.256"}', 'type', 'source.ip'),
    (b'{"time":"yesterday"}', 'type', 'time'),
    (b'{"token.kind":"honey"}', 'reserved', 'token.kind'),
    (b'{"a":{"b":{"c":{"d":{"e":{"f":{"g":{"h":{"i":1}}}}}}}}}',
     'limit', ''),
    (b'{"a":"' + b'x' * 8193 + b'"}', 'limit', ''),
])
def test_what_is_refused_is_refused_by_name(patrold, line, reason, named):
    replies = patrold.send(line)
    assert replies.ack == 1
    assert named in replies.rejects[1]
    kept, = patrold.ctl_json('activity', 'refused')
    assert kept['reason'] == reason
    assert stored(patrold) == 0


def test_a_count_of_0_is_acknowledged_and_is_no_use(patrold):
    assert patrold.send(use(id='m1', token='pat_a', count=0),
                        use(id='m1', token='pat_a', count=2)) == (2, {})
    assert stored(patrold) == 1
    assert patrold.show('pat_a')['uses'] == 2


def test_a_time_within_five_minutes_ahead_is_taken(patrold):
    assert patrold.send(use(time=now(290))) == (1, {})


def test_a_time_further_ahead_is_refused(patrold):
    replies = patrold.send(use(time=now(310)))
    assert 'time' in replies.rejects[1]
    assert stored(patrold) == 0


def test_a_time_of_yesterday_is_taken_up_to_the_lateness(patrold):
    replies = patrold.send(use(time=now(-86390)), use(time=now(-86410)))
    assert list(replies.rejects) == [2]
    assert stored(patrold) == 1


def test_a_door_that_is_a_registrys_takes_no_other(place):
    p = place.patrold()
    p.stop()
    p.conf['ingest'][0]['registry'] = 'hub'
    p.write_conf()
    p.start()
    replies = p.send(use(), use(registry='hub'), use(registry='lab'))
    assert list(replies.rejects) == [3]
    assert {u['registry'] for u in p.ctl_json('activity', 'list')} == {'hub'}


def test_a_nul_in_a_name_is_refused_and_the_daemon_serves_on(patrold):
    # Two tokens that are alike up to a NUL once met an assertion.
    for field in 'token', 'account', 'registry', 'id', 'repository':
        replies = patrold.send(use(**{field: 'a\0b'}),
                               use(**{field: 'a\0c'}), use())
        assert replies.ack == 3
        assert all('%s: has a NUL' % field in replies.rejects[n]
                   for n in (1, 2))
    assert patrold.send(use(note='a\0b')) == (1, {})


def test_a_half_closed_connection_is_settled_and_closed(patrold):
    with patrold.sender() as s:
        s.send_bytes(b'{"action":"pull"}\n{"action":"push"}')
        assert s.finish() == (2, {})        # the last has no newline
    assert stored(patrold) == 2


def test_a_connection_without_a_line_is_closed_quietly(patrold):
    with patrold.sender() as s:
        assert s.finish() == (0, {})


def test_socat_needs_to_know_nothing_of_acks(patrold, place):
    path = place.write('uses', '{"id":"1"}\n{"id":"2"}\n')
    subprocess.run(['socat', '-u', 'OPEN:' + path,
                    'UNIX-CONNECT:' + patrold.ingest], check=True, timeout=20)
    wait_for(lambda: stored(patrold) == 2, 'both uses')


def test_a_sender_that_vanishes_loses_nothing_that_came(patrold):
    s = Sender(patrold.ingest)
    s.send(use(id='1'), use(id='2'))
    s.socket.close()
    wait_for(lambda: stored(patrold) == 2, 'both uses')


def test_a_peer_that_never_reads_still_has_everything_stored(patrold):
    s = Sender(patrold.ingest)
    s.socket.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
    n = 50000
    for i in range(0, n, 1000):
        s.send(*[use(id='u%d' % k) for k in range(i, i + 1000)])
    s.half_close()
    wait_for(lambda: stored(patrold) == n, 'all uses', 60)
    while s.read():
        pass
    assert s.ack == n
    s.socket.close()


def test_rejects_that_nobody_reads_do_not_grow_for_ever(patrold):
    s = Sender(patrold.ingest)
    for _ in range(50):
        s.send(*['not json'] * 1000)
    s.send(use())
    wait_for(lambda: stored(patrold) == 1, 'the one good use', 60)
    s.socket.close()
    assert patrold.send(use()) == (1, {})       # and others are served


def test_several_senders_are_served_side_by_side(patrold):
    senders = [Sender(patrold.ingest) for _ in range(20)]
    for i, s in enumerate(senders):
        s.send(*[use(id='%d-%d' % (i, k)) for k in range(100)])
    for s in senders:
        assert s.finish() == (100, {})
        s.socket.close()
    assert stored(patrold) == 2000


def test_patrolctl_sends_a_file_and_tells_what_was_refused(patrold, place):
    path = place.write('uses', '{"id":"1"}\nnonsense\n{"id":"2"}\n')
    r = patrold.ctl('activity', 'send', path, check=False)
    assert r.returncode == 1
    assert '2' in r.stderr
    assert stored(patrold) == 2
    assert patrold.ctl('activity', 'send', input='{"id":"3"}\n').stderr == ''
    assert stored(patrold) == 3
