"""Figures of the page as files for papers: choices of the reader, captions, and the files."""
