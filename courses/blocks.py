"""What a textbook chapter is made of: sections, each a heading and its content, and how a picture renders.

Rich text allows emphasis and lists only: a link or an embed would show something that a frozen version does not
hold. Pictures render from Wagtail's rendition, or, while a version is frozen, from the copy kept for it.
"""

from typing import Any

from django.utils.translation import gettext_lazy as _
from wagtail import blocks
from wagtail.contrib.typed_table_block.blocks import TypedTableBlock
from wagtail.images.blocks import ImageChooserBlock

TEXT_FEATURES = ["bold", "italic", "ol", "ul", "superscript", "subscript"]
# Wide enough for a desktop's text column at double density; the format stays the uploaded one.
PICTURE_FILTER = "max-1280x1600"
SECTIONS_MAX = 60
BLOCKS_PER_SECTION_MAX = 60


class PictureBlock(blocks.StructBlock):
    image = ImageChooserBlock(label=_("Picture"))
    alt = blocks.CharBlock(
        label=_("Description"),
        max_length=250,
        help_text=_("What the picture shows, for people who cannot see it."),
    )
    caption = blocks.CharBlock(label=_("Caption"), max_length=250, required=False)

    class Meta:
        icon = "image"
        label = _("Picture")
        template = "courses/blocks/picture.html"

    def get_context(self, value: Any, parent_context: dict[str, Any] | None = None) -> dict[str, Any]:
        context = super().get_context(value, parent_context=parent_context)
        rendition = value["image"].get_rendition(PICTURE_FILTER)
        keep = (parent_context or {}).get("keep_picture")
        context["picture"] = {
            "url": keep(value["image"], rendition) if keep else rendition.url,
            "width": rendition.width,
            "height": rendition.height,
        }
        return context


class WarningBlock(blocks.StructBlock):
    """A safety sign in words; the three signal words of GB/T 2893.2 and ISO 3864-2."""

    level = blocks.ChoiceBlock(
        label=_("Level"),
        choices=[
            ("danger", _("Danger: will kill or maim")),
            ("warning", _("Warning: can kill or maim")),
            ("caution", _("Caution: can injure or damage")),
        ],
        default="warning",
    )
    text = blocks.RichTextBlock(label=_("Text"), features=["bold", "italic"])

    class Meta:
        icon = "warning"
        label = _("Warning")
        template = "courses/blocks/warning.html"


class SectionContentBlock(blocks.StreamBlock):
    text = blocks.RichTextBlock(
        label=_("Text"), features=TEXT_FEATURES, icon="pilcrow", template="courses/blocks/text.html"
    )
    picture = PictureBlock()
    table = TypedTableBlock(
        [
            ("text", blocks.CharBlock(label=_("Text"), required=False, max_length=500)),
            ("number", blocks.CharBlock(label=_("Figure"), required=False, max_length=60)),
        ],
        label=_("Table"),
        template="courses/blocks/table.html",
    )
    warning = WarningBlock()

    class Meta:
        max_num = BLOCKS_PER_SECTION_MAX


class SectionBlock(blocks.StructBlock):
    """One section: what a reader has on the screen at a time, and a stretch of the chapter's time line."""

    heading = blocks.CharBlock(label=_("Heading"), max_length=120)
    content = SectionContentBlock(label=_("Content"))

    class Meta:
        icon = "title"
        label = _("Section")
        label_format = "{heading}"
        template = "courses/blocks/section.html"


class ChapterMarkBlock(blocks.StructBlock):
    """Where a part of a video begins."""

    title = blocks.CharBlock(label=_("Title"), max_length=120)
    starts_at_s = blocks.IntegerBlock(
        label=_("Begins at second"), min_value=0, help_text=_("Seconds from the beginning of the video.")
    )

    class Meta:
        icon = "time"
        label = _("Chapter")
        label_format = "{starts_at_s} s: {title}"


def pictures_in(body: Any) -> set[int]:
    """Primary keys of the pictures in a chapter's sections."""
    contents = [section.value["content"] for section in body or []]
    pictures = [block.value["image"] for content in contents for block in content if block.block_type == "picture"]
    return {picture.pk for picture in pictures if picture is not None}
