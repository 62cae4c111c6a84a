--- choice: what a person can choose to test, a row each: an option of the verbs, an environment variable and a key of
--- moonrig.lua.

local choice = {}

--- { name, is_place = its value is a place of files, words = the values of one that is no place, fetch = what of
--- debian:SUITE it is ("dpdk" or "qemu"), is_several = a run for each of several, is_guests = also of verbs that bring
--- their own DPDK, help }. The last row changes slowest in the combinations of several.
choice.LIST = {
  { name = "dpdk", is_place = true, fetch = "dpdk", is_several = true,
    help = "The DPDK under test: a meson build folder, a source tree, a prefix, or debian:SUITE",
    default = "the one on PATH" },
  { name = "guest_dpdk", is_place = true, fetch = "dpdk", is_several = true, default = "same",
    help = "Another DPDK for guests, as for --dpdk; same: that of this machine. Verdicts name both" },
  { name = "qemu", is_place = true, fetch = "qemu", is_several = true, is_guests = true,
    help = "The QEMU under test: a program, a build folder, or debian:SUITE", default = "the one on PATH" },
  { name = "image", is_place = true, is_guests = true, default = "moonrig's own image",
    help = "The guest: a disk image, a folder with disk, kernel, initrd and key, or a table in a file" },
  { name = "accel", words = { "auto", "kvm", "tcg" }, is_guests = true, default = "auto",
    help = "How guests run: kvm, tcg (emulated), or auto, which is KVM where it works" },
  { name = "hugepages", words = { "auto", "off", "on" }, is_guests = true, default = "auto",
    help = "DPDK on this machine and guests on hugepages: on, off, or auto, which is on where enough are free" },
}

--- The value of guest_dpdk that is no place: the guests' DPDK is that of this machine.
choice.SAME = "same"

--- A row's option.
function choice.option(row) return "--" .. row.name:gsub("_", "-") end

--- A row's environment variable.
function choice.variable(row) return "MOONRIG_" .. row.name:upper() end

return choice
