# proof: proof.sh RUN BOOT N VECTORS: did the N cases of the run in the folder RUN have guests under KVM with the host's
# CPU and this boot (cold or snapshot), and VECTORS of them two ports with the plan's 15 vectors? Prints what is not so.
set -u
run=$1 boot=$2 n=$3 vectors=$4
status=0

# expect N PATTERN FILE WHAT
expect() {
	seen=$(grep -c -e "$2" "$3")
	[ "$seen" = "$1" ] && return
	echo "proof: $4: expected $1, found $seen in $3"
	status=1
}

expect "$n" '^      "accelerator": "kvm"' "$run/results.json" "cases under KVM"
expect "$n" "^      \"boot\": \"$boot\"" "$run/results.json" "cases with this boot ($boot)"
expect "$n" '"console":"qemu".*"-cpu","host"' "$run/timeline.jsonl" "guests with the host's CPU"
expect "$vectors" 'vectors=15.*vectors=15' "$run/timeline.jsonl" "guests with vectors=15 for both ports"
exit $status
