"""The parts of a document, and their Markdown form."""
