"""The one button of a statement."""

from django import forms


class IssueForm(forms.Form):
    """The id was made with the page, so that a button pressed twice issues one statement."""

    uuid = forms.UUIDField(widget=forms.HiddenInput)
