"""The files of an installation: read, checked, and handed on as frozen values; `load.load_home` is the way in."""
