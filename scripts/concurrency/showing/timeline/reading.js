// What a trace says, read from the data at the end of the page: arms, their lanes and bars, and what goes on when.
const element = (name, properties = {}, ...children) => {
  const made = Object.assign(document.createElement(name), properties);
  made.append(...children);
  return made;
};
const summed = steps => {
  let sum = 0;
  return steps.map(step => (sum += step));
};
const spread = ({ at, of }) => { // as many times as there were, those that were left out evenly between the others
  const kept = summed(at);
  if (kept.length === of) return kept;
  return Array.from({ length: of }, (_, i) => {
    const place = i / (of - 1) * (kept.length - 1), left = Math.floor(place), begin = kept[left];
    return begin + (place - left) * ((kept[left + 1] ?? begin) - begin);
  });
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
    this.most = data.states.length; // at once
    this.share = i => columns.share?.[i] ?? 1;
  }
  get length() { return this.begins.length; }
  from(when) { return Math.max(0, before(this.begins, when) - this.most); } // no bar before this place goes on until then
  covering(when) { // the places of the bars then: of those that are several in one, one of each state
    const found = [], end = before(this.begins, when);
    for (let i = this.from(when); i < end; i++)
      if (this.ends[i] > when || (i === end - 1 && this.ends[i] === when)) found.push(i);
    return found;
  }
  span(i) { // and how much of it is covered
    const part = this.share(i) < 1 ? `${Math.round(100 * this.share(i))} % of ` : "";
    return `${part}${time(this.begins[i], 4)} to ${time(this.ends[i], 4)}`;
  }
  at(when, near = 0) { // the place of the bar then, or the nearest within so long; -1: none
    const i = before(this.begins, when) - 1, there = this.covering(when).pop();
    if (there !== undefined) return there;
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
    this.begun = spread(told.begun);
    this.done = spread(told.done);
    this.sent = summed(told.sent.at);
    this.tasks.at = summed(told.tasks.at);
    this.cores = this.onCores();
    this.most = Math.ceil(this.cores.numbers.reduce((one, other) => Math.max(one, other), 2));
  }
  onCores() { // how many threads are on a core from when on, or on average where bars are several in one
    const steps = [];
    for (const place of this.computing) {
      const { core } = this.lanes[place];
      for (let i = 0; i < core.length; i++)
        if (core.state(i).name === "on a core") steps.push([core.begins[i], core.share(i)], [core.ends[i], -core.share(i)]);
    }
    steps.sort((one, other) => one[0] - other[0] || one[1] - other[1]);
    let number = 0;
    return { at: steps.map(step => step[0]), numbers: steps.map(step => (number = Math.round(100 * (number + step[1])) / 100)) };
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
      const { core } = this.lanes[place];
      for (const i of core.covering(at)) states[core.state(i).name] = (states[core.state(i).name] ?? 0) + core.share(i);
    }
    const threads = Object.entries(states).map(([name, count]) => `${+count.toFixed(1)} ${name}`);
    if (threads.length) parts.push(threads.join(", "));
    const i = before(this.tasks.at, at) - 1;
    if (i >= 0) parts.push(`${plural(this.tasks.ready[i], "task")} ready, ${this.tasks.waiting[i]} waiting`);
    return parts.join("; ");
  }
}
