"""Every write of courses: making pages, publishing, freezing versions, withdrawing lessons.

People who edit in the content administration come by Wagtail's own views; publication passes here all the same, by
Wagtail's signal (`freezing.freeze_on_publication`).
"""
