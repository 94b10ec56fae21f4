"""What a page sends to the gate: uuids that were made with the form, so that a repeat is one booking."""

from django import forms


class RegisterForm(forms.Form):
    """Sending the form twice asks for the same registration."""

    registration = forms.UUIDField(widget=forms.HiddenInput)


class ChangeForm(forms.Form):
    """Another sitting, and the registration wanted there."""

    sitting = forms.UUIDField(widget=forms.HiddenInput)
    registration = forms.UUIDField(widget=forms.HiddenInput)


class WaitForm(forms.Form):
    """Sending the form twice asks for the same place."""

    place = forms.UUIDField(widget=forms.HiddenInput)
