"""Two installations measured together, in the same rounds: environments, revisions, variables, plug-in files."""
