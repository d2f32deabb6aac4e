"""The command `convcost fit`."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from bench.commands.app import command
from bench.commands.options import WHAT, WHERE, AsJson
from bench.commands.parsing import run_folder

_Predictor = Annotated[
    str,
    typer.Option(
        "--predictor",
        metavar="NAME",
        rich_help_panel=WHAT,
        help="law, flops, parameters, macs-floor, roofline, alpha-flops, alpha-flops-refitted, alpha-flops-floor.",
    ),
]
_Of = Annotated[
    str,
    typer.Option("--of", metavar="WHAT", rich_help_panel=WHAT, help="time, or energy: joules that a meter measured."),
]

_LeaveOut = Annotated[
    str | None,
    typer.Option(
        "--leave-out",
        metavar="WHAT",
        rich_help_panel=WHAT,
        help="Also judge every predictor on rows whose line, family or kind was left out.",
    ),
]
_Page = Annotated[
    Path | None,
    typer.Option("--page", metavar="FILE", rich_help_panel=WHERE, help="HTML page of the errors on rows left out."),
]


@command(
    "convcost fit results/20260101T120000Z-host-full -o model.json",
    "convcost fit times.csv -o model.json --leave-out line   # and judge every predictor",
)
def fit(
    sources: Annotated[
        list[Path],
        typer.Argument(
            metavar="RUN",
            parser=run_folder,
            help="Folders or URIs of runs, .csv tables of layers with time_s, or files that learn, kernels or regret "
            "wrote.",
        ),
    ],
    output: Annotated[
        Path, typer.Option("-o", "--output", metavar="FILE", rich_help_panel=WHERE, help="File of the model.")
    ],
    predictor: _Predictor = "law",
    quantity: _Of = "time",
    leave_out: _LeaveOut = None,
    page: _Page = None,
    as_json: AsJson = False,
) -> None:
    """Fit a model of times, or of energy, to measured ones.

    The model has a predictor for each implementation on each device, precision and number of threads. It is a JSON
    file for `convcost predict`.
    """
    from bench.errors import UsageError
    from bench.predict import time_model
    from bench.predict.judged.judgement import PredictorScores, judge, require_grouping
    from bench.predict.predictors import all_predictors
    from bench.predict.tables.quantities import quantity_of
    from bench.sweep import time_sources
    from bench.terminal.console import print_json
    from bench.terminal.fit import as_data, show

    all_predictors.get(predictor)
    require_grouping(leave_out)
    if page is not None and leave_out is None:
        raise UsageError("--page shows errors on rows left out; add --leave-out line, family or kind")
    of = quantity_of(quantity)
    found = time_sources.read(sources, of)
    model, refused = time_model.fit(found.tables, predictor, found.machine, of)
    time_model.write(model, output)
    judged = judge(found.tables, leave_out, found.calibrations, of) if leave_out else PredictorScores()
    if page is not None:
        from bench.report.judged import page as judged_page

        origin = judged_page.JudgedOrigin(found.machine, sources, str(leave_out))
        judged_page.write(judged, of, origin, page)
    if as_json:
        print_json(as_data(model, refused, found, judged))
    else:
        show(model, refused, found, judged, output)
