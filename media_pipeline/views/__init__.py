"""What browsers see: published files (`files`) and the editors' pages in the Wagtail admin (`library`)."""
