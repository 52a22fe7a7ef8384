"""The ways of the commands, each on one screen."""
