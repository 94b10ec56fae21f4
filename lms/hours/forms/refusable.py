"""A form whose step an action may refuse."""

from typing import Any

from django import forms


class RefusableForm(forms.Form):
    """Shows why its step was refused, each reason beside the field that it is about."""

    def refuse(self, refused: Any) -> None:
        raise NotImplementedError

    def over(self, refused: Any) -> list[str]:
        """What to say when somebody was faster and sending this form again is no use; empty when it can be mended."""
        return []
