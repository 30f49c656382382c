"""What drives the Monitor: the live loop, replay, the lockdown, the report writer."""
