"""The workflows behind the commands, each short enough for one screen."""
