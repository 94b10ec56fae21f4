"""What a page sends to the gate: only the uuid of the wanted registration, so that a repeat is one booking."""

from django import forms


class RegisterForm(forms.Form):
    """The uuid is made with the form; sending the form twice asks for the same registration."""

    registration = forms.UUIDField(widget=forms.HiddenInput)
