-- suites: the packages that are fetched from other suites of Debian. Pure data; lib/host/debian.lua runs suite_list.sh,
-- suite_unpack.sh and suite_tree.sh with them.

return {
  suites = { "bookworm", "trixie", "sid", "bookworm-backports" },

  -- By what is asked for. The first package gives the version.
  packages = {
    -- testpmd and its companions, headers and example sources, and the C library that examples are linked with
    dpdk = { "dpdk", "dpdk-dev", "libdpdk-dev", "dpdk-doc", "libc6-dev" },
    qemu = { "qemu-system-x86" },
  },

  -- Of all that they depend on, packages with such names are kept: libraries, their header files, firmware.
  keep = { "^lib", "^zlib1g", "^dpdk", "^librte", "^qemu", "^seabios$", "^ipxe%-qemu$", "^ibverbs%-providers$",
    "^linux%-libc%-dev$" },

  -- But not these: they belong to programs that are left out (perl, python, udev, systemd, apt), or are documentation.
  -- suite_tree.sh fails if a library lacks.
  drop = { "^libpam", "^libjs%-", "^libpython", "^libsystemd%-shared", "^libdb5", "^libsemanage", "^libproc2",
    "^libdebconf", "^libpci3", "^librte%-meta", "^libapparmor", "^libsepol", "^libpkgconf", "^libperl", "^libgdbm" },
}
