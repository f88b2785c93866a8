// Pages of figures: choices go on change, and charts are drawn in the colours of the page with their numbers on them.
(() => {
  "use strict";

  const TONES = { all: "--lr-all", won: "--lr-won", lost: "--lr-lost" };
  const BAR = 20, GAP = 12, LEGEND = 40;
  const LONGEST = 28, PIXELS_A_LETTER = 22; // of a page's width, so that phones keep room for the bars

  document.querySelectorAll("[data-lr-choices]").forEach((form) => {
    form.addEventListener("change", (event) => {
      if (!event.target.matches("select")) return;
      const own = form.elements.period.value === "days";
      const days = form.querySelector("[data-lr-days]");
      days.hidden = form.querySelector("[data-lr-show]").hidden = !own;
      days.querySelectorAll("input").forEach((input) => (input.disabled = !own));
      if (own && event.target.name === "period") days.querySelector("input").focus();
      else form.requestSubmit();
    });
  });

  const colour = (name) => getComputedStyle(document.documentElement).getPropertyValue(name).trim();
  const digits = new Intl.NumberFormat(document.documentElement.lang || "en");
  const rightToLeft = document.documentElement.dir === "rtl";

  // Cuts a name short where it would push the bars away; the marks around it let it read in its own direction.
  const short = (text, width) => {
    const longest = Math.min(LONGEST, Math.floor(width / PIXELS_A_LETTER));
    return `\u2068${text.length > longest ? `${text.slice(0, longest - 1)}…` : text}\u2069`;
  };

  // Writes each bar's number at its end, where no colour lies beneath.
  const numbers = {
    id: "numbers",
    afterDatasetsDraw(chart) {
      const { ctx } = chart;
      ctx.save();
      ctx.font = `600 12px ${Chart.defaults.font.family}`;
      ctx.fillStyle = colour("--mc-text");
      ctx.textBaseline = "middle";
      ctx.direction = rightToLeft ? "rtl" : "ltr";
      ctx.textAlign = rightToLeft ? "right" : "left";
      chart.data.datasets.forEach((dataset, place) => {
        chart.getDatasetMeta(place).data.forEach((bar, index) => {
          ctx.fillText(digits.format(dataset.data[index]), bar.x + (rightToLeft ? -6 : 6), bar.y);
        });
      });
      ctx.restore();
    },
  };

  const options = (several) => ({
    indexAxis: "y",
    animation: false,
    maintainAspectRatio: false,
    locale: document.documentElement.lang,
    layout: { padding: rightToLeft ? { left: 48 } : { right: 48 } },
    scales: {
      x: { reverse: rightToLeft, beginAtZero: true, display: false },
      y: {
        position: rightToLeft ? "right" : "left",
        grid: { display: false },
        border: { color: colour("--mc-line") },
        ticks: { color: colour("--mc-text"), autoSkip: false, callback(value) { return short(this.getLabelForValue(value), this.chart.width); } },
      },
    },
    plugins: {
      legend: { display: several, position: "top", align: "start", rtl: rightToLeft, labels: { color: colour("--mc-muted"), boxWidth: 12, boxHeight: 12 } },
      tooltip: { rtl: rightToLeft, textDirection: rightToLeft ? "rtl" : "ltr" },
    },
  });

  const overTime = (several) => ({
    animation: false,
    maintainAspectRatio: false,
    locale: document.documentElement.lang,
    interaction: { mode: "index", intersect: false },
    scales: {
      x: { reverse: rightToLeft, grid: { display: false }, border: { color: colour("--mc-line") }, ticks: { color: colour("--mc-muted"), maxRotation: 0, autoSkipPadding: 16 } },
      y: { position: rightToLeft ? "right" : "left", beginAtZero: true, grid: { color: colour("--mc-line") }, border: { display: false }, ticks: { color: colour("--mc-muted"), precision: 0, maxTicksLimit: 5 } },
    },
    plugins: options(several).plugins,
  });

  const lines = (canvas, labels, series) => new Chart(canvas, {
    type: "line",
    data: {
      labels,
      datasets: series.map((one) => ({
        label: one.title, data: one.values, borderColor: colour(TONES[one.tone]), backgroundColor: colour(TONES[one.tone]),
        borderWidth: 2, pointRadius: labels.length > 40 ? 0 : 2, spanGaps: true, cubicInterpolationMode: "monotone",
      })),
    },
    options: overTime(series.length > 1),
  });

  const draw = (figure) => {
    const { labels, series, over_time: isOverTime } = JSON.parse(figure.querySelector("script[type='application/json']").textContent);
    const holder = figure.querySelector(".lr-canvas");
    const canvas = holder.querySelector("canvas");
    if (!isOverTime) holder.style.blockSize = `${(series.length > 1 ? LEGEND : 0) + labels.length * (series.length * BAR + GAP)}px`;
    Chart.getChart(canvas)?.destroy();
    Chart.defaults.font.family = getComputedStyle(document.body).fontFamily;
    if (isOverTime) return void lines(canvas, labels, series);
    new Chart(canvas, {
      type: "bar",
      data: {
        labels,
        datasets: series.map((one) => ({
          label: one.title, data: one.values, backgroundColor: colour(TONES[one.tone]), borderRadius: 3,
          categoryPercentage: (series.length * BAR) / (series.length * BAR + GAP), barPercentage: .8,
        })),
      },
      options: options(series.length > 1),
      plugins: [numbers],
    });
  };

  const KEPT = "migochat.figures";
  const show = (figure, view) => {
    figure.dataset.view = view;
    figure.querySelectorAll("[data-lr-view]").forEach((button) => {
      const chosen = button.dataset.lrView === view;
      button.classList.toggle("lr-chosen", chosen);
      button.setAttribute("aria-pressed", String(chosen));
    });
    if (view === "chart") draw(figure);
  };

  document.addEventListener("DOMContentLoaded", () => {
    const figures = [...document.querySelectorAll("[data-lr-chart]")];
    const kept = localStorage.getItem(KEPT) === "table" ? "table" : "chart";
    figures.forEach((figure) => {
      show(figure, kept);
      figure.addEventListener("click", (event) => {
        const view = event.target.closest("[data-lr-view]")?.dataset.lrView;
        if (!view) return;
        localStorage.setItem(KEPT, view);
        show(figure, view);
      });
    });
    const redraw = () => figures.filter((figure) => figure.dataset.view === "chart").forEach(draw);
    new MutationObserver(redraw).observe(document.documentElement, { attributeFilter: ["class"] });
    document.fonts?.ready.then(redraw);
  });
})();
