# SPDX-License-Identifier: Apache-2.0
"""Runs single steps of an example as a worker would, without Ingot.

A Workspace is a fresh folder with the step's declared sources, its inputs
read-only at inputs/NAME, and nothing else. The command and the sources come
from the example's ingot.yaml, so that an undeclared source fails here too.
Only what the examples use of the format is understood: one line per key.
"""

import os
import pathlib
import re
import shlex
import shutil
import subprocess
import tempfile

EXAMPLES = pathlib.Path(__file__).resolve().parents[2] / "examples"


class Definition:
  def __init__(self, example):
    self.folder = EXAMPLES / example
    self.text = (self.folder / "ingot.yaml").read_text("utf-8")

  def value(self, step, key):
    """The text after `key:` in a step, without a comment."""
    section = re.search(rf"^  {step}:\n((?:    .*\n|\n)*)", self.text, re.M).group(1)
    return re.search(rf"^    {key}: (.*?)(?:  +#.*)?$", section, re.M).group(1)

  def sources(self, step):
    return self.value(step, "sources").strip("[]").split(", ")

  def command(self, step, values):
    """The script of `run`, each ${{ NAME }} replaced by a quoted word."""
    return re.sub(r"\$\{\{ (\S+) \}\}", lambda match: shlex.quote(str(values[match.group(1)])),
                  self.value(step, "run"))


class Workspace:
  """The folder of one step. `inputs` maps a name to a file or a folder."""

  def __init__(self, definition, step, inputs):
    self.definition, self.step = definition, step
    self.scratch = tempfile.TemporaryDirectory(prefix="ingot-example-")
    self.folder = pathlib.Path(self.scratch.name)
    for source in definition.sources(step):
      (self.folder / source).parent.mkdir(parents=True, exist_ok=True)
      shutil.copy(definition.folder / source, self.folder / source)
    for name, origin in inputs.items():
      self._add_input(self.folder / "inputs" / name, pathlib.Path(origin))

  def _add_input(self, path, origin):
    path.parent.mkdir(exist_ok=True)
    if origin.is_dir():
      shutil.copytree(origin, path)
    else:
      shutil.copy(origin, path)
      path.chmod(0o444)

  def start(self, values=None, command=None, **env):
    """Starts the step's command, or another one, in an environment as bare as a worker's, and
    in a process group of its own."""
    script = command or self.definition.command(self.step, values or {})
    bare = {name: os.environ[name] for name in ("PATH", "HOME") if name in os.environ}
    return subprocess.Popen(["sh", "-eu", "-c", script], cwd=self.folder, env=bare | env,
                            stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
                            start_new_session=True)

  def run(self, values=None, command=None, **env):
    """The same, to its end: exit status and what it printed."""
    with self.start(values, command, **env) as process:
      stdout, stderr = process.communicate(timeout=60)
      return subprocess.CompletedProcess(process.args, process.returncode, stdout, stderr)

  def __truediv__(self, path):
    return self.folder / path

  def close(self):
    self.scratch.cleanup()
