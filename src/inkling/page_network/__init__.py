"""Convert a bundle's network to one small file that runs in a browser. Start at `binary.page_network`."""
