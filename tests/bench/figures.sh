# figures.sh - what the benches read of a process, and how they tell a goal.

field() { awk -v name="$2" '$1 == name":" { print $2 }' "/proc/$1/$3"; }
switches() { echo $(($(field "$1" voluntary_ctxt_switches status) + $(field "$1" nonvoluntary_ctxt_switches status))); }

# The numbers on stdin, one a line: the one in the middle.
median() { sort -n | awk '{ v[NR] = $1 } END { print NR ? v[int((NR + 1) / 2)] : "-" }'; }

# goal WHAT WANTED MEASURED [CONDITION]: the condition is an awk expression.
goal() {
	printf 'goal: %s: %s / measured: %s%s\n' "$1" "$2" "$3" \
		"$(awk "BEGIN { print (${4:-1}) ? \"\" : \"  (missed)\" }")"
}
