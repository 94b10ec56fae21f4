"""What others look at and check: reviews of content, dashboards, ledgers, documents and their verification."""

from django.urls import path

from lms.oversight.views import publishing, reviews

urlpatterns = [
    path("manage/reviews/", reviews.reviews, name="reviews"),
    path("manage/reviews/<int:review>/", reviews.review, name="review"),
    path("manage/reviews/<int:review>/decide/", reviews.decide_review, name="decide_review"),
    path("manage/reviews/<int:review>/comment/", reviews.comment_review, name="comment_review"),
    path("manage/reviews/<int:review>/video.m3u8", reviews.review_master, name="review_master"),
    path("manage/reviews/<int:review>/<int:height>.m3u8", reviews.review_playlist, name="review_playlist"),
    path("manage/reviews/<int:review>/keys/<int:ordinal>", reviews.review_key, name="review_key"),
    path("manage/publishing/", publishing.submissions, name="submissions"),
    path("manage/publishing/pages/<int:page>/submit/", publishing.submit_page, name="submit_page"),
    path("manage/publishing/lessons/<uuid:lesson>/", publishing.lesson_file, name="lesson_file"),
    path("manage/publishing/lessons/<uuid:lesson>/compare/", publishing.compare_versions, name="compare_versions"),
    path("manage/publishing/lessons/<uuid:lesson>/withdraw/", publishing.withdraw_lesson, name="withdraw_lesson"),
    path("manage/publishing/courses/<int:page>/withdraw/", publishing.withdraw_whole_course, name="withdraw_course"),
    path("manage/publishing/courses/<int:page>/offers/", publishing.offers, name="offers"),
    path(
        "manage/publishing/courses/<int:page>/offers/<uuid:offer>/end/", publishing.end_course_offer, name="end_offer"
    ),
]
