#!/bin/sh
# guard.sh PREFIX: removes the network namespaces whose names begin so, and the processes in them, when its stdin ends: with the run that
# holds the other end, however that ends. What a worker that outlives its run still makes goes too.
cat >/dev/null

remove_all() {
  names=$(ip netns list | cut -d' ' -f1 | grep "^$1") || return 1
  for name in $names; do
    for pid in $(ip netns pids "$name"); do kill -9 "$pid"; done
    ip netns delete "$name"
    rm -rf "/etc/netns/$name"
  done
}

while remove_all "$1"; do sleep 2; done
