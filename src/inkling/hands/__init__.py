"""Hands: writers whose digits inkling learns from corrections.

    lesson, schema, store   what was corrected, kept in a database: by hand (a named writer), with every version taught
    exchange                the lessons of a hand as a folder of LABEL__x.png, or as a Parquet file
    feature_network         a network without its last layer, which all hands share
    last_layer, prototypes  that layer, learned by lessons; nearness to the misread ones, which it also sees
    guards, verdict         what must not become worse; whether a version is promoted, and what it reports
    light                   all of it together: a hand is taught in a second
    full, full_job          a network of a hand's own; teaching one in a process of its own (`inkling.training`)
    hand_reader             a reader with a hand's last layer

Reading never imports this package unless a hand is named.
"""
