"""Studio: drafts of policies, from the first change to the release."""
