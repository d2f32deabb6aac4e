"""The page of the study: do FLOPs tell the time? To show in a lecture and to cite."""
