"""A disk that fails when told to, and can lose its power: the other half of
tests/shim/faultydisk.c."""
import errno
import mmap
import os
import shutil
import struct

from patrol import BUILD, Patrold

SHIM = os.path.join(BUILD, 'tests', 'shim', 'faultydisk.so')
WRITE, SYNC, TRUNCATE = range(3)
DB, WAL, SHM, OTHER = range(4)
SECTOR = 512
CONTROL = '=12i12iq'        # struct control
RECORD = struct.Struct('=BIqI')


class File:
    """What is on the platters, and what was written since the last sync."""

    def __init__(self, data=b''):
        self.data = bytearray(data)
        self.pending = []       # (offset, bytes), or (size, None)

    def apply(self, at, piece):
        if piece is None:
            del self.data[at:]
            self.data.extend(bytes(at - len(self.data)))
        else:
            self.data.extend(bytes(max(0, at - len(self.data))))
            self.data[at:at + len(piece)] = piece

    def sync(self):
        for at, piece in self.pending:
            self.apply(at, piece)
        self.pending = []

    def settle(self, random, share):
        """Of what was not synced, each sector by chance."""
        for at, piece in self.pending:
            if piece is None:
                if random.random() < share:
                    self.apply(at, None)
                continue
            end = at + len(piece)
            while at < end:
                stop = min(end, (at // SECTOR + 1) * SECTOR)
                if random.random() < share:
                    self.apply(at, piece[:stop - at])
                piece = piece[stop - at:]
                at = stop
        self.pending = []


class Disk:
    """A directory on that disk.  Names are durable when their directory was
    synced, and a file's bytes when the file was."""

    def __init__(self, root, place):
        self.root = root
        self.journal = place.path('journal')
        self.control = place.path('control')
        with open(self.control, 'wb') as f:
            f.write(bytes(struct.calcsize(CONTROL)))
        with open(self.control, 'r+b') as f:
            self.map = mmap.mmap(f.fileno(), 0)
        os.mkdir(root)
        self.empty()

    def env(self):
        return {'LD_PRELOAD': SHIM, 'FAULTYDISK_ROOT': self.root,
                'FAULTYDISK_CONTROL': self.control,
                'FAULTYDISK_JOURNAL': self.journal,
                'ASAN_OPTIONS': os.environ.get('ASAN_OPTIONS', '')
                + ':verify_asan_link_order=0'}

    # --- faults ---------------------------------------------------------

    def fail(self, op, kind, code):
        """`code` is an errno, 0 to be in order again."""
        struct.pack_into('=i', self.map, 4 * (op * 4 + kind), code)

    def hits(self, op, kind):
        """How many have failed so."""
        return struct.unpack_from('=i', self.map, 4 * (12 + op * 4 + kind))[0]

    def set_clock(self, seconds):
        struct.pack_into('=q', self.map, 96, int(seconds * 1e9))

    # --- power loss -----------------------------------------------------

    def records(self):
        with open(self.journal, 'rb') as f:
            data = f.read()
        at = 0
        while at + RECORD.size <= len(data):
            what, node, where, n = RECORD.unpack_from(data, at)
            at += RECORD.size + n
            if at > len(data):
                break           # killed while it wrote this
            yield chr(what), node, where, data[at - n:at]

    def lose_power(self, random, share=None, records=None):
        """Puts in place what is left: of what was not synced that `share`,
        or else nothing, all, or some.  The program that ran was killed; or
        had come no further than these `records` of the journal."""
        if share is None:
            share = random.choice((0, 0, 1, random.random()))
        now = dict(self.files)          # as the program saw it
        dirs = set(self.dirs)
        nodes, paths, changes = {}, {}, []
        for what, node, at, data in records or self.records():
            text = data.decode() if what in 'ORUD' else None
            if what == 'O':
                paths[node] = text
                nodes[node] = None if text in dirs else now.get(text)
                if text not in dirs and text not in now:
                    nodes[node] = now[text] = File()
                    changes.append((text, nodes[node]))
            elif what == 'W':
                nodes[node].pending.append((at, data))
            elif what == 'T':
                nodes[node].pending.append((at, None))
            elif what == 'S' and nodes[node] is not None:
                nodes[node].sync()
            elif what == 'F' and nodes[node] is not None:
                nodes[node].settle(random, share)
            elif what == 'S':
                changes = self.sync_names(paths[node], changes)
            elif what == 'D':
                dirs.add(text)
                changes.append((text, 'directory'))
            elif what == 'U':
                changes.append((text, None))
                now.pop(text, None)
            elif what == 'R':
                old, new = text.split('\0')
                now[new] = now.pop(old)
                changes += [(old, None), (new, now[new])]
        kept = next((i for i in range(len(changes))
                     if random.random() >= share), len(changes))
        for change in changes[:kept]:
            self.change_name(*change)
        for f in self.files.values():
            f.settle(random, share)
        self.write_out()

    def change_name(self, path, file):
        if file == 'directory':
            self.dirs.add(path)
        elif file is None:
            self.files.pop(path, None)
        else:
            self.files[path] = file

    def sync_names(self, directory, changes):
        """The changes that wait for another directory."""
        for path, file in changes:
            if os.path.dirname(path) == directory:
                self.change_name(path, file)
        return [c for c in changes if os.path.dirname(c[0]) != directory]

    def empty(self):
        """As it was before anything ran."""
        self.files = {}         # durable: path -> File
        self.dirs = {self.root}

    def write_out(self):
        """The shared memory of SQLite is none of the disk's."""
        shutil.rmtree(self.root)
        os.mkdir(self.root)
        for path in sorted(self.dirs - {self.root}):
            os.mkdir(path)
        self.files = {
            path: f for path, f in self.files.items()
            if os.path.dirname(path) in self.dirs
            and not path.endswith('-shm')}
        for path, f in self.files.items():
            with open(path, 'wb') as out:
                out.write(f.data)


class OnDisk(Patrold):
    """A patrold whose store lies on that disk, in a directory that patrold
    makes."""

    def __init__(self, place, conf=None, name='patrold'):
        self.disk = Disk(place.path('disk'), place)
        super().__init__(place.dir, conf, name)
        self.store = os.path.join(self.disk.root, 'store', 'patrol.db')
        self.conf['store'] = {'path': self.store}
        self.write_conf()
        self.env = self.disk.env()

    def lose_power(self, random, share=None):
        self.disk.lose_power(random, share)
