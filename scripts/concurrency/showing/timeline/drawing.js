// What is seen of the arms between `from` and `to`, each on a canvas.
const GUTTER = () => (innerWidth < 600 ? 80 : 112); // the lanes' names
const LEAST = 0.25; // of its height has a pixel in which there is anything at all
const LINES = [[], [5, 3], [1.5, 2]]; // dashes: queued, waiting, ready

class Drawing {
  x(at) { return this.gutter + (at - this.from) / (this.to - this.from) * (this.width - this.gutter); }
  at(x) { return this.from + (x - this.gutter) / (this.width - this.gutter) * (this.to - this.from); }

  draw() { // once in a frame, however often it is asked for
    this.asked ??= requestAnimationFrame(() => this.orStill(() => {
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
    }));
  }
  orStill(act) { // what cannot be drawn is there as the still picture, and hinders no other figure
    try {
      act();
    } catch (error) {
      this.figure.querySelector(".tl-live")?.remove();
      this.figure.classList.remove("is-live");
      console.error(error);
    }
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
        const alike = arm.lanes.filter(other => other.role === lane.role), many = alike.length;
        const kinds = new Set(alike.map(other => other.label.split(", ").at(-1).split(" ")[0]));
        const kind = kinds.size > 1 ? "worker" : [...kinds][0];
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
    const wider = [], pixels = new Map(); // of each state, how much of each pixel is covered by what is narrower than that
    const last = before(bars.begins, this.to);
    for (let i = bars.from(this.from); i < last; i++) {
      const x = this.x(bars.begins[i]), wide = this.x(bars.ends[i]) - x, state = bars.state(i);
      if (wide < 1) {
        if (!pixels.has(state)) pixels.set(state, new Map());
        const own = pixels.get(state), pixel = Math.floor(x);
        own.set(pixel, (own.get(pixel) ?? 0) + wide * bars.share(i));
      } else wider.push([state, x, wide, bars.share(i)]);
    }
    for (const [state, own] of pixels)
      for (const [x, share] of own) wider.push([state, x, 1, Math.min(1, share)]);
    const high = ([state, , , share]) => state.height * Math.max(LEAST, share);
    wider.sort((one, other) => high(other) - high(one)); // the lower in front of the higher, where several are in one
    for (const [state, x, wide, share] of wider) this.fill(pen, state, x, y, wide, height, Math.max(LEAST, share));
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
