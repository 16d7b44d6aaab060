# figures.sh - what the benches read of a process, and how they tell a goal.

field() { awk -v name="$2" '$1 == name":" { print $2 }' "/proc/$1/$3"; }
switches() { echo $(($(field "$1" voluntary_ctxt_switches status) + $(field "$1" nonvoluntary_ctxt_switches status))); }

# goal WHAT WANTED MEASURED [CONDITION]: the condition is an awk expression.
goal() {
	printf 'goal: %s: %s / measured: %s%s\n' "$1" "$2" "$3" \
		"$(awk "BEGIN { print (${4:-1}) ? \"\" : \"  (missed)\" }")"
}
