"""Each institution sees and edits its own part of the content administration, and nothing of another's.

What is secret here: Nina's titles and texts hold 秘密草稿. Whatever Bob opens must not.
"""

import json
import uuid
from typing import Any

import pytest
from django.core.files.images import ImageFile
from django.urls import URLPattern, URLResolver, get_resolver, reverse
from wagtail.images import get_image_model
from wagtail.models import GroupPagePermission

from courses.blocks import pictures_in
from lms.accounts.actions import end_role, grant_role
from lms.accounts.models import Role
from lms.institutions.actions import join_institution, leave_institution, open_institution
from lms.institutions.models import InstitutionShelf
from media_pipeline.queries import assets_for
from tests.integration.courses.builders import an_asset
from tests.integration.publishing.stage import Stage, browser, fresh, make, submitted
from tests.world import NOON

SECRET = "秘密草稿"
# What one searches for: a page that only repeats the question shows nothing.
WORD = "秘密"


def picture(stage: Stage, title: str, part: Any) -> Any:
    import io

    from PIL import Image as Pillow

    drawn = io.BytesIO()
    Pillow.new("RGB", (60, 40), "white").save(drawn, "JPEG")
    drawn.seek(0)
    return get_image_model().objects.create(
        title=title, file=ImageFile(drawn, name="drawn.jpg"), collection=part.shelf.collection
    )


def body_of(answer: Any) -> str:
    if "json" in answer.headers.get("Content-Type", ""):
        # Otherwise Chinese would hide behind escapes.
        return json.dumps(answer.json(), ensure_ascii=False)
    return b"".join(answer.streaming_content).decode() if answer.streaming else answer.content.decode()


@pytest.mark.parametrize("name", ["edit", "view_draft", "history", "revisions_index", "workflow_history", "delete"])
def test_own_pages_open_and_others_do_not(stage: Stage, name: str) -> None:
    bob = browser(stage.bobs.staff)

    own = bob.get(reverse(f"wagtailadmin_pages:{name}", args=[stage.bobs.chapter.pk]))
    others = bob.get(reverse(f"wagtailadmin_pages:{name}", args=[stage.ninas.chapter.pk]))

    assert own.status_code in {200, 301, 302}
    assert "/admin/" not in own.headers.get("Location", "") or own.headers["Location"] != "/admin/"
    assert others.status_code == 404
    assert SECRET not in body_of(others)


def test_the_explorer_shows_the_own_part(stage: Stage) -> None:
    bob = browser(stage.bobs.staff)

    own = bob.get(reverse("wagtailadmin_explore", args=[stage.bobs.textbook.pk]))
    above = bob.get(reverse("wagtailadmin_explore", args=[stage.bobs.shelf.page.get_parent().pk]))
    others = bob.get(reverse("wagtailadmin_explore", args=[stage.ninas.textbook.pk]))

    assert "高处作业" in body_of(own)
    assert above.headers["Location"] == reverse("wagtailadmin_explore", args=[stage.bobs.shelf.page.pk])
    assert others.status_code == 404


def addresses(stage: Stage) -> list[str]:
    """Every address of the content administration, with Nina's ids wherever it asks for one."""
    nina, found = stage.ninas, []
    revision = nina.chapter.latest_revision_id
    review = submitted(nina)
    image = picture(stage, f"{SECRET}图", nina)
    asset = an_asset(title=f"{SECRET}视频", state="ready", duration_ms=1000, ready_at=NOON, percent=100)
    asset.collection = nina.shelf.collection
    asset.save(update_fields=["collection"])
    values = {
        **dict.fromkeys(("page_id", "parent_page_id", "page_to_move_id"), nina.chapter.pk),
        "destination_id": nina.textbook.pk,
        "revision_id": revision,
        "task_state_id": review.pk,
        "action_name": "approve",
        "task_id": review.task_id,
        "workflow_state_id": review.workflow_state_id,
        "image_id": image.pk,
        "asset_uuid": asset.uuid,
        "height": 270,
        "ordinal": 0,
        "session_id": 1,
        "content_type_app_name": "courses",
        "content_type_model_name": "chapterpage",
        "app_label": "courses",
        "model_name": "chapterpage",
        "object_id": nina.chapter.pk,
        "content_type_app_label": "courses",
        "action": "publish",
        "app_name": "courses",
        "filter_spec": "width-100",
        "collection_id": 1,
        "group_id": 1,
        "user_id": 1,
        "document_id": 1,
        "uploaded_file_id": 1,
    }

    def walk(patterns: Any, prefix: str, namespace: str) -> None:
        for each in patterns:
            if isinstance(each, URLResolver):
                inner = f"{namespace}{each.namespace}:" if each.namespace else namespace
                walk(each.url_patterns, prefix + str(each.pattern), inner)
            elif isinstance(each, URLPattern) and each.name:
                names = list(each.pattern.converters) or list(each.pattern.regex.groupindex)
                kwargs = {name: values.get(name, nina.chapter.pk) for name in names}
                try:
                    found.append(reverse(namespace + each.name, kwargs=kwargs))
                except Exception:
                    continue

    admin = next(each for each in get_resolver().url_patterns if str(each.pattern) == "admin/")
    walk(admin.url_patterns, "admin/", "")
    chapter = nina.chapter.pk
    found += [
        f"/admin/pages/{chapter}/revisions/compare/earliest...latest/",
        "/admin/api/main/pages/",
        f"/admin/api/main/pages/{chapter}/",
        "/admin/api/main/images/",
        f"/admin/api/main/pages/?for_explorer=1&child_of={nina.textbook.pk}",
        f"/admin/api/main/pages/?child_of={nina.textbook.pk}",
        f"/admin/pages/search/?q={WORD}",
        f"/admin/images/?q={WORD}",
        f"/admin/videos/?q={WORD}",
        f"/admin/images/chooser/?q={WORD}",
        f"/admin/video_chooser/?q={WORD}",
        f"/admin/video_chooser/chosen/{asset.pk}/",
        f"/admin/images/chooser/chosen/{image.pk}/",
        f"/admin/images/{image.pk}/",
        f"/admin/images/{image.pk}/preview/width-100/",
        f"/admin/choose-page/{nina.textbook.pk}/",
        f"/admin/choose-page/search/?q={WORD}",
        f"/admin/bulk/wagtailcore/page/delete/?id={chapter}",
        f"/admin/bulk/wagtailimages/image/delete/?id={image.pk}",
        reverse("review", args=[review.pk]),
        reverse("review_master", args=[review.pk]),
        reverse("lesson_file", args=[nina.chapter.lesson.uuid]),
        reverse("compare_versions", args=[nina.chapter.lesson.uuid]),
        reverse("withdraw_lesson", args=[nina.chapter.lesson.uuid]),
        reverse("withdraw_course", args=[nina.textbook.pk]),
        reverse("offers", args=[nina.textbook.pk]),
        reverse("submissions"),
        reverse("lesson_questions", args=[nina.chapter.lesson.uuid]),
    ]
    return found


def test_no_address_shows_anything_of_another_institution(stage: Stage) -> None:
    known = addresses(stage)
    bob, nina = browser(stage.bobs.staff), browser(stage.ninas.staff)

    leaking = [address for address in known if SECRET in body_of(bob.get(address, follow=True))]
    opened = [address for address in known if SECRET in body_of(nina.get(address, follow=True))]

    assert leaking == []
    # The control: to its owner the same walk does show it, at many places.
    assert len(known) > 120
    assert len(opened) > 12


def test_posts_to_others_pages_change_nothing(stage: Stage) -> None:
    bob, page = browser(stage.bobs.staff), stage.ninas.chapter.pk
    before = stage.ninas.chapter.latest_revision_id

    answers = [
        bob.post(reverse("wagtailadmin_pages:edit", args=[page]), {"title": "偷改", "slug": "one"}),
        bob.post(reverse("wagtailadmin_pages:delete", args=[page])),
        bob.post(reverse("wagtailadmin_pages:unpublish", args=[page])),
        bob.post(reverse("submit_page", args=[page])),
        bob.post(reverse("offers", args=[stage.ninas.textbook.pk]), {"to": str(stage.bobs.institution.uuid)}),
        bob.post(reverse("withdraw_lesson", args=[stage.ninas.chapter.lesson.uuid]), {"reason": "x"}),
    ]

    stage.ninas.chapter.refresh_from_db()
    stage.ninas.chapter.lesson.refresh_from_db()
    assert [answer.status_code for answer in answers] == [404] * 6
    assert stage.ninas.chapter.latest_revision_id == before
    assert stage.ninas.chapter.lesson.withdrawn_at is None


def streams(*picture_ids: int) -> dict[str, str]:
    """The editor's fields of a chapter whose one section holds these pictures."""
    fields = {"title": "高处作业", "slug": "one", "intro": "", "body-count": "1", "body-0-deleted": ""}
    fields |= {"body-0-order": "0", "body-0-type": "section", "body-0-id": "", "body-0-value-heading": "图"}
    fields["body-0-value-content-count"] = str(len(picture_ids))
    for number, pk in enumerate(picture_ids):
        place = f"body-0-value-content-{number}"
        fields |= {f"{place}-deleted": "", f"{place}-order": str(number), f"{place}-type": "picture", f"{place}-id": ""}
        fields |= {f"{place}-value-image": str(pk), f"{place}-value-alt": "图", f"{place}-value-caption": ""}
    names = ("TOTAL_FORMS", "INITIAL_FORMS", "MIN_NUM_FORMS", "MAX_NUM_FORMS")
    return fields | {f"comments-{name}": "0" for name in names}


def test_media_of_others_do_not_get_into_a_page_by_their_number(stage: Stage) -> None:
    own, others = picture(stage, "自己的图", stage.bobs), picture(stage, f"{SECRET}图", stage.ninas)
    bob, page = browser(stage.bobs.staff), stage.bobs.chapter
    edit = reverse("wagtailadmin_pages:edit", args=[page.pk])
    preview = reverse("wagtailadmin_pages:preview_on_edit", args=[page.pk])

    broken = streams(others.pk) | {"title": "", "body-0-value-content-0-value-alt": ""}

    answers = [
        bob.post(edit, streams(others.pk)),
        bob.post(edit, broken),
        bob.post(preview, streams(others.pk)),
        bob.get(preview),
    ]
    page.refresh_from_db()
    refused = page.latest_revision_id
    saved = bob.post(edit, streams(own.pk))
    page.refresh_from_db()

    assert not any(SECRET in body_of(answer) for answer in answers)
    assert page.revisions.count() == 2
    assert saved.status_code == 302
    assert page.latest_revision_id > refused
    assert pictures_in(page.get_latest_revision_as_object().body) == {own.pk}


def test_staff_may_put_pages_below_their_own_shelf_only(stage: Stage) -> None:
    bob = browser(stage.bobs.staff)

    own = bob.get(reverse("wagtailadmin_pages:add", args=["courses", "coursepage", stage.bobs.shelf.page.pk]))
    others = bob.get(reverse("wagtailadmin_pages:add", args=["courses", "coursepage", stage.ninas.shelf.page.pk]))
    catalogue = stage.bobs.shelf.page.get_parent().pk
    above = bob.get(reverse("wagtailadmin_pages:add", args=["courses", "trainingcentrepage", catalogue]))

    assert own.status_code == 200
    assert others.status_code == 404
    assert above.status_code == 404


def test_videos_belong_to_the_collection_that_they_lie_in(stage: Stage) -> None:
    asset = an_asset(title="视频", collection=stage.bobs.shelf.collection)

    assert list(assets_for(fresh(stage.bobs.staff))) == [asset]
    assert list(assets_for(fresh(stage.ninas.staff))) == []
    assert list(assets_for(stage.charlie)) == []


def test_videos_from_before_follow_their_uploader(stage: Stage) -> None:
    old = open_institution(by=None, at=NOON, kind="exam", name_zh="旧", region=stage.province, uuid=uuid.uuid4())
    walter = make("walter", Role.INSTITUTION)
    asset = an_asset(title="旧视频", uploaded_by=walter)
    type(old).objects.filter(pk=old.pk).update(kind="training")
    join_institution(by=None, at=NOON, person=walter, institution=old)

    open_institution(by=None, at=NOON, kind="training", name_zh="旧", region=stage.province, uuid=old.uuid)

    asset.refresh_from_db()
    assert asset.collection == InstitutionShelf.objects.get(institution=old).collection
    assert list(assets_for(fresh(walter))) == [asset]


def test_opening_an_institution_twice_makes_one_shelf(stage: Stage) -> None:
    again = open_institution(
        by=None,
        at=NOON,
        kind="training",
        name_zh="安技校",
        region=stage.province,
        uuid=stage.bobs.institution.uuid,
    )

    assert again == stage.bobs.institution
    assert InstitutionShelf.objects.filter(institution=again).count() == 1
    assert GroupPagePermission.objects.filter(group=stage.bobs.shelf.group).count() == 2


@pytest.mark.parametrize("how", ["leaves", "loses the role"])
def test_who_is_no_staff_any_more_is_out(stage: Stage, how: str) -> None:
    bob = stage.bobs.staff
    if how == "leaves":
        leave_institution(by=None, at=NOON, person=bob, institution=stage.bobs.institution)
    else:
        end_role(by=None, at=NOON, person=bob, role=Role.INSTITUTION)

    answer = browser(fresh(bob)).get(reverse("wagtailadmin_pages:edit", args=[stage.bobs.chapter.pk]))

    assert not bob.groups.filter(shelf__isnull=False).exists()
    assert answer.status_code in {302, 404}
    assert "系安全带" not in body_of(answer)


def test_the_role_given_after_joining_opens_the_shelf(stage: Stage) -> None:
    walter = make("walter", Role.TEACHER)
    join_institution(by=None, at=NOON, person=walter, institution=stage.bobs.institution)
    teacher_groups = list(walter.groups.filter(shelf__isnull=False))

    grant_role(by=None, at=NOON, person=walter, role=Role.INSTITUTION)

    assert teacher_groups == []
    assert list(walter.groups.filter(shelf__isnull=False)) == [stage.bobs.shelf.group]


def test_an_administrator_still_sees_everything(stage: Stage) -> None:
    admin = browser(make("admin", Role.ADMINISTRATOR))

    for page in (stage.bobs.chapter, stage.ninas.chapter):
        assert admin.get(reverse("wagtailadmin_pages:edit", args=[page.pk])).status_code == 200
    assert admin.get("/admin/reports/site-history/").status_code == 200
