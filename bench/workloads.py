# SPDX-License-Identifier: Apache-2.0
"""The workloads: each measures ours, its limits and its peers once, in turns, in round()."""

import json
import random
import shutil
import subprocess
import threading
import time
from statistics import mean

from home import Failed, Home, repository, seconds_between
from measure import Figure

ISOLATIONS = ("none", "pidns", "cgroup", "all")
SECONDS_IDLE = 10
TURNS = 5  # of ours and limit within a round, where the disk has moods


def percentile(values, percent):
  ordered = sorted(values)
  return ordered[min(len(ordered) - 1, int(len(ordered) * percent / 100))]


class Workload:
  """One round of one workload, in a new folder of its own."""

  name = ""
  figures = ()

  def __init__(self, options, folder):
    self.options = options
    self.folder = folder
    self.bench = options.build / "bench"
    self.noop = self.bench / "noop"

  def sized(self, default, full=None):
    if self.options.quick:
      return max(default // 10, 1)
    return full if full and self.options.full else default

  def limits(self, *names, **options):
    """{name: value} of these limits, with p50_us and p99_us as NAME.p50 and NAME.p99."""
    words = [self.bench / "limits", "--json", "--dir", self.folder, "--child", self.noop]
    for name in names:
      words += ["--only", name]
    for name, value in options.items():
      words += [f"--{name}", str(value)]
    found = {}
    for line in subprocess.run(words, check=True, capture_output=True, text=True).stdout.splitlines():
      limit = json.loads(line)
      found.update({limit["name"]: limit["value"], limit["name"] + ".p50": limit["p50_us"],
                    limit["name"] + ".p99": limit["p99_us"]})
    return found

  def program(self, name, *arguments):
    done = subprocess.run([self.bench / name, *map(str, arguments)], check=True,
                          capture_output=True, text=True)
    return json.loads(done.stdout)

  def home(self, name="home", isolation="all"):
    return Home(self.options.build / "cli/ingot", self.folder / name, INGOT_ISOLATE=isolation)

  def repo(self, definition, name="repo"):
    return repository(self.folder / name, definition)

  def one_step(self, **keys):
    more = "".join(f"    {key}: {value}\n" for key, value in keys.items())
    return f"name: one\nsteps:\n  noop:\n    run: [{self.noop}]\n    sources: []\n" \
           f"    cache: false\n{more}"

  def matrix(self, count, cache):
    """A step of so many instances, a hundred or fewer in a row."""
    columns = min(count, 100)
    a, b = list(range(count // columns)), list(range(columns))
    return f"name: flat\nsteps:\n  noop:\n    run: [{self.noop}]\n    sources: []\n" \
           f"    cache: {str(cache).lower()}\n    matrix: {{ a: {a}, b: {b} }}\n"

  def round(self):
    raise NotImplementedError


class Flat(Workload):
  """W1: independent steps, two at a time, output into files."""

  name = "w1"
  figures = (
    Figure("W1 no-op steps/s, isolation: all", "all", "S2cap", ">= 0.60", "/s", "D2"),
    Figure("W1 the same, none", "none", "S2cap", ">= 0.60", "/s", "D2"),
    Figure("W1 the same, PID namespace", "pidns", "S2cap", ">= 0.60", "/s", "D2"),
    Figure("W1 the same, cgroup", "cgroup", "S2cap", ">= 0.60", "/s", "D2"),
    Figure("W1 the same, all, `ingot run` as a whole", "all wall", "S2cap", "", "/s", "D2"),
    Figure("W1 Ingot's own CPU a step, all", "all cpu", unit="us"),
    Figure("W1 xargs -P2 -n1", "xargs", "S2cap", "", "/s", "no record"),
    Figure("W1 ninja -j2", "ninja", "S2cap", "", "/s", "no record"),
    Figure("W1 parallel -j2 --joblog --results", "parallel", "S2cap", "", "/s", "D0"),
  )

  def ours(self, repo, count, isolation):
    with self.home(f"home-{isolation}", isolation) as home:
      home.serve()
      home.run(self.warm)  # workers are there, as they are in a home that is used
      before = sum(p.cpu_seconds for p in home.processes())
      wall, record = home.run(repo)
      cpu = sum(p.cpu_seconds for p in home.processes()) - before
    return {isolation: count / seconds_between(record, "created_at", "finished_at"),
            f"{isolation} wall": count / wall, f"{isolation} cpu": cpu / count * 1e6}

  def timed(self, count, *words):
    if not shutil.which(words[0]):
      return None
    before = time.perf_counter()
    with open(self.folder / "output", "ab") as output:
      arguments = "\n".join(map(str, range(count))).encode()
      subprocess.run(words, input=arguments, stdout=output, stderr=output, cwd=self.folder, check=True)
    return count / (time.perf_counter() - before)

  def ninja(self, count):
    lines = [f"rule noop\n  command = {self.noop}"]
    lines += [f"build step{i}: noop" for i in range(count)]
    (self.folder / "build.ninja").write_text("\n".join(lines) + "\n")
    return self.timed(count, "ninja", "-j2")

  def round(self):
    count = self.sized(10000)
    repo = self.repo(self.matrix(count, cache=False))
    self.warm = self.repo(self.matrix(4, cache=False), "warm")
    found, limits = {}, []
    for isolation in ISOLATIONS:
      limits.append(self.limits("S2cap", seconds=1)["S2cap"])
      found.update(self.ours(repo, count, isolation))
    found["S2cap"] = mean(limits)
    found["xargs"] = self.timed(count, "xargs", "-P2", "-n1", str(self.noop))
    found["ninja"] = self.ninja(count)
    found["parallel"] = self.timed(count // 10, "parallel", "-j2", "--joblog", "joblog",
                                   "--results", "results", str(self.noop))
    return found


class Chain(Workload):
  """W2: each step waits for the one before."""

  name = "w2"
  figures = (
    Figure("W2 time a step of a chain, over spawn and wait", "retry", "S1.us", "<= 2.0", "us", "D2"),
    Figure("W2 the same, on_lost: manual, over spawn and wait + fdatasync", "manual", "S1F.us",
           "<= 1.5", "us", "D2"),
  )

  def chain(self, count, on_lost):
    step = f"{{ run: [{self.noop}], sources: [], cache: false, on_lost: {on_lost}"
    lines = ["name: chain", "steps:", f"  s0: {step} }}"]
    lines += [f"  s{i}: {step}, needs: [s{i - 1}] }}" for i in range(1, count)]
    return "\n".join(lines) + "\n"

  def round(self):
    count = self.sized(1000)
    found, spawns, syncs = {}, [], []
    for on_lost in ("retry", "manual"):
      limit = self.limits("S1", "F", seconds=1)
      spawns.append(1e6 / limit["S1"])
      syncs.append(1e6 / limit["F"])
      repo = self.repo(self.chain(count, on_lost), on_lost)
      with self.home(f"home-{on_lost}") as home:
        home.serve()
        home.run(repo)
        record = home.run(repo)[1]
      found[on_lost] = seconds_between(record, "created_at", "finished_at") / count * 1e6
    return {**found, "S1.us": mean(spawns), "S1F.us": mean(spawns) + mean(syncs)}


class Cached(Workload):
  """A second run of 1,000 steps: all from the cache, nothing started."""

  name = "cached"
  figures = (
    Figure("second run, 1,000 cached steps: wall time", "served", target="<= 100", unit="ms",
           durability="D2"),
    Figure("the same, no scheduler running before", "cold", target="<= 100", unit="ms",
           durability="D2"),
  )

  def round(self):
    found = {}
    repo = self.repo(self.matrix(1000, cache=True))
    with self.home() as home:
      home.serve()
      home.run(repo)
      found["served"] = self.again(home, repo)
      home.stop()
      found["cold"] = self.again(home, repo)
    return found

  def again(self, home, repo):
    wall, record = home.run(repo)
    states = {step["state"] for step in record["steps"]}
    if states != {"cached"} or len(record["steps"]) != 1000:
      raise Failed(f"not all steps were cached: {states}")
    return wall * 1000


class Latency(Workload):
  """W4: one-step runs that come at random, as people and pushes do."""

  name = "w4"
  figures = (
    Figure("W4 submit to start, p50", "start p50", unit="ms", durability="D2"),
    Figure("W4 submit to start, p99, over 2 F + 1 ms", "start p99", "2F+1", "<= 1.0", "ms", "D2"),
    Figure("W4 `ingot run` as a whole, p50", "wall p50", unit="ms", durability="D2"),
    Figure("W4 `ingot run` as a whole, p99", "wall p99", unit="ms", durability="D2"),
  )

  def round(self):
    rate, count = (50, 3000) if self.options.full else (10, self.sized(200))
    repo = self.repo(self.one_step())
    limit = self.limits("F")
    ran = []
    with self.home() as home:
      home.serve()
      home.run(repo)
      threads = []
      for _ in range(count):
        threads.append(threading.Thread(target=lambda: ran.append(home.run(repo))))
        threads[-1].start()
        time.sleep(random.expovariate(rate))
      for thread in threads:
        thread.join()
    starts = [seconds_between({"a": record["created_at"], "b": record["steps"][0]["started_at"]},
                              "a", "b") * 1000 for _, record in ran]
    walls = [wall * 1000 for wall, _ in ran]
    return {"start p50": percentile(starts, 50), "start p99": percentile(starts, 99),
            "wall p50": percentile(walls, 50), "wall p99": percentile(walls, 99),
            "2F+1": 2 * limit["F.p99"] / 1000 + 1}


class Store(Workload):
  """W7: one large file into the store; many small ones, unchanged, into a workspace."""

  name = "w7"
  figures = (
    Figure("W7 large file into the store, over SHA-256 or durable copy", "large", "H|CPFD",
           ">= 0.8", "MB/s", "D2"),
    Figure("W7 10,000 small files into a workspace, over cp -al", "small", "CPL.ms", "<= 1.3", "ms"),
  )

  def round(self):
    size, files = self.sized(512 << 20, 1 << 30), self.sized(10000)
    puts, hashes, copies, fills, links = [], [], [], [], []
    for _ in range(TURNS):
      puts.append(self.program("w7_store", "large", self.folder / "large", size)["seconds"])
      limit = self.limits("H", "CPFD", large=size, seconds=0.2)
      hashes.append(size / 1e6 / limit["H"])
      copies.append(limit["CPFD.p50"] / 1e6)
      fills.append(self.program("w7_store", "small", self.folder / "small", files)["seconds"])
      links.append(self.limits("CPL", files=files, seconds=0.2)["CPL.p50"] / 1000)
    rates = {name: size / 1e6 / mean(seconds) for name, seconds in
             (("large", puts), ("H", hashes), ("CPFD", copies))}
    return {**rates, "H|CPFD": min(rates["H"], rates["CPFD"]),
            "small": mean(fills) * 1000, "CPL.ms": mean(links)}


class Queue(Workload):
  """W1z: a million steps through the deciding alone."""

  name = "queue"
  figures = (
    Figure("W1z steps/s decided, nothing started", "rate", "U", ">= 0.4", "/s", "D0"),
    Figure("W1z the same, over with 1,000 queued", "rate", "small rate", "", "/s", "D0"),
    Figure("W1z memory a queued step", "bytes", target="<= 128", unit="B"),
  )

  def round(self):
    count = self.sized(1000000)
    limit = self.limits("U")
    small = [self.program("w1z_queue", 1000) for _ in range(20)]
    large = self.program("w1z_queue", count)
    return {"U": limit["U"], "rate": count / large["seconds"],
            "small rate": 20 * 1000 / sum(one["seconds"] for one in small),
            "bytes": large["bytes_queued"] / count}


class Idle(Workload):
  """What is there while nothing runs."""

  name = "idle"
  figures = (
    Figure("idle scheduler, PSS", "scheduler pss", target="<= 12", unit="MiB"),
    Figure("idle worker and its spawner, PSS", "worker pss", target="<= 6", unit="MiB"),
    Figure("idle scheduler, wake-ups a second", "scheduler wakes", target="<= 1", unit="/s"),
    Figure("idle worker and its spawner, wake-ups a second", "worker wakes", target="<= 1", unit="/s"),
  )

  def round(self):
    repo = self.repo(self.matrix(10, cache=False))
    with self.home() as home:
      home.serve()
      home.run(repo)
      time.sleep(2)
      before = {p.pid: p.switches() for p in home.processes()}
      time.sleep(self.sized(SECONDS_IDLE))
      return self.judge(home, before)

  def judge(self, home, before):
    now = home.processes()
    scheduler = [p for p in now if "scheduler" in p.words]
    workers = [p for p in now if "worker" in p.words]
    count = sum(1 for p in workers if p.parent == scheduler[0].pid)

    def wakes(processes):
      return sum(p.switches() - before.get(p.pid, 0) for p in processes) / self.sized(SECONDS_IDLE)

    def pss(processes):
      return sum(p.pss_kib() for p in processes) / 1024
    return {"scheduler pss": pss(scheduler), "worker pss": pss(workers) / count,
            "scheduler wakes": wakes(scheduler), "worker wakes": wakes(workers) / count}


class Start(Workload):
  """`ingot run` of one step, with nothing running before and with a scheduler there."""

  name = "start"
  figures = (
    Figure("`ingot run` of one step, nothing running before, step excluded", "cold",
           target="<= 100", unit="ms", durability="D2"),
    Figure("the same, in a new home", "new", target="<= 100", unit="ms", durability="D2"),
    Figure("the same, with a scheduler there", "served", unit="ms", durability="D2"),
  )

  def overhead(self, home, repo):
    wall, record = home.run(repo)
    return (wall - seconds_between(record["steps"][0], "started_at", "finished_at")) * 1000

  def round(self):
    repo = self.repo(self.one_step())
    cold, served = [], []
    with self.home() as home:
      new = self.overhead(home, repo)
      for _ in range(5):
        home.stop()
        cold.append(self.overhead(home, repo))
        served.append(self.overhead(home, repo))
    return {"new": new, "cold": percentile(cold, 50), "served": percentile(served, 50)}


ALL = (Flat, Chain, Cached, Latency, Store, Queue, Idle, Start)
