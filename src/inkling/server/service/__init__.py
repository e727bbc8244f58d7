"""The reading logic behind the routes: readers and their limits, hands, forms, and published reports."""
