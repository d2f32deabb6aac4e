"""Shows runs on disk: a table of them, one after the other, and what a repair or a merge did."""

from __future__ import annotations

import shlex
from collections.abc import Sequence

from bench.format import byte_count, count
from bench.store.contents import FolderContents
from bench.store.merge import Merged
from bench.store.repair import Repaired
from bench.terminal.console import print_line


def show_list(found: Sequence[FolderContents]) -> None:
    """One line a run: its folder, state, cases and size."""
    width = max((len(str(one.folder)) for one in found), default=0)
    for one in found:
        size = f"{count(one.cases, 'case')}, {byte_count(one.size_bytes)}"
        print_line(f"{one.folder!s:{width}}  {one.state:10}  {one.created_utc:20}  {size}".rstrip())


def show_each(found: Sequence[FolderContents]) -> None:
    """A few lines a run; damage in one sentence."""
    for one in found:
        print_line(f"{one.folder}: {one.state}")
        if one.damage is not None:
            print_line(f"  {one.damage}")
            continue
        tables = "its tables match its journal" if one.has_tables else "it has no tables of its journal"
        print_line(f"  {one.name}, begun {one.created_utc} on {one.host or 'an unknown host'}")
        holds = f"{count(one.cases, 'case')}, {count(one.records, 'record')}, {byte_count(one.size_bytes)}"
        print_line(f"  {holds}; {tables}")
        if one.writer:
            print_line(f"  it is being written by {one.writer}")


def show_repaired(done: Repaired) -> None:
    """What was kept and what was set aside, and the command that measures it again."""
    if not done.is_changed:
        print_line(f"{done.folder}: nothing to repair, {count(done.kept, 'record')}")
        return
    print_line(f"{done.folder}: {count(done.kept, 'record')} kept, {count(len(done.aside), 'line')} set aside")
    for one in done.aside:
        print_line(f"  line {one.number}: {one.why}")
    if done.file is not None:
        print_line(f"  they are in {done.file}")
    if not done.is_finished:
        print_line(f"to measure what is missing: {shlex.join(['convcost', 'sweep', '--resume', str(done.folder)])}")


def show_merged(done: Merged) -> None:
    """The size of a merged run, and the command that renders it."""
    state = "" if done.is_finished else ", unfinished"
    print_line(
        f"{done.folder}: {count(done.cases, 'case')}, {count(done.records, 'record')} ({done.added} new){state}; "
        f"to render it: convcost report {done.folder}"
    )
