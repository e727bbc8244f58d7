"""Hands: writers whose digits inkling learns from corrections.

    lesson, schema, store   corrected digits in a database: by hand (a named writer), with every version taught
    exchange                the lessons of a hand as a folder of LABEL__x.png, or as a Parquet file
    feature_network         a network without its last layer, which all hands share
    last_layer, prototypes  that layer, learned from lessons; nearness to the misread ones, which it also sees
    guards, verdict         what must not become worse; whether a version is promoted, and what it reports
    light                   all of this together: teaches a hand in a second
    full, full_job          a hand's own network; teaching it in a separate process (`inkling.training`)
    hand_reader             a reader with a hand's last layer or network
    box, cut                digits cut out of a picture as lessons
    corrections, overview   where a reader fails; each hand in numbers

Reading never imports this package unless a hand is named.
"""
