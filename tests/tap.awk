# SPDX-License-Identifier: GPL-2.0-or-later
# Reads one program's TAP and shows progress; appends skips and failures to the file `listed`,
# and at the end "PASSED FAILED SKIPPED" to the file `counts`.
#
# cmocka says "not ok 2 # SKIP name" and keeps the reason for itself: a unit test prints it
# before skip(), on a line "skip: why". bats says "ok 2 name # skip why".

/^1\.\.[0-9]+/ { planned = substr($1, 4) + 0; next }

/^skip: / { reason = substr($0, 7); next }

/^(not )?ok / {
    bad = /^not /
    title = $0
    sub(/^(not )?ok [0-9]* *(- )?/, "", title)
    skipped = match(title, /# (skip|SKIP)/)
    if (skipped) {
        why = substr(title, RSTART + RLENGTH)
        sub(/^ */, "", why)
        title = substr(title, 1, RSTART - 1)
        if (title == "") {
            title = why
            why = reason
        }
        sub(/ *$/, "", title)
        skips++
        print "skipped: " suite " " name ": " title ": " (why == "" ? "no reason given" : why) >> listed
    } else if (bad) {
        fails++
        print "failed: " suite " " name ": " title >> listed
    } else
        passes++
    reason = ""
    failing = bad && !skipped
    if (failing)
        print ("not ok  " suite " " name ": " title)
    else if (details)
        print ((skipped ? "skip    " : "ok      ") suite " " name ": " title)
    next
}

# What a program says after a failed test is about that test.
failing { print ("        " $0) }
!failing { tail[++lines % 40] = $0 }

END {
    total = passes + fails + skips
    if (total < planned || planned == "") {
        lost = planned == "" ? 1 : planned - total
        fails += lost
        line = "failed: " suite " " name ": " lost " of " planned + 0 " tests gave no result, see " log_file
        print line >> listed
        print (line)
        for (i = lines - 39; i <= lines; i++)
            if (i > 0)
                print ("        " tail[i % 40])
    } else if (!details && !fails)
        print ("ok      " suite " " name ": " passes " tests" (skips ? ", " skips " skipped" : ""))
    print passes + 0, fails + 0, skips + 0 >> counts
}
