"""Addresses of the pipeline: published files and uploads. Include it at the root; MEDIA_URL must be `/media/`."""

from django.urls import path

from media_pipeline.views.files import media_file
from media_pipeline.views.uploading import UploadsView, UploadView

urlpatterns = [
    path("media/<path:name>", media_file, name="media_file"),
    path("uploads/", UploadsView.as_view(), name="uploads"),
    path("uploads/<uuid:upload_uuid>/", UploadView.as_view(), name="upload"),
]
