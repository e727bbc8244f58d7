"""The pages as a static site for any host, including the networks. Start at `build.build`."""
