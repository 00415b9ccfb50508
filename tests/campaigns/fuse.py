#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-2-Clause
"""Two file systems for the campaigns, by the kernel's protocol (fuse(4), linux/fuse.h), without a library.

    fuse.py lying BACKING MOUNT READY       BACKING again, as an NFS mount without locks: every lock is granted to
                                            everybody, renames know no flags, names are believed for a second
    fuse.py disk BACKING LOG MOUNT READY    MOUNT/disk is the file BACKING; each write and flush that reaches it is added
                                            to LOG: "w" offset length bytes, "f", little-endian 64-bit numbers

READY is made when the file system is mounted. It runs until it is unmounted. For root."""
import ctypes, errno, os, resource, stat, struct, sys

LOOKUP, FORGET, GETATTR, SETATTR, READLINK, SYMLINK, MKNOD, MKDIR, UNLINK, RMDIR, RENAME, LINK, OPEN, READ, WRITE, \
    STATFS, RELEASE = 1, 2, 3, 4, 5, 6, 8, 9, 10, 11, 12, 13, 14, 15, 16, 17, 18
FSYNC, FLUSH, INIT, OPENDIR, READDIR, RELEASEDIR, FSYNCDIR, GETLK, SETLK, SETLKW = 20, 25, 26, 27, 28, 29, 30, 31, 32, 33
CREATE, INTERRUPT, DESTROY, BATCH_FORGET, FALLOCATE, RENAME2 = 35, 36, 38, 42, 43, 45
BIG_WRITES, POSIX_LOCKS, FLOCK_LOCKS, MAX_PAGES = 1 << 5, 1 << 1, 1 << 10, 1 << 22
MOST = 1 << 20  # bytes of one write


class Fuse:
    believed_s = 0

    def __init__(self, where, flags=0):
        self.where, self.flags = where, flags
        self.device = os.open("/dev/fuse", os.O_RDWR | os.O_CLOEXEC)
        libc = ctypes.CDLL(None, use_errno=True)
        options = f"fd={self.device},rootmode=40000,user_id=0,group_id=0,allow_other,default_permissions"
        if libc.mount(b"sciwrap-test", where.encode(), b"fuse", 2 | 4, options.encode()) != 0:
            raise OSError(ctypes.get_errno(), "mount")

    def serve(self, ready):
        open(ready, "w").close()
        while True:
            try:
                request = os.read(self.device, MOST + 8192)
            except OSError as error:
                if error.errno in (errno.EINTR, errno.ENOENT, errno.EAGAIN):
                    continue
                return  # ENODEV: unmounted
            length, opcode, unique, node = struct.unpack_from("<IIQQ", request)
            handler = self.handlers.get(opcode)
            if opcode in (FORGET, BATCH_FORGET, INTERRUPT):
                if handler is not None:
                    handler(self, node, request[40:length])
                continue
            try:
                answer, status = (handler(self, node, request[40:length]) or b"", 0) if handler else (b"", errno.ENOSYS)
            except OSError as error:
                answer, status = b"", error.errno or errno.EIO
            try:
                os.write(self.device, struct.pack("<IiQ", 16 + len(answer), -status, unique) + answer)
            except OSError as error:
                if error.errno == errno.ENODEV:
                    return

    def init(self, node, body):
        major, minor, readahead = struct.unpack_from("<III", body)
        flags = BIG_WRITES | MAX_PAGES | self.flags
        return struct.pack("<IIIIHHIIHHI28x", 7, min(minor, 31), readahead, flags, 64, 48, MOST, 1, MOST // 4096, 0, 0)

    @staticmethod
    def attributes(st):
        return struct.pack("<QQQQQQIIIIIIIIII", st.st_ino, st.st_size, st.st_blocks, st.st_atime_ns // 10**9,
                           st.st_mtime_ns // 10**9, st.st_ctime_ns // 10**9, st.st_atime_ns % 10**9,
                           st.st_mtime_ns % 10**9, st.st_ctime_ns % 10**9, st.st_mode, st.st_nlink, st.st_uid, st.st_gid,
                           st.st_rdev, 4096, 0)

    def entry(self, node, st):
        return struct.pack("<QQQQII", node, 0, self.believed_s, self.believed_s, 0, 0) + self.attributes(st)

    def attribute_answer(self, st):
        return struct.pack("<QII", self.believed_s, 0, 0) + self.attributes(st)

    def nothing(self, node, body):
        return b""

    def statfs(self, node, body):
        st = os.statvfs("/")
        return struct.pack("<QQQQQIIII24x", st.f_blocks, st.f_bfree, st.f_bavail, st.f_files, st.f_ffree, 4096, 255, 4096, 0)


def names(body, count=1):
    return [os.fsdecode(name) for name in body.split(b"\0")[:count]]


class Lying(Fuse):
    believed_s = 1

    def __init__(self, backing, where):
        super().__init__(where, POSIX_LOCKS | FLOCK_LOCKS)
        root = os.open(backing, os.O_PATH)
        st = os.fstat(root)
        self.nodes = {1: root}  # descriptors that only name
        self.numbers = {(st.st_dev, st.st_ino): 1}
        self.looked = {1: 1}
        self.next = 2
        os.umask(0)

    def path(self, node):
        return f"/proc/self/fd/{self.nodes[node]}"

    def found(self, parent, name):
        fd = os.open(name, os.O_PATH | os.O_NOFOLLOW, dir_fd=self.nodes[parent])
        st = os.fstat(fd)
        node = self.numbers.get((st.st_dev, st.st_ino))
        if node is None:
            node, self.next = self.next, self.next + 1
            self.nodes[node], self.numbers[st.st_dev, st.st_ino], self.looked[node] = fd, node, 0
        else:
            os.close(fd)
        self.looked[node] += 1
        return self.entry(node, st)

    def lookup(self, node, body):
        return self.found(node, names(body)[0])

    def forget_one(self, node, count):
        self.looked[node] -= count
        if self.looked[node] <= 0:
            st = os.fstat(self.nodes[node])
            os.close(self.nodes.pop(node))
            del self.numbers[st.st_dev, st.st_ino], self.looked[node]

    def forget(self, node, body):
        self.forget_one(node, struct.unpack_from("<Q", body)[0])

    def batch_forget(self, node, body):
        for i in range(struct.unpack_from("<I", body)[0]):
            self.forget_one(*struct.unpack_from("<QQ", body, 8 + 16 * i))

    def getattr(self, node, body):
        return self.attribute_answer(os.fstat(self.nodes[node]))

    def setattr(self, node, body):
        valid, _, fh, size, _, atime, mtime, _, atime_ns, mtime_ns, _, mode, _, uid, gid = struct.unpack_from(
            "<IIQQQQQQIIIIIII", body)
        path = self.path(node)
        if valid & 1:
            os.chmod(path, stat.S_IMODE(mode))
        if valid & 6:
            os.chown(path, uid if valid & 2 else -1, gid if valid & 4 else -1)
        if valid & 8:
            os.truncate(path, size)
        if valid & (16 | 32 | 128 | 256):
            st = os.stat(path)
            now = 0x7fffffffffffffff
            times = [st.st_atime_ns if not valid & (16 | 128) else now if valid & 128 else atime * 10**9 + atime_ns,
                     st.st_mtime_ns if not valid & (32 | 256) else now if valid & 256 else mtime * 10**9 + mtime_ns]
            if now in times:
                import time
                times = [time.time_ns() if at == now else at for at in times]
            os.utime(path, ns=tuple(times))
        return self.getattr(node, body)

    def readlink(self, node, body):
        return os.fsencode(os.readlink("", dir_fd=self.nodes[node]))

    def symlink(self, node, body):
        name, target = names(body, 2)
        os.symlink(target, name, dir_fd=self.nodes[node])
        return self.found(node, name)

    def mknod(self, node, body):
        name = names(body[16:])[0]
        os.mknod(name, struct.unpack_from("<I", body)[0], dir_fd=self.nodes[node])
        return self.found(node, name)

    def mkdir(self, node, body):
        name = names(body[8:])[0]
        os.mkdir(name, struct.unpack_from("<I", body)[0] & 0o7777, dir_fd=self.nodes[node])
        return self.found(node, name)

    def unlink(self, node, body):
        os.unlink(names(body)[0], dir_fd=self.nodes[node])

    def rmdir(self, node, body):
        os.rmdir(names(body)[0], dir_fd=self.nodes[node])

    def rename(self, node, body, skip=8):
        old, new = names(body[skip:], 2)
        os.rename(old, new, src_dir_fd=self.nodes[node], dst_dir_fd=self.nodes[struct.unpack_from("<Q", body)[0]])

    def rename2(self, node, body):
        if struct.unpack_from("<I", body, 8)[0] != 0:
            raise OSError(errno.EINVAL, "flags")
        self.rename(node, body, 16)

    def link(self, node, body):
        name = names(body[8:])[0]
        os.link(self.path(struct.unpack_from("<Q", body)[0]), name, dst_dir_fd=self.nodes[node], follow_symlinks=True)
        return self.found(node, name)

    def open(self, node, body):
        flags = struct.unpack_from("<I", body)[0] & ~(os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW | os.O_APPEND)
        return struct.pack("<QII", os.open(self.path(node), flags | os.O_CLOEXEC), 0, 0)

    def create(self, node, body):
        flags, mode = struct.unpack_from("<II", body)
        name = names(body[16:])[0]
        fd = os.open(name, flags | os.O_CREAT | os.O_NOFOLLOW | os.O_CLOEXEC, mode & 0o7777, dir_fd=self.nodes[node])
        return self.found(node, name) + struct.pack("<QII", fd, 0, 0)

    def read(self, node, body):
        fh, offset, size = struct.unpack_from("<QQI", body)
        return os.pread(fh, size, offset)

    def write(self, node, body):
        fh, offset, size = struct.unpack_from("<QQI", body)
        return struct.pack("<II", os.pwrite(fh, body[40:40 + size], offset), 0)

    def release(self, node, body):
        os.close(struct.unpack_from("<Q", body)[0])

    def readdir(self, node, body):
        _, offset, size = struct.unpack_from("<QQI", body)
        answer = b""
        for number, name in enumerate([".", ".."] + sorted(os.listdir(self.path(node)))):
            if number < offset:
                continue
            name = os.fsencode(name)
            one = struct.pack("<QQII", number + 1, number + 1, len(name), 0) + name
            one += b"\0" * (-len(one) % 8)
            if len(answer) + len(one) > size:
                break
            answer += one
        return answer

    handlers = {
        INIT: Fuse.init, LOOKUP: lookup, FORGET: forget, BATCH_FORGET: batch_forget, GETATTR: getattr, SETATTR: setattr,
        READLINK: readlink, SYMLINK: symlink, MKNOD: mknod, MKDIR: mkdir, UNLINK: unlink, RMDIR: rmdir, RENAME: rename,
        RENAME2: rename2, LINK: link, OPEN: open, CREATE: create, READ: read, WRITE: write, STATFS: Fuse.statfs,
        RELEASE: release, FSYNC: Fuse.nothing, FLUSH: Fuse.nothing, OPENDIR: open, READDIR: readdir, RELEASEDIR: release,
        FSYNCDIR: Fuse.nothing, SETLK: Fuse.nothing, SETLKW: Fuse.nothing, DESTROY: Fuse.nothing}


class Disk(Fuse):
    def __init__(self, backing, log, where):
        super().__init__(where)
        self.file = os.open(backing, os.O_RDWR)
        self.log = open(log, "ab", buffering=0)

    def status(self, node):
        if node == 2:
            return os.fstat(self.file)
        return os.stat("/")

    def lookup(self, node, body):
        if node != 1 or names(body)[0] != "disk":
            raise OSError(errno.ENOENT, "name")
        return self.entry(2, self.status(2))

    def getattr(self, node, body):
        return self.attribute_answer(self.status(node))

    def open(self, node, body):
        return struct.pack("<QII", 0, 0, 0)

    def read(self, node, body):
        _, offset, size = struct.unpack_from("<QQI", body)
        return os.pread(self.file, size, offset)

    def write(self, node, body):
        _, offset, size = struct.unpack_from("<QQI", body)
        data = body[40:40 + size]
        self.log.write(b"w" + struct.pack("<QQ", offset, size) + data)
        return struct.pack("<II", os.pwrite(self.file, data, offset), 0)

    def fsync(self, node, body):
        self.log.write(b"f" + bytes(16))

    handlers = {
        INIT: Fuse.init, LOOKUP: lookup, GETATTR: getattr, SETATTR: getattr, OPEN: open, READ: read, WRITE: write,
        STATFS: Fuse.statfs, RELEASE: Fuse.nothing, FSYNC: fsync, FLUSH: Fuse.nothing, DESTROY: Fuse.nothing}


if __name__ == "__main__":
    resource.setrlimit(resource.RLIMIT_NOFILE, (resource.getrlimit(resource.RLIMIT_NOFILE)[1],) * 2)
    kind, *words, ready = sys.argv[1:]
    (Lying if kind == "lying" else Disk)(*words).serve(ready)
