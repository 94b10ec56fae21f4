"""Moments in English as they stand beside Chinese ones: 24 hours."""

TIME_FORMAT = "H:i"
DATETIME_FORMAT = "N j, Y, H:i"
