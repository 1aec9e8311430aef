# SPDX-License-Identifier: Apache-2.0
"""A home of Ingot's own for a workload, the repositories that run in it, and its processes."""

import json
import os
import signal
import socket
import subprocess
import time
from pathlib import Path

COMMIT = ["git", "-c", "user.name=bench", "-c", "user.email=bench@localhost",
          "-c", "commit.gpgsign=false", "commit", "--quiet", "--message", "workload"]
PATIENCE = 30  # seconds for a scheduler to come or go
TICKS = os.sysconf("SC_CLK_TCK")


class Failed(Exception):
  """A command of the workload did not do what it is there for."""


def repository(folder, definition):
  """A new Git repository whose one commit holds this definition."""
  folder.mkdir(parents=True)
  (folder / "ingot.yaml").write_text(definition)
  for command in (["git", "init", "--quiet", "--initial-branch=main"], ["git", "add", "."], COMMIT):
    subprocess.run(command, cwd=folder, check=True)
  return folder


def seconds_between(record, start, end):
  """Between two times of a record, which are RFC 3339 with milliseconds, in UTC."""
  def parse(text):
    return time.strptime(text[:19], "%Y-%m-%dT%H:%M:%S"), int(text[20:23])
  (first, first_ms), (last, last_ms) = parse(record[start]), parse(record[end])
  return time.mktime(last) - time.mktime(first) + (last_ms - first_ms) / 1000


class Process:
  """What /proc tells of a running process."""

  def __init__(self, pid):
    self.pid = pid
    self.folder = Path("/proc") / str(pid)
    self.words = self.folder.joinpath("cmdline").read_bytes().decode(errors="replace").split("\0")
    fields = self.folder.joinpath("stat").read_text().rpartition(")")[2].split()
    self.parent = int(fields[1])
    self.cpu_seconds = (int(fields[11]) + int(fields[12])) / TICKS

  def pss_kib(self):
    for line in self.folder.joinpath("smaps_rollup").read_text().splitlines():
      if line.startswith("Pss:"):
        return int(line.split()[1])
    raise Failed(f"no Pss of process {self.pid}")

  def switches(self):
    """How often its threads were put onto a core: what wakes up counts here."""
    total = 0
    for status in self.folder.glob("task/*/status"):
      for line in status.read_text().splitlines():
        if "ctxt_switches" in line:
          total += int(line.split()[1])
    return total


class Home:
  """INGOT_HOME of a workload. As a context it ends whatever still runs in it."""

  def __init__(self, ingot, folder, **environment):
    self.ingot = str(ingot)
    self.folder = folder
    self.environment = {**os.environ, "INGOT_HOME": str(folder), **environment}
    self.scheduler = None

  def __enter__(self):
    return self

  def __exit__(self, *_):
    self.stop()

  def serve(self, workers=2):
    """Starts a scheduler that stays, and waits until it listens."""
    self.folder.mkdir(parents=True, exist_ok=True)
    with open(self.folder / "scheduler.log", "ab") as log:
      self.scheduler = subprocess.Popen(
        [self.ingot, "scheduler", "--home", str(self.folder), "--linger", "always",
         "--workers", str(workers)],
        env=self.environment, stdin=subprocess.DEVNULL, stdout=log, stderr=log)
    self.wait_for(self.listens, "the scheduler to listen")

  def listens(self):
    with socket.socket(socket.AF_UNIX) as probe:
      # A home's path may be too long for a socket's name; the folder's descriptor is not.
      folder = os.open(self.folder, os.O_PATH)
      try:
        return probe.connect_ex(f"/proc/self/fd/{folder}/ingot.sock") == 0
      finally:
        os.close(folder)

  def wait_for(self, condition, what):
    end = time.monotonic() + PATIENCE
    while not condition():
      if time.monotonic() > end:
        raise Failed(f"waited {PATIENCE} s for {what}; see {self.folder}/scheduler.log")
      time.sleep(0.005)

  def processes(self):
    """Those of Ingot in this home: scheduler, workers and their spawners."""
    found = []
    for entry in Path("/proc").iterdir():
      if entry.name.isdigit():
        try:
          process = Process(int(entry.name))
        except (FileNotFoundError, ProcessLookupError):
          continue
        if str(self.folder) in process.words:
          found.append(process)
    return found

  def stop(self):
    """Ends the scheduler of this home, whoever started it; its workers leave with it."""
    for process in self.processes():
      if "scheduler" in process.words:
        os.kill(process.pid, signal.SIGTERM)
    if self.scheduler:
      self.scheduler.wait(PATIENCE)
      self.scheduler = None
    self.wait_for(lambda: not self.processes(), "the processes of this home to end")

  def command(self, *words):
    done = subprocess.run([self.ingot, *map(str, words)], env=self.environment,
                          stdin=subprocess.DEVNULL, capture_output=True, text=True)
    if done.returncode != 0:
      raise Failed(f"ingot {' '.join(map(str, words))}: exit {done.returncode}: "
                   f"{done.stderr.strip()[-500:]}")
    return done.stdout

  def run(self, repo, *options):
    """Runs the pipeline of a repository; returns wall seconds and the run's record."""
    before = time.perf_counter()
    said = self.command("run", repo, "--json", *options)
    return time.perf_counter() - before, json.loads(said)
