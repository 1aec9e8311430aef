# SPDX-License-Identifier: Apache-2.0
"""home.py - a home seen from outside: its processes, and what its files hold.

The database is looked at only as a copy, made while no scheduler lives, so that
nothing here ever takes part in what it checks.
"""
import hashlib
import json
import os
import shutil
import signal
import sqlite3
import subprocess
import time


class Process:
    """A process of the home: its pid, its parent's, and what it is."""

    def __init__(self, pid, parent, kind):
        self.pid, self.parent, self.kind = pid, parent, kind

    def __repr__(self):
        return f"{self.kind} {self.pid}"


def read(path):
    try:
        with open(path, "rb") as f:
            return f.read()
    except OSError:  # it has ended meanwhile
        return b""


def kind_of(args, environ):
    if b"\0INGOT_STEP=" in environ:
        return "step"
    if os.path.basename(args[0]) != b"ingot":
        return "helper"  # or git
    return args[1].decode() if args[1] in (b"scheduler", b"worker") else "client"


class Home:
    def __init__(self, folder, ingot):
        self.folder, self.ingot = folder, ingot
        self.path = os.path.join(folder, "home")
        self.env = dict(os.environ, INGOT_HOME=self.path, HOME=folder, NO_COLOR="1", TERM="dumb")
        self.mark = b"HOME=" + folder.encode() + b"\0"

    # -- commands ---------------------------------------------------------

    def start(self, *args, out):
        return subprocess.Popen([self.ingot, *args], env=self.env, stdout=out,
                                stderr=subprocess.STDOUT, cwd=self.folder)

    def run(self, *args):
        """The output of a command that has to succeed."""
        done = subprocess.run([self.ingot, *args], env=self.env, capture_output=True, text=True,
                              timeout=120, cwd=self.folder)
        if done.returncode != 0:
            raise AssertionError(f"ingot {' '.join(args)}: exit {done.returncode}\n"
                                 f"{done.stdout}{done.stderr}")
        return done.stdout

    def sql(self, query):
        return json.loads(self.run("sql", "--json", query))

    # -- processes --------------------------------------------------------

    def processes(self):
        """All that live: whatever was started with this home's HOME."""
        found = {}
        for pid in filter(str.isdigit, os.listdir("/proc")):
            environ = read(f"/proc/{pid}/environ")
            if self.mark not in environ:
                continue
            args = read(f"/proc/{pid}/cmdline").split(b"\0")
            stat = read(f"/proc/{pid}/stat").rpartition(b")")[2].split()
            if len(stat) > 1 and stat[0] != b"Z":
                found[int(pid)] = Process(int(pid), int(stat[1]), kind_of(args, environ))
        # A worker's child is its spawner; a scheduler's is about to become something else.
        children = {"worker": "spawner", "scheduler": "helper"}
        kinds = {p.pid: p.kind for p in found.values()}
        for p in found.values():
            if kinds.get(p.parent) == p.kind:
                p.kind = children.get(p.kind, p.kind)
        return list(found.values())

    def of_kind(self, kind):
        return [p for p in self.processes() if p.kind == kind]

    def orphans(self):
        """Steps and spawners without a worker above them."""
        living = {p.pid: p for p in self.processes()}

        def has_worker(p):
            while p.parent in living:
                p = living[p.parent]
            return p.kind in ("worker", "scheduler", "client")
        return [p for p in living.values() if p.kind in ("step", "spawner") and not has_worker(p)]

    def await_none(self, what, list_them, seconds):
        deadline = time.monotonic() + seconds
        while left := list_them():
            if time.monotonic() > deadline:
                raise AssertionError(f"{what}: {left}")
            time.sleep(0.02)

    def kill_all(self):
        for p in self.processes():
            try:
                os.kill(p.pid, signal.SIGKILL)
            except ProcessLookupError:
                pass

    # -- files ------------------------------------------------------------

    def open_copy(self, folder):
        """The database as a start would find it. Only while no scheduler lives."""
        shutil.rmtree(folder, ignore_errors=True)
        os.mkdir(folder)
        for name in ("ingot.db", "ingot.db-wal"):
            if os.path.exists(os.path.join(self.path, name)):
                shutil.copy(os.path.join(self.path, name), folder)
        return sqlite3.connect(os.path.join(folder, "ingot.db"))

    def digest_of_blob(self, digest):
        h = hashlib.sha256()
        with open(os.path.join(self.path, "blobs", digest[:2], digest), "rb") as f:
            while part := f.read(1 << 20):
                h.update(part)
        return h.hexdigest()
