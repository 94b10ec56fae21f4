"""Public addresses of the pipeline: published files. Include it at the root; MEDIA_URL must be `/media/`."""

from django.urls import path

from media_pipeline.views.files import media_file

urlpatterns = [path("media/<path:name>", media_file, name="media_file")]
