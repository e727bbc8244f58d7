"""The worker process of a training run that the web page observes and controls. See lab_protocol/README.md."""
