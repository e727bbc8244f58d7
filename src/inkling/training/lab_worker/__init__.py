"""A training that the web page observes and controls, in a process of its own. See lab_protocol/README.md."""
