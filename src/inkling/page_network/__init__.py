"""Networks for pages: a bundle's network as one small file that runs in a browser. Start at `binary.page_network`."""
