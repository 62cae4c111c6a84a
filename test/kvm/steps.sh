# steps: what `make kvm` runs in its machine: doctor, smoke/vm and the plan's cases under KVM, cold and from the snapshot.
# A line "verdict STEP PASS|FAIL seconds" for each, "steps done" last; then the results as an archive on /dev/vdc. The
# driver (kvm.lua) reads these lines.
set -u
tree=/mnt/tree
work=/mnt/work
mkdir -p "$work/cache" "$work/results"
cd "$work" || exit 1
export MOONRIG_CACHE="$work/cache" TMPDIR=/tmp TERM=dumb
moonrig=$tree/build/moonrig
plan="$tree/scripts/vdev_primary_secondary/hotplug.lua $tree/scripts/vdev_primary_secondary/symmetric.lua"

# A step's deadline, and a case's, in seconds: they end what hangs, also where this machine's machine is loaded.
SECONDS_OF_STEP=1500
SECONDS_OF_CASE=700

# Where a step that does not come back waits: the driver prints it.
where() {
	echo "where: what is running, and where in the kernel it waits"
	ps -e -o pid,ppid,stat,etimes,wchan:24,args | grep -v '\[.*\]$'
	for stack in /proc/[0-9]*/stack; do
		[ -s "$stack" ] || continue
		read -r name <"${stack%stack}comm" && echo "where: $name $stack" && head -n 8 "$stack"
	done
}

# within SECONDS COMMAND...: its exit status; at the deadline it prints where, and ends it
within() {
	limit=$1
	shift
	"$@" &
	pid=$!
	until=$(($(date +%s) + limit))
	while kill -0 "$pid" 2>/dev/null; do
		if [ "$(date +%s)" -ge "$until" ]; then
			where
			kill -KILL "$pid"
			break
		fi
		sleep 0.2
	done
	wait "$pid"
}

# verdict STEP STATUS SINCE
verdict() {
	word=PASS
	[ "$2" = 0 ] || word=FAIL
	echo "verdict $1 $word $(($(date +%s) - $3))"
}

doctor() {
	within 300 "$moonrig" doctor >doctor.out 2>&1
	cat doctor.out
	grep -q '^yes  KVM' doctor.out
}

# cases STEP BOOT N WHAT...: N cases pass, all under KVM and with this boot
cases() {
	out=results/$1
	boot=$2
	n=$3
	shift 3
	[ "$boot" = snapshot ] || set -- --cold "$@"
	within $SECONDS_OF_STEP "$moonrig" run --timeout $SECONDS_OF_CASE -o "$out" "$@" </dev/null || return 1
	sh "$tree/test/kvm/proof.sh" "$out/latest" "$boot" "$n"
}

# step NAME COMMAND...
step() {
	name=$1
	shift
	since=$(date +%s)
	echo "step $name"
	"$@"
	verdict "$name" $? "$since"
}

modprobe kvm_amd nested=0
modprobe tun
ip link set lo up
cp -a "$tree"/cache/. "$MOONRIG_CACHE/" || exit 1
# builds the examples and DPDK's disk, of which the next run gets a copy
step setup within $SECONDS_OF_STEP "$moonrig" setup
step doctor doctor
# shellcheck disable=SC2086 # words
{
	step smoke cases smoke cold 1 "$tree/scripts/smoke/vm.lua"
	step cold cases cold cold 2 $plan
	# this run saves the snapshots that the next one restores
	step save within $SECONDS_OF_STEP "$moonrig" run --timeout $SECONDS_OF_CASE -o results/save $plan
	step snapshot cases snapshot snapshot 2 $plan
}
# shellcheck disable=SC2046 # names
tar --format=posix -cf /dev/vdc results doctor.out $(ls -d cache/dpdk cache/dpdk-* cache/examples-*) && sync
echo "steps done"
