"""The matrix on two real hosts: dump, stream, restore and commit, and SIGKILL at random."""
