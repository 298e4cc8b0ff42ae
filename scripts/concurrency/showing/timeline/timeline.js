// Timelines to explore: all arms on one clock, each on a canvas, drawn from the data at the end of the page. Without
// this script, and in print, there is the still picture.
{
  const GUTTER = () => (innerWidth < 600 ? 80 : 112); // the lanes' names
  const NARROWEST = 40, MARGIN = 1.01; // microseconds in view; of what ends, a little more is
  const PLAYED_IN = 10000, STEPS = 20; // milliseconds for what is in view; jumps of those who want no motion
  const LEAST = 0.25; // of its height has a pixel in which there is anything at all
  const LINES = [[], [5, 3], [1.5, 2]]; // dashes: queued, waiting, ready
  const KEYS = "Arrow keys: next mark, other lane. Shift and arrows: move. Plus, minus: zoom. Home: all. Space: play.";

  const element = (name, properties = {}, ...children) => {
    const made = Object.assign(document.createElement(name), properties);
    made.append(...children);
    return made;
  };
  const summed = steps => {
    let sum = 0;
    return steps.map(step => (sum += step));
  };
  const before = (times, at) => { // how many of them are not after it
    let low = 0, high = times.length;
    while (low < high) {
      const middle = (low + high) >> 1;
      if (times[middle] <= at) low = middle + 1; else high = middle;
    }
    return low;
  };
  const time = (micros, digits = 3) => {
    const [unit, name] = Math.abs(micros) >= 1e6 ? [1e6, "s"] : Math.abs(micros) >= 1000 ? [1000, "ms"] : [1, "µs"];
    return `${+(micros / unit).toPrecision(digits)} ${name}`;
  };
  const plural = (count, one) => `${count} ${one}${count === 1 ? "" : "s"}`;

  class Bars {
    constructor(columns, data) {
      this.begins = summed(columns.at);
      this.ends = this.begins.map((begin, i) => begin + columns.for[i]);
      this.state = i => data.states[columns.state[i] ?? columns.state[0]];
      this.name = i => data.names[columns.name[i] ?? columns.name[0]];
      this.share = i => columns.share?.[i] ?? 1;
    }
    get length() { return this.begins.length; }
    at(when, near = 0) { // the place of the bar then, or the nearest within so long; -1: none
      const i = before(this.begins, when) - 1;
      if (i >= 0 && this.ends[i] >= when) return i;
      const left = i >= 0 ? when - this.ends[i] : Infinity;
      const right = i + 1 < this.length ? this.begins[i + 1] - when : Infinity;
      return Math.min(left, right) > near ? -1 : left <= right ? i : i + 1;
    }
  }

  class Arm {
    constructor(told, data) {
      Object.assign(this, told);
      this.lanes = told.lanes.map(lane => {
        const [bars, core] = [lane.bars, lane.core].map(columns => columns && new Bars(columns, data));
        return { ...lane, bars, core, marks: bars ?? core }; // marks: what is pointed at
      });
      this.begun = summed(told.begun);
      this.done = summed(told.done);
      this.sent = summed(told.sent);
      this.tasks.at = summed(told.tasks.at);
      this.cores = this.onCores();
      this.most = Math.max(2, ...this.cores.numbers);
    }
    onCores() { // how many threads are on a core from when on
      const steps = [];
      for (const place of this.computing) {
        const { core } = this.lanes[place];
        for (let i = 0; i < core.length; i++)
          if (core.state(i).name === "on a core") steps.push([core.begins[i], 1], [core.ends[i], -1]);
      }
      steps.sort((one, other) => one[0] - other[0] || one[1] - other[1]);
      let number = 0;
      return { at: steps.map(step => step[0]), numbers: steps.map(step => (number += step[1])) };
    }
    rows(each) {
      const workers = this.lanes.filter(lane => lane.role === "worker").length;
      const rows = [];
      let y = this.sent.length ? 7 : 2;
      const add = (height, row) => { rows.push({ ...row, y, height }); y += height + 2; };
      for (const lane of this.lanes)
        if (lane.role !== "thread" || each)
          add(lane.role === "worker" && workers > 6 ? 11 : lane.role === "thread" ? 12 : 18, { lane });
      y += 3;
      const tells = this.computing.length === 1 && this.lanes[this.computing[0]].bars; // that lane itself
      if (this.computing.length && !tells) add(12 * this.most, { is: "cores" });
      y += 3;
      add(this.tasks.at.length ? 46 : 30, { is: "counts" });
      return { rows, height: y };
    }
    queued(at) { return this.begun.length - before(this.begun, at); }
    told(at) { // what is going on at that moment
      if (at > this.end) return `has ended, after ${time(this.end)}`;
      const done = before(this.done, at), queued = this.queued(at);
      const parts = [`${queued} queued, ${this.begun.length - queued - done} under way, ${done} done`];
      const states = {};
      for (const place of this.computing) {
        const { core } = this.lanes[place], i = core.at(at);
        if (i >= 0) states[core.state(i).name] = (states[core.state(i).name] ?? 0) + 1;
      }
      const threads = Object.entries(states).map(([name, count]) => `${count} ${name}`);
      if (threads.length) parts.push(threads.join(", "));
      const i = before(this.tasks.at, at) - 1;
      if (i >= 0) parts.push(`${plural(this.tasks.ready[i], "task")} ready, ${this.tasks.waiting[i]} waiting`);
      return parts.join("; ");
    }
  }

  class Timeline {
    constructor(figure, data) {
      this.figure = figure;
      this.data = data;
      this.arms = data.arms.map(arm => new Arm(arm, data));
      this.each = false; // whether each thread has a lane, and not only those that do the work
      this.cursor = null;
      this.build();
      this.fit();
      this.calm = matchMedia("(prefers-reduced-motion: reduce)");
      matchMedia("(prefers-color-scheme: dark)").addEventListener("change", () => this.draw());
      new ResizeObserver(() => this.draw()).observe(this.stage);
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
    x(at) { return this.gutter + (at - this.from) / (this.to - this.from) * (this.width - this.gutter); }
    at(x) { return this.from + (x - this.gutter) / (this.width - this.gutter) * (this.to - this.from); }

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
      const busy = bars.share(i) < 1 ? `, ${Math.round(100 * bars.share(i))} % of` : ",";
      const core = lane.bars && lane.core ? lane.core.at(at ?? bars.begins[i]) : -1;
      const span = (those, place) => `${time(those.begins[place], 4)} to ${time(those.ends[place], 4)}`;
      const on = core < 0 ? "" : `; ${lane.core.state(core).name} ${span(lane.core, core)}`;
      return `${lane.label}: ${what}${busy} ${span(bars, i)} (${time(lasted)})${on}`;
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

    draw() { // once in a frame, however often it is asked for
      this.asked ??= requestAnimationFrame(() => {
        this.asked = undefined;
        this.width = this.stage.clientWidth;
        this.gutter = GUTTER();
        if (!this.width) return;
        const style = getComputedStyle(this.figure);
        this.colour = name => style.getPropertyValue(name).trim();
        this.span.textContent = `${time(this.from)} to ${time(this.to)}`;
        this.drawAxis();
        for (const arm of this.arms) if (arm.shown) this.drawArm(arm);
        this.setCursor(this.cursor);
      });
    }
    sized(canvas, height) {
      const scale = devicePixelRatio || 1;
      canvas.width = this.width * scale;
      canvas.height = height * scale;
      canvas.style.height = `${height}px`;
      const pen = canvas.getContext("2d");
      pen.scale(scale, scale);
      pen.font = "11px system-ui, sans-serif";
      return pen;
    }
    ticks() {
      const wide = (this.to - this.from) / Math.max(2, (this.width - this.gutter) / 90), power = 10 ** Math.floor(Math.log10(wide));
      const step = power * [1, 2, 5, 10].find(times => times * power >= wide), found = [];
      for (let at = Math.ceil(this.from / step) * step; at <= this.to; at += step) found.push(Math.round(at));
      return found;
    }
    drawAxis() {
      const pen = this.sized(this.axis, 20);
      pen.fillStyle = this.colour("--dim");
      pen.textBaseline = "middle";
      for (const at of this.ticks()) {
        const text = time(at, 6), wide = pen.measureText(text).width;
        pen.fillText(text, Math.min(Math.max(this.x(at) - wide / 2, this.gutter), this.width - wide), 9);
      }
    }
    drawArm(arm) {
      arm.layout = arm.rows(this.each);
      const pen = this.sized(arm.canvas, arm.layout.height);
      this.nameRows(pen, arm);
      pen.save();
      pen.beginPath();
      pen.rect(this.gutter, 0, this.width - this.gutter, arm.layout.height);
      pen.clip();
      pen.fillStyle = this.colour("--line");
      for (const at of this.ticks()) pen.fillRect(Math.round(this.x(at)), 0, 1, arm.layout.height);
      for (const row of arm.layout.rows) {
        if (row.is === "cores") this.drawSteps(pen, row, arm.cores.at, arm.cores.numbers, arm.most, true);
        else if (row.is) this.drawCounts(pen, row, arm);
        else this.drawLane(pen, row, arm);
      }
      pen.fillStyle = this.colour("--ink");
      for (const at of arm.sent) {
        const x = this.x(at);
        pen.beginPath();
        pen.moveTo(x - 3, 0); pen.lineTo(x + 3, 0); pen.lineTo(x, 5);
        pen.fill();
      }
      pen.setLineDash([2, 2]);
      pen.strokeStyle = this.colour("--ink");
      pen.strokeRect(this.x(arm.end), -2, 0, arm.layout.height + 4);
      pen.setLineDash([]);
      if (arm.end > this.to) {
        const text = "goes on ▸", wide = pen.measureText(text).width + 4, y = arm.layout.height - 15;
        pen.fillStyle = this.colour("--paper");
        pen.fillRect(this.width - wide, y, wide, 14);
        pen.fillStyle = this.colour("--ink");
        pen.fillText(text, this.width - wide + 2, y + 7);
      }
      pen.restore();
    }
    nameRows(pen, arm) { // of many alike, how many there are
      pen.fillStyle = this.colour("--dim");
      pen.textBaseline = "middle";
      let isNamed = false;
      for (const { lane, is, y, height } of arm.layout.rows) {
        if (lane && height < 12) {
          const [kind] = lane.label.split(" "), many = arm.lanes.filter(other => other.role === lane.role).length;
          if (!isNamed) pen.fillText(`${many} ${kind}${kind.endsWith("s") ? "es" : "s"}`, 0, y + height / 2, this.gutter - 4);
          isNamed = true;
        } else if (lane) pen.fillText(lane.label, 0, y + height / 2, this.gutter - 4);
        else pen.fillText(is === "cores" ? "on a core" : `${arm.begun.length} queued`, 0, y + 6, this.gutter - 16);
        if (is === "cores")
          for (const number of [1, arm.most]) pen.fillText(number, this.gutter - 10, y + height * (1 - (number - 0.5) / arm.most) + 1);
      }
    }
    drawLane(pen, { lane, y, height }, arm) {
      pen.fillStyle = this.colour("--tl-lane");
      pen.fillRect(this.gutter, y, Math.max(0, Math.min(this.x(arm.end), this.width) - this.gutter), height);
      const bars = lane.core ?? lane.bars;
      if (!bars) return;
      const pixels = new Map(); // of each state, how much of each pixel is covered by what is narrower than that
      const first = Math.max(0, before(bars.begins, this.from) - 1), last = before(bars.begins, this.to);
      for (let i = first; i < last; i++) {
        const x = this.x(bars.begins[i]), wide = this.x(bars.ends[i]) - x, state = bars.state(i);
        if (wide < 1) {
          if (!pixels.has(state)) pixels.set(state, new Map());
          const own = pixels.get(state), pixel = Math.floor(x);
          own.set(pixel, (own.get(pixel) ?? 0) + wide * bars.share(i));
        } else this.fill(pen, state, x, y, wide, height, Math.max(LEAST, bars.share(i)));
      }
      for (const [state, own] of pixels)
        for (const [x, share] of own) this.fill(pen, state, x, y, 1, height, Math.min(1, Math.max(LEAST, share)));
      if (lane.core && lane.bars) this.drawItems(pen, lane, y, height);
      if (this.picked?.lane === lane) {
        const { begins, ends } = lane.marks, x = this.x(begins[this.picked.i]);
        pen.strokeStyle = this.colour("--ink");
        pen.lineWidth = 2;
        pen.strokeRect(x - 1, y, Math.max(3, this.x(ends[this.picked.i]) - x + 2), height);
        pen.lineWidth = 1;
      }
    }
    drawItems(pen, lane, y, height) { // where they begin, as all of them look alike
      pen.fillStyle = this.colour("--paper");
      for (const begin of lane.bars.begins) {
        const x = this.x(begin);
        if (x > this.gutter && x < this.width) pen.fillRect(Math.round(x) - 1, y, 1.5, height);
      }
    }
    fill(pen, state, x, y, wide, height, share) { // from the lane's floor up
      const high = Math.max(2, height * state.height * share), top = y + height - high, colour = this.colour(state.colour);
      if (!state.hatched || wide < 4) {
        pen.fillStyle = colour;
        pen.fillRect(x, top, wide, high);
        return;
      }
      pen.strokeStyle = colour;
      pen.save();
      pen.beginPath();
      pen.rect(x, top, wide, high);
      pen.clip();
      const left = Math.max(x, this.gutter) - high, right = Math.min(x + wide, this.width);
      pen.beginPath();
      for (let at = left - (left % 6); at < right; at += 6) { pen.moveTo(at, top + high); pen.lineTo(at + high, top); }
      pen.stroke();
      pen.strokeRect(x + 0.5, top + 0.5, wide - 1, high - 1);
      pen.restore();
    }
    drawSteps(pen, { y, height }, at, numbers, most, isFilled = false, dashes = []) {
      const high = number => y + height - number / most * height;
      if (isFilled) {
        pen.fillStyle = this.colour("--line");
        for (let number = 1; number <= most; number++) pen.fillRect(this.gutter, Math.round(high(number)), this.width, 1);
      }
      const first = Math.max(0, before(at, this.from) - 1), last = before(at, this.to);
      pen.beginPath();
      pen.moveTo(this.x(at[first] ?? 0), high(0));
      let x = 0;
      for (let i = first; i < last; i++) {
        x = this.x(at[i]);
        if (isFilled || i > first) pen.lineTo(x, high(i ? numbers[i - 1] : 0));
        else pen.moveTo(x, high(numbers[i]));
        pen.lineTo(x, high(numbers[i]));
      }
      x = Math.max(x, this.x(Math.min(this.to, at[last] ?? x)));
      if (last > first) pen.lineTo(Math.max(x, 0), high(numbers[last - 1]));
      if (isFilled) {
        pen.lineTo(x, high(0));
        pen.fillStyle = this.colour("--tl-on-a-core");
        pen.fill();
      } else {
        pen.setLineDash(dashes);
        pen.lineWidth = 1.5;
        pen.stroke();
        pen.lineWidth = 1;
        pen.setLineDash([]);
      }
    }
    drawCounts(pen, row, arm) {
      const { begun, tasks } = arm;
      const most = [...tasks.waiting, ...tasks.ready].reduce((one, other) => Math.max(one, other), begun.length || 1);
      const lines = [[[0, ...begun, arm.end], [begun.length, ...begun.map((_, i) => begun.length - i - 1), 0]]];
      if (tasks.at.length) lines.push([tasks.at, tasks.waiting], [tasks.at, tasks.ready]);
      lines.forEach(([at, numbers], kind) => {
        pen.strokeStyle = this.colour(`--tl-line-${kind}`);
        this.drawSteps(pen, row, at, numbers, most, false, LINES[kind]);
      });
    }
  }

  for (const source of document.querySelectorAll("script.timeline-data"))
    new Timeline(document.getElementById(source.dataset.figure), JSON.parse(source.textContent));
}
