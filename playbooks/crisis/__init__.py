"""The playbook that runs a crisis, as pure rules: plan.py says what a plan is, run.py where a run of it stands."""
