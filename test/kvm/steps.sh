# steps: what `make kvm` runs in its machine: doctor, smoke/vm and the plan's cases under KVM, cold and from the snapshot.
# The tree's file "steps" names those to run. A line "verdict STEP PASS|FAIL SECONDS" for each, "steps done" last; then
# the results as an archive on /dev/vdc. The driver (kvm.lua) reads these lines.
set -u
tree=/mnt/tree
work=/mnt/work
mkdir -p "$work/cache" "$work/results"
cd "$work" || exit 1
export MOONRIG_CACHE="$work/cache" TMPDIR=/tmp TERM=dumb
moonrig=$tree/build/moonrig
plan=$tree/scripts/vdev_primary_secondary

# A step's deadline, and a case's: they end what hangs. The machine's seconds are longer than ours (machine.lua).
SECONDS_OF_STEP=600
SECONDS_OF_CASE=400

# Where a step that does not come back waits: the driver prints it.
where() {
	echo "where: what is running, and where in the kernel it waits"
	ps -e -o pid,ppid,stat,etimes,wchan:24,args | grep -v '\[.*\]$'
	for stack in /proc/[0-9]*/stack; do
		[ -s "$stack" ] || continue
		read -r name <"${stack%stack}comm" && echo "where: $name $stack" && head -n 8 "$stack"
	done
}

# within SECONDS COMMAND...: its exit status; at the deadline it prints where, and ends it. A line "alive" every 30 s.
within() {
	limit=$1
	shift
	"$@" &
	pid=$!
	from=$(date +%s) alive=0
	while kill -0 "$pid" 2>/dev/null; do
		seconds=$(($(date +%s) - from))
		if [ "$seconds" -ge "$limit" ]; then
			where
			kill -KILL "$pid"
			break
		fi
		if [ $((seconds / 30)) -gt "$alive" ]; then
			alive=$((seconds / 30))
			echo alive >/dev/ttyS0
		fi
		sleep 0.5
	done
	wait "$pid"
}

# verdict STEP STATUS SINCE
verdict() {
	word=PASS
	[ "$2" = 0 ] || word=FAIL
	echo "verdict $1 $word $(($(date +%s) - $3))"
}

# The machine has a KVM, and our program runs in it. No guest: the emulation does not run each one soundly.
device() {
	[ -c /dev/kvm ] && within 60 "$moonrig" list "$tree/scripts/smoke/vm.lua"
}

doctor() {
	within 300 "$moonrig" doctor >doctor.out 2>&1
	cat doctor.out
	grep -q '^yes  KVM' doctor.out
}

# cases STEP BOOT N VECTORS WORD...: moonrig runs N cases, which pass under KVM with this boot, VECTORS of them with the
# plan's vectors
cases() {
	out=results/$1 boot=$2 n=$3 vectors=$4
	shift 4
	within $SECONDS_OF_STEP "$moonrig" run --timeout $SECONDS_OF_CASE -o "$out" "$@" </dev/null || return 1
	sh "$tree/test/kvm/proof.sh" "$out/latest" "$boot" "$n" "$vectors"
}

# step NAME COMMAND...
step() {
	name=$1
	shift
	grep -qx "$name" "$tree/steps" || return
	since=$(date +%s)
	echo "step $name"
	"$@"
	verdict "$name" $? "$since"
}

# The results, for the driver. What setup has built, too: it has taken minutes, and the machine may not come to its end.
archive() {
	# shellcheck disable=SC2046 # names
	tar --format=posix -cf /dev/vdc results $(ls -d doctor.out cache/dpdk cache/dpdk-* cache/examples-* 2>/dev/null) &&
		sync
}

modprobe kvm_amd nested=0
modprobe tun
ip link set lo up
cp -a "$tree"/cache/. "$MOONRIG_CACHE/" || exit 1
step device device
step doctor doctor
# builds the examples and DPDK's disk, of which the next run gets a copy
step setup within $SECONDS_OF_STEP "$moonrig" setup
archive
step smoke cases smoke cold 1 0 "$tree/scripts/smoke/vm.lua"
# without a snapshot in the cache: it saves one, which is that of both cases
step hotplug cases hotplug cold 1 1 "$plan/hotplug.lua"
step symmetric cases symmetric cold 1 1 --cold "$plan/symmetric.lua"
step snapshot cases snapshot snapshot 2 2 "$plan/hotplug.lua" "$plan/symmetric.lua"
archive
echo "steps done"
