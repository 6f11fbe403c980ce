"""What the staff needs to see, and what readers report."""

from __future__ import annotations

from flask import Blueprint, redirect, render_template, request, url_for
from werkzeug.wrappers import Response as BaseResponse

from kb import sentences
from kb.services.figures import DAYS, Failure, Figures
from kb.values import Finding
from webui import context, labels
from webui.charts import Chart, chart
from webui.session import needs
from webui.texts import TEXTS, text

ENTRIES: tuple[tuple[str, str, str | None], ...] = (("dashboard.overview", "dashboard.title", "see-figures"),)

blueprint = Blueprint("dashboard", __name__)


@blueprint.get("/dashboard")
@needs("curator")
def overview() -> str:
    """The figures, each chart with its table beneath."""
    kb, reader, language = context.kb(), context.reader(), context.language()
    figures = kb.dashboard.figures(reader)
    return render_template(
        "dashboard/page.html",
        figures=figures,
        charts=charts(figures, language),
        days=DAYS,
        reports=kb.reports.open(reader),
        why=lambda failure: why(failure, language),
        said=lambda finding: said(finding, language),
        moment=lambda at: labels.moment(at, language),
    )


@blueprint.get("/dashboard/feedback")
@needs("curator")
def feedback() -> str:
    """What readers reported."""
    closed = request.args.get("state") == "closed"
    reports = context.kb().reports.list(context.reader(), closed=closed)
    return render_template("dashboard/feedback.html", reports=reports, closed=closed)


@blueprint.post("/dashboard/feedback/<int(max=9223372036854775807):report_id>")
@needs("curator")
def lay_aside(report_id: int) -> BaseResponse:
    """Lay a report aside, or take it up again."""
    closed = request.form.get("action") != "open"
    context.kb().reports.close(report_id, context.reader(), closed=closed)
    return redirect(url_for("dashboard.feedback", state=None if closed else "closed"))


def charts(figures: Figures, language: str) -> list[Chart]:
    """The counts of records, their values by name."""

    def drawn(key: str, rows: list[tuple[str, int]]) -> Chart:
        return chart(text(f"dashboard.{key}", language), key, rows)

    facets = {
        name: [(labels.value_name(name, value, language), count) for value, count in counts.items()]
        for name, counts in figures.facets.items()
    }
    return [
        drawn("states", [(_state(state, language), count) for state, count in figures.states.items()]),
        drawn("themes", facets["theme"]),
        drawn("regions", facets["region"]),
        drawn("languages", facets["language"]),
        drawn("ages", [(text(f"dashboard.age.{age}", language), count) for age, count in figures.ages.items()]),
        drawn("searches", [(text(f"dashboard.{name}", language), count) for name, count in figures.searches.items()]),
    ]


def why(failure: Failure, language: str) -> str:
    """The sentence of a failure, in the reader's language where there is one."""
    return sentences.tell(failure.code, language) or failure.message


def said(finding: Finding, language: str) -> tuple[str, str, bool]:
    """What a check is about and what it found, and whether that is in the reader's language."""
    key = f"dashboard.check.{finding.subject}"
    subject = text(key, language) if key in TEXTS else finding.subject
    if finding.fact == "" or f"{key}.found" not in TEXTS:
        return subject, finding.message, False
    fact = finding.fact if isinstance(finding.fact, str) else labels.number(finding.fact, language)
    return subject, text(f"{key}.found", language, fact=fact), True


def _state(state: str, language: str) -> str:
    return text(key, language) if (key := f"state.{state}") in TEXTS else state
