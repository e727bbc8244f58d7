"""Hands: writers whose digits inkling learns from corrections.

    lesson, schema, store   corrected digits in a database, by hand (a named writer), and every taught version
    database, queries       opening and migrating the database; queries inside a transaction
    rows                    lessons and versions as rows of its tables
    exchange                the lessons of a hand as a folder of LABEL__x.png, or as a Parquet file
    feature_network         a network without its last layer, which all hands share
    last_layer, prototypes  the last layer, learned from lessons; its extra features: nearness to misread lessons
    guards, verdict         regression checks; whether a version is promoted, and its report
    replay, page_replay     ordinary writing, for the guards; a sample of it, for teaching in the browser
    light_teaching          combines the modules above: teaches a hand in a second
    hand_network, full_job  a hand's own network; the job that teaches it in a separate process (`inkling.training`)
    hand_reader             a reader with a hand's last layer or network
    box, picture_lessons    digits cut out of a picture as lessons
    corrections, overview   statistics of misreadings; statistics of each hand

Reading never imports this package unless a hand is named.
"""
