"""Where what is observed is published, and how it is cited."""

from __future__ import annotations

REFERENCES: dict[str, str] = {
    "unga": "United Nations Dag Hammarskjold Library, General Assembly Voting Data, United "
    "Nations. Copyright, United Nations; non commercial use, with attribution.",
    "ideal_points": "Bailey, M. A., A. Strezhnev and E. Voeten (2017), Estimating Dynamic State "
    "Preferences from United Nations Voting Data, Journal of Conflict Resolution 61(2):430-456; "
    "data: Voeten, Strezhnev, Bailey, United Nations General Assembly Voting Data, Harvard "
    "Dataverse, doi:10.7910/DVN/LEJUQZ.",
    "sipri": "SIPRI Arms Transfers Database, Stockholm International Peace Research Institute. "
    "Source: SIPRI Arms Transfers Database (c) SIPRI.",
    "itpd": "Borchert, I., M. Larch, S. Shikher and Y. Yotov (2021), The International Trade and "
    "Production Database for Estimation (ITPD-E), International Economics 166:140-166.",
    "cow_trade": "Barbieri, K., O. Keshk and B. Pollins (2009), TRADING DATA, Conflict Management "
    "and Peace Science 26(5):471-491; COW Bilateral Trade 4.0.",
}
"""Key of a data set -> its citation."""
