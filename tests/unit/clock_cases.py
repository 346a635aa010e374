"""What happened to a case, and what each of its clocks has come to: a table, computed by hand."""

from __future__ import annotations

from tests.unit.clock_story import PLAIN, RESOLVE, Case

POSTED = "23 10:00 customer_posted customer same_day\n"
NONE = "23 10:00 customer_posted customer none\n"
CASES = [
    Case(
        "an answer is waited for", POSTED, "23 12:00",
        ("first_answer running due 23 18:00 used 2h", "resolution running used 2h"),
    ),
    Case(
        "at the very moment of posting", POSTED, "23 10:00",
        ("first_answer running due 23 18:00 used 0s", "resolution running used 0s"),
    ),
    Case(
        "answered in time", POSTED + "23 11:00 answered", "23 12:00",
        ("first_answer met due 23 18:00 stop 23 11:00 used 1h", "resolution running used 2h"),
    ),
    Case(
        "answered at the deadline exactly", POSTED + "23 18:00 answered", "24 12:00",
        ("first_answer met due 23 18:00 stop 23 18:00 used 8h", "resolution running used 1d2h"),
    ),
    Case(
        "answered one second after it", POSTED + "23 18:00:01 answered", "23 19:00",
        ("first_answer late due 23 18:00 stop 23 18:00:01 late 1s used 8h", "resolution running used 9h"),
    ),
    Case(
        "late by a night on the wall clock", POSTED + "24 09:30 answered", "24 10:00",
        ("first_answer late due 23 18:00 stop 24 09:30 late 15h30m used 8h30m", "resolution running used 1d"),
    ),
    Case(
        "at the deadline it still runs", POSTED, "23 18:00",
        ("first_answer running due 23 18:00 used 8h", "resolution running used 8h"),
    ),
    Case(
        "breached, and counting", POSTED, "23 18:30",
        ("first_answer breached due 23 18:00 late 30m used 8h", "resolution running used 8h30m"),
    ),
    Case(
        "an automatic acknowledgement is no answer", POSTED + "23 10:01 auto_acknowledged system", "23 18:30",
        ("first_answer breached due 23 18:00 late 30m used 8h", "resolution running used 8h30m"),
    ),
    Case(
        "an answer by the system is no answer", POSTED + "23 10:01 answered system", "23 12:00",
        ("first_answer running due 23 18:00 used 2h", "resolution running used 2h"),
    ),
    Case(
        "an answer in the customer's name is no answer", POSTED + "23 10:01 answered customer", "23 12:00",
        ("first_answer running due 23 18:00 used 2h", "resolution running used 2h"),
    ),
    Case(
        "seeing it answers nothing", POSTED + "23 10:30 seen", "23 12:00",
        ("first_answer running due 23 18:00 used 2h", "resolution running used 2h"),
    ),
    Case(
        "answered twice: the first counts", POSTED + "23 11:00 answered\n23 11:30 answered Mert", "23 12:00",
        ("first_answer met due 23 18:00 stop 23 11:00 used 1h", "resolution running used 2h"),
    ),
    Case(
        "writing again before the first answer moves nothing", POSTED + "23 16:00 customer_wrote", "23 17:30",
        ("first_answer running due 23 18:00 used 7h30m", "resolution running used 7h30m"),
    ),
    Case(
        "posting again is writing again", POSTED + "23 16:00 customer_posted customer critical", "23 17:30",
        ("first_answer running due 23 18:00 used 7h30m", "resolution running used 7h30m"),
    ),
    Case(
        "writing after the answer starts the next", POSTED + "23 11:00 answered\n23 17:30 customer_wrote", "23 18:00",
        (
            "first_answer met due 23 18:00 stop 23 11:00 used 1h",
            "next_answer running due 24 11:00 used 30m",
            "resolution running used 8h",
        ),
    ),
    Case(
        "the next answer keeps its start when they write once more",
        POSTED + "23 11:00 answered\n23 12:00 customer_wrote\n23 17:30 customer_wrote", "23 17:45",
        (
            "first_answer met due 23 18:00 stop 23 11:00 used 1h",
            "next_answer running due 23 18:00 used 5h45m",
            "resolution running used 7h45m",
        ),
    ),
    Case(
        "one next answer after the other",
        POSTED + "23 11:00 answered\n23 12:00 customer_wrote\n23 13:00 answered\n24 17:00 customer_wrote\n"
        "25 11:30 answered\n25 12:00 customer_wrote", "25 12:30",
        (
            "first_answer met due 23 18:00 stop 23 11:00 used 1h",
            "next_answer met due 23 18:00 stop 23 13:00 used 1h",
            "next_answer late due 25 11:00 stop 25 11:30 late 30m used 3h30m",
            "next_answer running due 25 18:00 used 30m",
            "resolution running used 2d2h30m",
        ),
    ),
    Case(
        "an answer nobody asked for starts nothing", POSTED + "23 11:00 answered\n23 12:00 answered", "23 13:00",
        ("first_answer met due 23 18:00 stop 23 11:00 used 1h", "resolution running used 3h"),
    ),
    Case(
        "late answer, then a next one in time: two clocks never overrule each other",
        "23 10:00 customer_posted customer urgent\n23 13:00 answered\n23 14:00 customer_wrote\n23 15:00 answered",
        "23 16:00",
        (
            "first_answer late due 23 12:00 stop 23 13:00 late 1h used 3h",
            "next_answer met due 23 16:00 stop 23 15:00 used 1h",
            "resolution running used 6h",
        ),
    ),
    Case(
        "critical counts on the wall clock",
        "22 03:00 customer_posted customer critical\n22 03:20 answered", "22 04:00",
        ("first_answer met due 22 03:30 stop 22 03:20 used 20m", "resolution running used 1h"),
    ),
    Case(
        "events after now have not happened", POSTED + "23 11:00 answered\n23 12:00 resolved", "23 10:30",
        ("first_answer running due 23 18:00 used 30m", "resolution running used 30m"),
    ),
    Case(
        "an event at now has happened", POSTED + "23 11:00 answered", "23 11:00",
        ("first_answer met due 23 18:00 stop 23 11:00 used 1h", "resolution running used 1h"),
    ),
    Case("nothing has happened yet", POSTED, "23 09:59", ()),
    Case("no customer, no clock", "23 10:00 answered\n23 11:00 resolved", "23 12:00", ()),
    Case(
        "an answer before the customer wrote is no answer to it", "23 09:00 answered\n" + POSTED, "23 12:00",
        ("first_answer running due 23 18:00 used 2h", "resolution running used 2h"),
    ),
    Case(
        "unsorted events", "23 17:30 customer_wrote\n23 11:00 answered\n" + POSTED, "23 18:00",
        (
            "first_answer met due 23 18:00 stop 23 11:00 used 1h",
            "next_answer running due 24 11:00 used 30m",
            "resolution running used 8h",
        ),
    ),
    Case(
        "what nobody has judged is answered the same day", "23 10:00 customer_posted customer", "23 12:00",
        ("first_answer running due 23 18:00 used 2h", "resolution running used 2h"),
    ),
    Case(
        "a case may open with customer_wrote", "23 10:00 customer_wrote customer urgent", "23 11:00",
        ("first_answer running due 23 12:00 used 1h", "resolution running used 1h"),
    ),
    # the urgency changes
    Case(
        "raised: recomputed from its own start", POSTED + "23 11:00 urgency_changed system urgent", "23 11:30",
        ("first_answer running due 23 12:00 used 1h30m", "resolution running used 1h30m"),
    ),
    Case(
        "raised so late that it is past already", POSTED + "23 15:00 urgency_changed Elif critical", "23 15:00",
        ("first_answer breached due 23 10:30 late 4h30m used 5h", "resolution running used 5h"),
    ),
    Case(
        "lowered", "23 10:00 customer_posted customer urgent\n23 13:00 urgency_changed Elif same_day", "23 14:00",
        ("first_answer running due 23 18:00 used 4h", "resolution running used 4h"),
    ),
    Case(
        "raised after the answer: what has stopped keeps its own",
        POSTED + "23 13:00 answered\n23 14:00 urgency_changed Elif urgent\n23 15:00 customer_wrote", "23 16:00",
        (
            "first_answer met due 23 18:00 stop 23 13:00 used 3h",
            "next_answer running due 23 17:00 used 1h",
            "resolution running used 6h",
        ),
    ),
    Case(
        "changed to what it was", POSTED + "23 11:00 urgency_changed Elif same_day", "23 12:00",
        ("first_answer running due 23 18:00 used 2h", "resolution running used 2h"),
    ),
    Case("none all along: no clock is told", NONE + "23 12:00 answered", "24 10:00", ()),
    Case(
        "to none: cancelled", POSTED + "23 12:00 urgency_changed Elif none", "24 12:00",
        ("first_answer cancelled due 23 18:00 stop 23 12:00 used 2h", "resolution cancelled stop 23 12:00 used 2h"),
    ),
    Case(
        "to none after its deadline: cancelled, and its story says it was past",
        POSTED + "23 19:00 urgency_changed Elif none", "24 12:00",
        ("first_answer cancelled due 23 18:00 stop 23 19:00 used 8h", "resolution cancelled stop 23 19:00 used 9h"),
    ),
    Case(
        "from none: it runs from its own start",
        NONE + "23 12:00 urgency_changed Elif urgent", "23 12:30",
        ("first_answer breached due 23 12:00 late 30m used 2h30m", "resolution running used 2h30m"),
    ),
    Case(
        "to none and back", POSTED + "23 12:00 urgency_changed Elif none\n23 15:00 urgency_changed Elif same_day",
        "23 16:00",
        ("first_answer running due 23 18:00 used 6h", "resolution running used 6h"),
    ),
    Case(
        "answered while none, then raised: the answer was given",
        NONE + "23 11:00 answered\n23 15:00 urgency_changed Elif urgent", "23 16:00",
        ("resolution running used 6h",),
    ),
    Case(
        "wrote after an answer while none, then raised: the next answer runs from the writing",
        NONE + "23 11:00 answered\n23 14:30 customer_wrote\n"
        "23 15:00 urgency_changed Elif urgent", "23 16:00",
        ("next_answer running due 23 16:30 used 1h30m", "resolution running used 6h"),
    ),
    # resolution: measured without a deadline
    Case(
        "resolved", POSTED + "23 11:00 answered\n24 10:00 resolved", "26 10:00",
        ("first_answer met due 23 18:00 stop 23 11:00 used 1h", "resolution met stop 24 10:00 used 1d"),
    ),
    Case(
        "resolved without an answer: the first answer is still owed", POSTED + "23 12:00 resolved", "23 19:00",
        ("first_answer breached due 23 18:00 late 1h used 8h", "resolution met stop 23 12:00 used 2h"),
    ),
    Case(
        "waiting pauses the resolution only", POSTED + "23 11:00 waiting_for_customer", "23 19:00",
        ("first_answer breached due 23 18:00 late 1h used 8h", "resolution paused used 1h"),
    ),
    Case(
        "back with us", POSTED + "23 11:00 waiting_for_customer\n23 15:00 back_with_us", "23 16:00",
        ("first_answer running due 23 18:00 used 6h", "resolution running used 2h"),
    ),
    Case(
        "who has written is no longer waited for",
        POSTED + "23 11:00 answered\n23 11:00 waiting_for_customer\n23 15:00 customer_wrote", "23 16:00",
        (
            "first_answer met due 23 18:00 stop 23 11:00 used 1h",
            "next_answer running due 23 18:00 used 1h",
            "resolution running used 2h",
        ),
    ),
    Case(
        "waiting twice is waiting once",
        POSTED + "23 11:00 waiting_for_customer\n23 12:00 waiting_for_customer\n23 15:00 back_with_us\n"
        "23 15:30 back_with_us", "23 16:00",
        ("first_answer running due 23 18:00 used 6h", "resolution running used 2h"),
    ),
    Case(
        "resolved and reopened: the time between is not counted",
        POSTED + "23 11:00 answered\n23 12:00 resolved\n24 10:00 reopened", "24 11:00",
        ("first_answer met due 23 18:00 stop 23 11:00 used 1h", "resolution running used 3h"),
    ),
    Case(
        "reopened and resolved again",
        POSTED + "23 11:00 answered\n23 12:00 resolved\n24 10:00 reopened\n24 10:30 resolved", "25 11:00",
        ("first_answer met due 23 18:00 stop 23 11:00 used 1h", "resolution met stop 24 10:30 used 2h30m"),
    ),
    Case(
        "reopened with nothing to reopen", POSTED + "23 11:00 reopened", "23 12:00",
        ("first_answer running due 23 18:00 used 2h", "resolution running used 2h"),
    ),
    # resolution with a deadline
    Case(
        "a staffed resolution goes over the night", "23 15:00 customer_posted customer urgent\n23 16:00 answered",
        "24 10:00",
        ("first_answer met due 23 17:00 stop 23 16:00 used 1h", "resolution running due 24 15:00 used 4h"), RESOLVE,
    ),
    Case(
        "a staffed resolution, paused over a night",
        "23 15:00 customer_posted customer urgent\n23 16:00 answered\n23 16:30 waiting_for_customer\n"
        "25 10:00 back_with_us", "25 11:00",
        ("first_answer met due 23 17:00 stop 23 16:00 used 1h", "resolution running due 25 17:30 used 2h30m"), RESOLVE,
    ),
    Case(
        "paused before its deadline it has none",
        "23 15:00 customer_posted customer urgent\n23 16:00 answered\n23 16:30 waiting_for_customer", "27 11:00",
        ("first_answer met due 23 17:00 stop 23 16:00 used 1h", "resolution paused used 1h30m"), RESOLVE,
    ),
    Case(
        "paused after its deadline it stays late",
        "23 09:00 customer_posted customer urgent\n23 10:00 answered\n24 10:00 waiting_for_customer", "24 12:00",
        ("first_answer met due 23 11:00 stop 23 10:00 used 1h", "resolution breached due 23 18:00 late 18h used 10h"),
        RESOLVE,
    ),
    Case(
        "paused after the close on which it ended: it ended at the close",
        "23 09:00 customer_posted customer urgent\n23 10:00 answered\n23 20:00 waiting_for_customer", "23 21:00",
        ("first_answer met due 23 11:00 stop 23 10:00 used 1h", "resolution breached due 23 18:00 late 3h used 9h"),
        RESOLVE,
    ),
    Case(
        "resolved after the close on which it ended: late by the evening",
        "23 09:00 customer_posted customer urgent\n23 10:00 answered\n23 20:00 resolved", "23 21:00",
        (
            "first_answer met due 23 11:00 stop 23 10:00 used 1h",
            "resolution late due 23 18:00 stop 23 20:00 late 2h used 9h",
        ),
        RESOLVE,
    ),
    Case(
        "paused at the very deadline: nothing is left when it resumes",
        "23 09:00 customer_posted customer urgent\n23 10:00 answered\n23 18:00 waiting_for_customer\n"
        "25 10:00 back_with_us", "25 10:00",
        ("first_answer met due 23 11:00 stop 23 10:00 used 1h", "resolution running due 25 10:00 used 9h"), RESOLVE,
    ),
    Case(
        "resolved at its deadline exactly",
        "23 09:00 customer_posted customer urgent\n23 10:00 answered\n23 18:00 resolved", "24 21:00",
        ("first_answer met due 23 11:00 stop 23 10:00 used 1h", "resolution met due 23 18:00 stop 23 18:00 used 9h"),
        RESOLVE,
    ),
    Case(
        "resolved while waiting: no time had passed since",
        "23 15:00 customer_posted customer critical\n23 15:10 answered\n23 16:00 waiting_for_customer\n"
        "24 16:00 resolved", "25 10:00",
        ("first_answer met due 23 15:30 stop 23 15:10 used 10m", "resolution met due 24 19:00 stop 24 16:00 used 1h"),
        RESOLVE,
    ),
    Case(
        "two days on the wall clock, with pauses over nights",
        POSTED + "23 11:00 answered\n23 17:00 waiting_for_customer\n24 09:00 back_with_us\n"
        "24 17:00 waiting_for_customer\n25 09:00 customer_wrote\n25 09:30 answered", "25 10:00",
        (
            "first_answer met due 23 18:00 stop 23 11:00 used 1h",
            "next_answer met due 25 18:00 stop 25 09:30 used 30m",
            "resolution running due 26 18:00 used 16h",
        ),
        RESOLVE,
    ),
    Case(
        "late, then reopened: late stays late",
        "23 15:00 customer_posted customer critical\n23 15:10 answered\n23 20:00 resolved\n24 10:00 reopened",
        "24 11:00",
        ("first_answer met due 23 15:30 stop 23 15:10 used 10m", "resolution breached due 23 19:00 late 16h used 6h"),
        RESOLVE,
    ),
    Case(
        "reopened before its deadline: the rest is left",
        "23 15:00 customer_posted customer critical\n23 15:10 answered\n23 16:00 resolved\n24 10:00 reopened",
        "24 11:00",
        ("first_answer met due 23 15:30 stop 23 15:10 used 10m", "resolution running due 24 13:00 used 2h"), RESOLVE,
    ),
    Case(
        "reopened under the urgency the case has now",
        POSTED + "23 11:00 answered\n23 12:00 resolved\n23 13:00 urgency_changed Elif critical\n24 10:00 reopened",
        "24 11:00",
        ("first_answer met due 23 18:00 stop 23 11:00 used 1h", "resolution running due 24 12:00 used 3h"), RESOLVE,
    ),
    Case(
        "raised: the resolution's promise changes too", POSTED + "23 11:00 urgency_changed Elif critical", "23 11:30",
        ("first_answer breached due 23 10:30 late 1h used 1h30m", "resolution running due 23 14:00 used 1h30m"),
        RESOLVE,
    ),
    Case(
        "reopened ends a wait",
        POSTED + "23 11:00 waiting_for_customer\n23 12:00 resolved\n23 14:00 reopened", "23 15:00",
        ("first_answer running due 23 18:00 used 5h", "resolution running due 25 13:00 used 2h"), RESOLVE,
    ),
    # set aside
    Case(
        "set aside: cancelled", POSTED + "23 12:00 set_aside", "24 12:00",
        ("first_answer cancelled due 23 18:00 stop 23 12:00 used 2h", "resolution cancelled stop 23 12:00 used 2h"),
    ),
    Case(
        "set aside after the answer: the answer stays met",
        POSTED + "23 11:00 answered\n23 12:00 set_aside", "24 12:00",
        ("first_answer met due 23 18:00 stop 23 11:00 used 1h", "resolution cancelled stop 23 12:00 used 2h"),
    ),
    Case(
        "set aside while waiting",
        POSTED + "23 11:00 waiting_for_customer\n23 12:00 set_aside", "24 12:00",
        (
            "first_answer cancelled due 23 18:00 stop 23 12:00 used 2h",
            "resolution cancelled due 25 11:00 stop 23 12:00 used 1h",
        ),
        RESOLVE,
    ),
    Case(
        "what happens after it was set aside is not its own",
        POSTED + "23 12:00 set_aside\n23 13:00 waiting_for_customer\n23 14:00 back_with_us\n23 15:00 resolved",
        "24 12:00",
        (
            "first_answer cancelled due 23 18:00 stop 23 12:00 used 2h",
            "resolution cancelled due 25 10:00 stop 23 12:00 used 2h",
        ),
        RESOLVE,
    ),
    Case(
        "set aside and reopened: a customer who waited has waited",
        POSTED + "23 12:00 set_aside\n23 15:00 reopened", "23 16:00",
        ("first_answer running due 23 18:00 used 6h", "resolution running due 25 10:00 used 6h"), RESOLVE,
    ),
    Case(
        "set aside and reopened after the deadline",
        POSTED + "23 12:00 set_aside\n24 09:00 reopened\n24 09:30 answered", "24 10:00",
        ("first_answer late due 23 18:00 stop 24 09:30 late 15h30m used 8h30m", "resolution running used 1d"),
    ),
    Case(
        "set aside while waiting, reopened: the wait is not counted",
        POSTED + "23 11:00 waiting_for_customer\n23 12:00 set_aside\n23 15:00 reopened", "23 16:00",
        ("first_answer running due 23 18:00 used 6h", "resolution running due 25 14:00 used 2h"), RESOLVE,
    ),
    Case(
        "raised while set aside: reopened under what it is now",
        POSTED + "23 12:00 set_aside\n23 13:00 urgency_changed Elif urgent", "23 14:00",
        ("first_answer cancelled due 23 18:00 stop 23 12:00 used 2h", "resolution cancelled stop 23 12:00 used 2h"),
    ),
    Case(
        "raised while set aside, then reopened",
        POSTED + "23 12:00 set_aside\n23 13:00 urgency_changed Elif urgent\n23 14:00 reopened", "23 15:00",
        ("first_answer breached due 23 12:00 late 3h used 5h", "resolution running used 5h"),
    ),
    Case(
        "reopened as urgency none: stays cancelled",
        POSTED + "23 12:00 set_aside\n23 13:00 urgency_changed Elif none\n23 14:00 reopened", "23 15:00",
        ("first_answer cancelled due 23 18:00 stop 23 12:00 used 2h", "resolution cancelled stop 23 12:00 used 2h"),
    ),
    Case(
        "a case that is set aside owes no next answer",
        POSTED + "23 11:00 answered\n23 12:00 set_aside\n23 13:00 customer_wrote", "23 15:00",
        ("first_answer met due 23 18:00 stop 23 11:00 used 1h", "resolution cancelled stop 23 12:00 used 2h"),
    ),
    Case(
        "until it is reopened: then from when they wrote",
        POSTED + "23 11:00 answered\n23 12:00 set_aside\n23 13:00 customer_wrote\n23 14:00 reopened", "23 15:00",
        (
            "first_answer met due 23 18:00 stop 23 11:00 used 1h",
            "next_answer running due 23 18:00 used 2h",
            "resolution running used 5h",
        ),
    ),
    # platforms
    Case(
        "a platform's window binds the answers, not the resolution",
        "28 15:00 customer_posted customer same_day", "28 16:00",
        ("first_answer running due 29 15:00 used 1h", "resolution running due 30 15:00 used 1h"), RESOLVE, "whatsapp",
    ),
    Case(
        "each answer has its own window",
        "28 15:00 customer_posted customer same_day\n28 15:30 answered\n28 15:45 customer_wrote", "28 16:00",
        (
            "first_answer met due 29 15:00 stop 28 15:30 used 30m",
            "next_answer running due 29 15:45 used 15m",
            "resolution running used 1h",
        ),
        PLAIN, "whatsapp",
    ),
    Case(
        "what the platform delivered binds the first answer only",
        POSTED + "23 11:00 answered\n23 13:00 customer_wrote", "23 14:00",
        (
            "first_answer met due 23 12:00 stop 23 11:00 used 1h",
            "next_answer running due 23 18:00 used 1h",
            "resolution running used 4h",
        ),
        PLAIN, "hepsiburada", "23 12:00",
    ),
]  # fmt: skip
