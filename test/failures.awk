# failures: the lines of a part's output that say what failed and why. A few lines for each; all.sh repeats them at its end.

# is_new: a list at the end of cmocka's output repeats names
function is_new(line) {
	return !(line in seen) && (seen[line] = 1)
}

# open N: this line, and at most N that follow it up to an empty one or the next of its kind
function open(n) {
	left = is_new($0) ? n : 0
	if (left || n == 0) print
	indented = 0
}

# busted: the place, the name, the reason
/^(Failure|Error) -> / { open(5); next }

# a case: its reason is indented
/^(FAIL|ERROR|XPASS|FLAKY) +[^ ]+\/[^ ]/ { open(4); indented = 1; next }

# moonrig sabotage: "survivor PASS 0.5 s  place: fault"
/^(survivor|hang|leftover|misnamed|wronged|unfired|unclear) / { open(2); indented = 1; next }

# the browser's
/^FAILED / { open(2); next }

# cmocka
/^\[  ERROR   \] |^\[   LINE   \] / { print; left = 0; next }
/^\[  FAILED  \] / { if ($0 !~ /test\(s\)/ && is_new($0)) print; left = 0; next }

# sanitizers, fuzz, targets, crash, bench, and what all.sh says itself
/^SUMMARY: |: exited with status |: ran no test$|: failed$|: left |: .*was not measured$/ { print; left = 0; next }

/^$/ || (indented && !/^ /) { left = 0 }
left > 0 { print; left-- }
