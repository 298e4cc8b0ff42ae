// Timelines to explore: all arms on one clock. Without these scripts, and in print, there is the still picture.
const NARROWEST = 40, MARGIN = 1.01; // microseconds in view; of what ends, a little more is
const PLAYED_IN = 10000, STEPS = 20; // milliseconds for what is in view; jumps of those who want no motion
const KEYS = "Arrow keys: next mark, other lane. Shift and arrows: move. Plus, minus: zoom. Home: all. Space: play.";

class Timeline extends Drawing {
  constructor(figure, text) {
    super();
    this.figure = figure;
    this.each = false; // whether each thread has a lane, and not only those that do the work
    this.cursor = null;
    this.calm = matchMedia("(prefers-reduced-motion: reduce)");
    this.orStill(() => {
      this.data = JSON.parse(text);
      this.arms = this.data.arms.map(arm => new Arm(arm, this.data));
      this.build();
      this.fit();
      matchMedia("(prefers-color-scheme: dark)").addEventListener("change", () => this.draw());
      new ResizeObserver(() => this.draw()).observe(this.stage);
    });
  }

  build() {
    const button = (text, label, act) => {
      const made = element("button", { type: "button", textContent: text, title: label, onclick: act });
      made.setAttribute("aria-label", label);
      return made;
    };
    this.playing = button("▶ Play", "Play what is in view", () => this.play());
    this.span = element("span", { className: "tl-span" });
    const bar = element("div", { className: "tl-bar" },
      this.playing,
      button("+", "Zoom in", () => this.zoom(0.5)), button("−", "Zoom out", () => this.zoom(2)),
      button("◂", "Earlier", () => this.pan(-0.25)), button("▸", "Later", () => this.pan(0.25)),
      button("Fit", "Fit all but the longest", () => this.fit()), button("All", "Show all", () => this.show(0, this.end)),
      this.span);
    if (this.arms.some(arm => arm.lanes.some(lane => lane.role === "thread")))
      bar.append(this.check("each thread", this.each, on => { this.each = on; }));
    this.stage = element("div", { className: "tl-stage" });
    this.axis = element("canvas", { className: "tl-axis" });
    this.axis.setAttribute("aria-hidden", "true");
    this.line = element("div", { className: "tl-cursor", hidden: true });
    this.tip = element("div", { className: "tl-tip", hidden: true });
    this.tip.setAttribute("aria-hidden", "true");
    this.said = element("p", { className: "tl-said", textContent: "Drag to move; Ctrl and wheel, or pinch, to zoom. " + KEYS });
    this.said.setAttribute("role", "status");
    this.stage.append(this.axis, ...this.arms.map(arm => this.panel(arm)), this.line, this.tip);
    const live = element("div", { className: "tl-live" }, bar);
    if (this.arms.length > 4) live.append(this.chooser());
    live.append(this.stage, this.legend(), this.said);
    this.figure.prepend(live);
    this.figure.classList.add("is-live");
  }

  check(text, on, change) {
    const box = element("input", { type: "checkbox", checked: on });
    box.addEventListener("change", () => { change(box.checked); this.draw(); });
    return element("label", {}, box, ` ${text}`);
  }

  chooser() {
    const summary = element("summary");
    const tell = () => {
      summary.textContent = `Strategies shown: ${this.arms.filter(arm => arm.shown).length} of ${this.arms.length}`;
    };
    tell();
    return element("details", { className: "tl-chooser" }, summary, ...this.arms.map(arm =>
      this.check(arm.name, arm.shown, on => { arm.shown = on; arm.panel.hidden = !on; tell(); })));
  }

  panel(arm) {
    const facts = `${time(arm.end)}, ${arm.kind}` + (arm.setup >= 500 ? `; set-up before it: ${time(arm.setup)}` : "");
    const fit = element("button", { type: "button", textContent: "fit", onclick: () => this.show(0, MARGIN * arm.end) });
    fit.setAttribute("aria-label", `Fit ${arm.name}`);
    arm.readout = element("span", { className: "tl-readout" });
    arm.canvas = element("canvas", { tabIndex: 0 });
    arm.canvas.setAttribute("role", "application");
    arm.canvas.setAttribute("aria-label", `Timeline of ${arm.name}: ${plural(arm.lanes.length, "lane")}, ${facts}. ${KEYS}`);
    this.listen(arm);
    const head = element("div", { className: "tl-head" }, element("strong", { textContent: arm.name }), ` ${facts} `, fit);
    return (arm.panel = element("div", { className: "tl-arm", hidden: !arm.shown }, head, arm.readout, arm.canvas));
  }

  legend() {
    const seen = new Set();
    for (const arm of this.arms)
      for (const lane of arm.lanes)
        for (const bars of [lane.role === "worker" && lane.core ? null : lane.bars, lane.core])
          for (let i = 0; bars && i < bars.length; i++) seen.add(bars.state(i));
    const keys = this.data.states.filter(state => seen.has(state)).map(state => {
      const swatch = element("i", { className: state.hatched ? "is-hatched" : "" });
      swatch.style.cssText = `--colour: var(${state.colour}); --height: ${state.height}`;
      return element("span", {}, swatch, state.name);
    });
    const counts = this.arms.some(arm => arm.tasks.at.length) ? this.data.counts : this.data.counts.slice(0, 1);
    keys.push(...counts.map((name, i) => element("span", {}, element("i", { className: `is-line line-${i}` }), name)));
    return element("p", { className: "tl-legend" }, ...keys);
  }

  // What is in view: `from` and `to`, in microseconds since the work began.
  get end() { return MARGIN * Math.max(...this.arms.filter(arm => arm.shown).map(arm => arm.end), NARROWEST); }
  fit() { // until all but the longest have ended, where that goes on for much longer
    const ends = this.arms.filter(arm => arm.shown).map(arm => arm.end).sort((one, other) => other - one);
    this.show(0, ends.length > 1 && ends[0] > 1.3 * ends[1] ? MARGIN * ends[1] : this.end);
  }
  show(from, to) {
    const span = Math.min(Math.max(to - from, NARROWEST), this.end);
    this.from = Math.max(0, Math.min(from, this.end - span));
    this.to = this.from + span;
    this.draw();
  }
  zoom(by, around = this.cursor ?? (this.from + this.to) / 2) {
    const fixed = Math.min(Math.max(around, this.from), this.to);
    const span = Math.min(Math.max((this.to - this.from) * by, NARROWEST), this.end);
    const from = fixed - (fixed - this.from) * span / (this.to - this.from);
    this.show(from, from + span);
  }
  pan(share) {
    const by = share * (this.to - this.from);
    this.show(this.from + by, this.to + by);
  }

  setCursor(at) {
    this.cursor = at;
    const isIn = at !== null && at >= this.from && at <= this.to;
    this.line.hidden = !isIn;
    if (isIn) this.line.style.left = `${this.x(at)}px`;
    for (const arm of this.arms) arm.readout.textContent = at === null ? "" : `at ${time(at)}: ${arm.told(at)}`;
  }

  play() {
    if (this.frame) return this.pause();
    let at = this.cursor !== null && this.cursor >= this.from && this.cursor < this.to * 0.999 ? this.cursor : this.from;
    let last = null, stepped = 0;
    this.playing.textContent = "❚❚ Pause";
    this.playing.setAttribute("aria-label", "Pause");
    const go = now => {
      const passed = now - (last ?? now);
      last = now;
      stepped += passed;
      if (!this.calm.matches) at += passed / PLAYED_IN * (this.to - this.from);
      else if (stepped > PLAYED_IN / STEPS) {
        at += (this.to - this.from) / STEPS;
        stepped = 0;
      }
      this.setCursor(Math.min(at, this.to));
      this.frame = at < this.to ? requestAnimationFrame(go) : this.pause();
    };
    this.frame = requestAnimationFrame(go);
  }
  pause() {
    cancelAnimationFrame(this.frame);
    this.playing.textContent = "▶ Play";
    this.playing.setAttribute("aria-label", "Play what is in view");
    return (this.frame = 0);
  }

  listen(arm) {
    const { canvas } = arm, down = new Map();
    let dragged = false;
    const place = event => event.clientX - canvas.getBoundingClientRect().left;
    canvas.addEventListener("pointerdown", event => {
      canvas.setPointerCapture(event.pointerId);
      down.set(event.pointerId, place(event));
      dragged = false;
    });
    canvas.addEventListener("pointermove", event => {
      const x = place(event), from = down.get(event.pointerId);
      if (from === undefined) return this.hover(arm, event);
      const [other] = [...down].filter(([id]) => id !== event.pointerId);
      if (other) { // pinched
        const [was, is] = [Math.abs(from - other[1]), Math.abs(x - other[1])];
        if (was > 8 && is > 8) this.zoom(was / is, this.at((x + other[1]) / 2));
      } else if (dragged || Math.abs(x - from) > 3) {
        dragged = true;
        this.tip.hidden = true;
        this.pan((from - x) / (this.width - this.gutter));
      } else return undefined;
      down.set(event.pointerId, x);
      return undefined;
    });
    const up = event => {
      down.delete(event.pointerId);
      if (event.type === "pointerup" && !dragged) this.pick(arm, event);
    };
    canvas.addEventListener("pointerup", up);
    canvas.addEventListener("pointercancel", up);
    canvas.addEventListener("pointerleave", () => { this.tip.hidden = true; });
    canvas.addEventListener("wheel", event => {
      const isAcross = event.shiftKey || Math.abs(event.deltaX) > Math.abs(event.deltaY);
      if (!isAcross && !event.ctrlKey && !event.metaKey && document.activeElement !== canvas) return; // the page scrolls
      event.preventDefault();
      if (isAcross) this.pan((event.deltaX || event.deltaY) / 1000);
      else this.zoom(Math.exp(event.deltaY / 500), this.at(place(event)));
    }, { passive: false });
    canvas.addEventListener("keydown", event => {
      const across = { ArrowLeft: -1, ArrowRight: 1 }[event.key], along = { ArrowUp: -1, ArrowDown: 1 }[event.key];
      if (event.ctrlKey || event.metaKey || event.altKey) return;
      if (across && event.shiftKey) this.pan(across / 4);
      else if (across || along) this.walk(arm, across ?? 0, along ?? 0);
      else if (event.key === "+" || event.key === "=") this.zoom(0.5);
      else if (event.key === "-") this.zoom(2);
      else if (event.key === "Home") this.show(0, this.end);
      else if (event.key === " ") this.play();
      else return;
      event.preventDefault();
    });
  }

  row(arm, y) { return arm.layout.rows.find(row => y >= row.y - 1 && y <= row.y + row.height + 1); }
  told(arm, row, at, near) { // what is there, in words
    if (row?.lane) {
      const i = row.lane.marks?.at(at, near) ?? -1;
      return i < 0 ? "" : this.toldBar(row.lane, i, at);
    }
    return row ? `at ${time(at)}: ${arm.told(at)}` : "";
  }
  toldBar(lane, i, at) {
    const bars = lane.marks, lasted = bars.ends[i] - bars.begins[i];
    const what = [bars.state(i).name, lane.role === "thread" ? "" : bars.name(i)].filter(Boolean).join(": ");
    const cores = lane.bars && lane.core ? lane.core.covering(at ?? bars.begins[i]) : [];
    const on = cores.map(place => `; ${lane.core.state(place).name} ${lane.core.span(place)}`).join("");
    return `${lane.label}: ${what}, ${bars.span(i)} (${time(lasted)})${on}`;
  }
  hover(arm, event) {
    const near = 4 * (this.to - this.from) / (this.width - this.gutter), at = this.at(event.offsetX);
    const text = event.offsetX < this.gutter ? "" : this.told(arm, this.row(arm, event.offsetY), at, near);
    this.tip.hidden = !text;
    this.tip.textContent = text;
    const stage = this.stage.getBoundingClientRect();
    const wide = Math.min(this.tip.offsetWidth, stage.width);
    this.tip.style.left = `${Math.max(0, Math.min(event.clientX - stage.left + 12, stage.width - wide))}px`;
    this.tip.style.top = `${event.clientY - stage.top + 16}px`;
  }
  pick(arm, event) {
    const at = this.at(event.offsetX), row = this.row(arm, event.offsetY);
    if (event.offsetX < this.gutter) return;
    if (!this.frame) this.setCursor(Math.max(at, 0));
    const near = 8 * (this.to - this.from) / (this.width - this.gutter);
    this.said.textContent = `${arm.name}, ${this.told(arm, row, at, near) || `at ${time(at)}: ${arm.told(at)}`}`;
    const i = row?.lane?.marks?.at(at, near) ?? -1;
    this.picked = i < 0 ? null : { arm, lane: row.lane, i };
    this.draw();
  }
  walk(arm, across, along) { // to the next mark, or the next lane
    const lanes = arm.layout.rows.map(row => row.lane).filter(lane => lane?.marks);
    if (!lanes.length) return;
    let { lane, i } = this.picked?.arm === arm && lanes.includes(this.picked.lane) ? this.picked : {};
    if (!lane) {
      lane = lanes[0];
      i = Math.max(0, lane.marks.at(this.from, Infinity));
    } else if (along) {
      const when = lane.marks.begins[i];
      lane = lanes[(lanes.indexOf(lane) + along + lanes.length) % lanes.length];
      i = Math.max(0, lane.marks.at(when, Infinity));
    } else i = Math.min(Math.max(i + across, 0), lane.marks.length - 1);
    this.picked = { arm, lane, i };
    this.said.textContent = `${arm.name}, ${this.toldBar(lane, i)}`;
    const begin = lane.marks.begins[i], half = (this.to - this.from) / 2;
    if (!this.frame) this.setCursor(Math.max(0, begin));
    if (begin < this.from || begin > this.to) this.show(begin - half, begin + half);
    else this.draw();
  }
}

for (const source of document.querySelectorAll("script.timeline-data"))
  new Timeline(document.getElementById(source.dataset.figure), source.textContent);
