"""The peers that `bench.peers` measures us beside, each in a process and an environment of its own."""
