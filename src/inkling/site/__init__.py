"""The pages as a folder of files that any static host serves, with the networks inside. Start at `build.build`."""
