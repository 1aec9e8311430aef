#!/bin/bash
# A repository by path, file://, git daemon, smart HTTP and ssh gives the same run.
. "$(dirname "$0")/lib.sh"

command -v sshd >/dev/null || skip "no sshd"
sshd=$(command -v sshd)
# The scheduler has the environment of the command that starts it.
export GIT_SSH_COMMAND="ssh -F none -i $T/.ssh/id_ed25519 \
	-o UserKnownHostsFile=$T/.ssh/known_hosts"
helpers=()
trap 'kill "${helpers[@]}" 2>/dev/null || true; wait "${helpers[@]}" 2>/dev/null || true; on_exit' EXIT

free_port() {
	python3 -c 'import socket; s = socket.socket(); s.bind(("127.0.0.1", 0)); print(s.getsockname()[1])'
}
listening() { (exec 3<>"/dev/tcp/127.0.0.1/$1") 2>/dev/null; }

repository srv/p
pipeline <<'END'
name: transport
steps:
  s: { sources: [ingot.yaml], run: "wc -l <ingot.yaml >out", outputs: { out: out } }
END
commit=$(git rev-parse HEAD)
touch .git/git-daemon-export-ok
cd "$T"
# same_run REPO: it is the commit, and all but the first come from the cache.
same_run() {
	exits 0 ingot run "$1"
	same "commit" "$(value 'select commit_id from runs order by id desc limit 1')" "$commit"
}

say "a path, file://"
same_run "$T/srv/p"
same_run "file://$T/srv/p"
same "from the cache" "$(state 2 s)" cached

say "git daemon"
port=$(free_port)
git daemon --base-path="$T/srv" --listen=127.0.0.1 --port="$port" --reuseaddr 2>/dev/null &
helpers+=($!)
wait_for 10 listening "$port"
same_run "git://127.0.0.1:$port/p"

say "smart HTTP"
port=$(free_port)
python3 "$SOURCE/tests/scenario/git_http.py" "$T/srv" "$port" 2>http.log &
helpers+=($!)
wait_for 10 listening "$port"
same_run "http://127.0.0.1:$port/p"

say "ssh"
port=$(free_port)
mkdir -p -m 700 .ssh
ssh-keygen -q -t ed25519 -N '' -f host
ssh-keygen -q -t ed25519 -N '' -f .ssh/id_ed25519
cp .ssh/id_ed25519.pub authorized
printf '[127.0.0.1]:%s %s\n' "$port" "$(cut -d' ' -f1,2 host.pub)" >.ssh/known_hosts
cat >sshd_config <<END
ListenAddress 127.0.0.1
Port $port
HostKey $T/host
PidFile none
AuthorizedKeysFile $T/authorized
StrictModes no
UsePAM no
END
mkdir -p /run/sshd 2>/dev/null || true
"$sshd" -D -f sshd_config -E sshd.log &
helpers+=($!)
wait_for 10 listening "$port"
same_run "ssh://$(id -un)@127.0.0.1:$port$T/srv/p"

say "all of them are the same step: computed once"
same "computed" "$(value 'select count(*) from attempts')" 1

say "a server that is not there is named"
exits 5 ingot run "git://127.0.0.1:$(free_port)/p"
shows "127.0.0.1"
