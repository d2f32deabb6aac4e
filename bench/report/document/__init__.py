"""The building blocks of reports, and their Markdown."""
