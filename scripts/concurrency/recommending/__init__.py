"""The winner as code: a script of its own for what is recommended, made of the source that was measured."""
