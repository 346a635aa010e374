"""Tests that `make test` leaves to `make test-long`: the whole of it has to fit into twenty minutes on two cores.

Each is among the slowest, and what it asks is asked in a smaller form by a test that stays: kills at chosen lines, one
language instead of two, a page on one screen instead of eight.
"""

from __future__ import annotations

import os
from collections.abc import Sequence

import pytest

LONG: dict[str, tuple[str, ...]] = {
    "acceptance/test_bad_input.py": ("test_a_megabyte_of_text_is_kept_whole",),
    "acceptance/test_drill_command.py": ("test_a_drill_that_is_interrupted_says_how_to_go_on_and_does",),
    "acceptance/test_end_to_end.py": (
        "test_killed_collections_end_like_an_uninterrupted_one", "test_recorded_reddit_and_x_arrive_scored_and_routed",
    ),
    "acceptance/test_import_export.py": ("test_killed_imports_end_like_an_uninterrupted_one",),
    "integration/test_detecting_killed.py": ("test_killed_anywhere_and_started_again",),
    "integration/test_drills_played.py": (
        "test_a_drill_killed_on_the_way_is_played_to_its_end_and_scored_from_its_events",
    ),
    "integration/test_folder.py": ("test_random_writing_killing_and_moving_loses_nothing",),
    "integration/test_forum_limits.py": ("",),
    "integration/test_from_desk.py": ("test_a_week_of_corrections",),
    "integration/test_from_desk_killed.py": ("",),
    "integration/test_random_faults.py": (
        "test_the_stored_set_is_the_served_set[reddit]",
        "test_the_stored_set_is_the_served_set[discourse]", "test_the_stored_set_is_the_served_set[mastodon]",
        "test_the_stored_set_is_the_served_set[x]",
    ),
    "integration/test_sikayetvar_faults.py": ("",),
    "integration/test_simulated_day.py": ("",),
    "integration/test_store_ingest.py": ("test_the_same_ten_thousand_twice[postgresql]",),
    "integration/test_sweeper.py": ("test_a_simulated_day",),
    "integration/test_worker.py": ("test_scoring_takes_batches_and_loses_only_what_breaks[postgresql]",),
    "pages/test_board_browser.py": ("test_three_cases_go_by_keyboard_alone_from_new_to_answered_to_resolved",),
    "pages/test_board_setup.py": (
        "test_the_demo_is_left_with_the_brands_name", "test_a_secret_is_kept_and_comes_back_nowhere",
        "test_a_service_that_hangs_is_let_go_and_one_that_fails_says_why",
    ),
    "pages/test_drill_in_three_roles.py": ("",),
    "pages/test_three_channels.py": ("test_three_channels_one_case_one_decision_one_approval[en]",),
    "pages/test_triage_day.py": ("test_a_refresh_in_which_nothing_happened_is_a_small_message",),
    "pages/test_work.py": ("",),
    "unit/test_nlp_hub.py": ("test_it_judges_its_head_and_leaves_the_others",),
    "unit/test_nlp_shipped.py": (
        "test_sentiment_on_development_sets[tweeteval_val_en", "test_sentiment_on_development_sets[winvoker_reviews_tr",
    ),
}  # fmt: skip
"""By file: how the names of the tests begin; an empty beginning is the whole file."""


def leave_out(items: Sequence[pytest.Item]) -> None:
    """Skip the long tests, saying so, unless NOBET_TEST_LONG is set."""
    if os.environ.get("NOBET_TEST_LONG"):
        return
    for item in items:
        begins = LONG.get("/".join(item.path.parts[-2:]), ())
        if any(item.name.startswith(name) for name in begins):
            item.add_marker(pytest.mark.skip(reason="left to `make test-long`: it takes long"))
