"""Hands: writers whose digits inkling learns from corrections.

    lesson, schema, store   what was corrected, kept in a database: by hand (a named writer), with every version taught
    exchange                the lessons of a hand as a folder of LABEL__x.png, or as a Parquet file

Reading never imports this package unless a hand is named.
"""
