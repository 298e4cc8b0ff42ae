// What is wrong with the pictures of a page, to be seen from its geometry: a line for each fault.
() => {
  const STEP = 0.6; // pixels, less than any line is wide
  const faults = [];
  const visible = element => element.checkVisibility();
  const luminance = ([r, g, b]) => [r, g, b].map(c => c / 255)
    .map(c => (c <= 0.03928 ? c / 12.92 : ((c + 0.055) / 1.055) ** 2.4))
    .reduce((sum, c, i) => sum + c * [0.2126, 0.7152, 0.0722][i], 0);
  const contrast = (one, other) => {
    const [dark, light] = [luminance(one), luminance(other)].sort((a, b) => a - b);
    return (light + 0.05) / (dark + 0.05);
  };
  const colour = text => (text.match(/[\d.]+/g) ?? []).map(Number);
  const over = (above, opacity, below) => below.map((c, i) => above[i] * opacity + c * (1 - opacity));
  const steps = (from, to) => Array.from({ length: Math.max(1, Math.floor((to - from) / STEP)) }, (_, i) => from + i * STEP);
  const paper = colour(getComputedStyle(document.body).backgroundColor);

  for (const svg of [...document.querySelectorAll(".picture svg")].filter(visible)) {
    const name = svg.querySelector("[id]")?.id.replace(/-figure_1.*/, "") ?? svg.getAttribute("aria-label").slice(0, 40);
    const fault = text => faults.push(`${name}: ${text}`);
    const frame = svg.getBoundingClientRect();
    const page = document.documentElement.clientWidth;
    if (frame.left < 0 || frame.right > page + 1) fault(`from ${frame.left} to ${frame.right} on a page of ${page}`);

    const texts = [...svg.querySelectorAll("text")].filter(text => text.textContent.trim())
      .map(element => ({ element, words: element.textContent.trim(), box: element.getBoundingClientRect() }))
      .filter(({ box }) => box.width > 0); // others are not shown
    for (const { words, box } of texts)
      if (box.left < frame.left - 1 || box.right > frame.right + 1 || box.top < frame.top - 1 || box.bottom > frame.bottom + 1)
        fault(`“${words}” is outside of the frame`);
    const inner = box => ({ left: box.left + 1, right: box.right - 1, top: box.top + box.height * 0.2, bottom: box.bottom - box.height * 0.2 });
    texts.forEach(({ words, box, element }, i) => {
      for (const other of texts.slice(i + 1)) {
        if (other.element.parentNode === element.parentNode) continue; // lines of one text
        const [a, b] = [inner(box), inner(other.box)];
        if (a.left < b.right && b.left < a.right && a.top < b.bottom && b.top < a.bottom)
          fault(`“${words}” overlaps “${other.words}”`);
      }
    });

    // Marks: every painted path and marker, in the order in which they are painted.
    const clip = element => {
      const id = element.closest("[clip-path]")?.getAttribute("clip-path").match(/#([^)]+)/)?.[1];
      return id ? document.getElementById(id)?.querySelector("rect, path") : null;
    };
    const marks = [...svg.querySelectorAll("path, use")].filter(mark => visible(mark) && !mark.closest("defs, clipPath"))
      .map(element => {
        const style = getComputedStyle(element);
        const shape = element.tagName === "use" ? document.querySelector(element.getAttribute("xlink:href") ?? element.getAttribute("href")) : element;
        return { element, shape, style, box: element.getBoundingClientRect() };
      })
      .filter(({ box, shape }) => shape && box.width + box.height > 0);
    const paints = (paint, opacity) => paint !== "none" && Number(opacity) > 0.02;
    const under = (mark, x, y) => {
      const { element, shape, style } = mark;
      const cut = clip(element);
      if (cut) {
        const point = new DOMPoint(x, y).matrixTransform(cut.ownerSVGElement && svg.getScreenCTM().inverse());
        const box = cut.getBBox();
        if (point.x < box.x || point.x > box.x + box.width || point.y < box.y || point.y > box.y + box.height) return null;
      }
      let matrix = element.getScreenCTM();
      if (element.tagName === "use") matrix = matrix.translate(element.x.baseVal.value, element.y.baseVal.value);
      const point = new DOMPoint(x, y).matrixTransform(matrix.inverse());
      const local = svg.createSVGPoint();
      [local.x, local.y] = [point.x, point.y];
      if (paints(style.fill, style.fillOpacity * style.opacity) && !style.fill.startsWith("url") && shape.isPointInFill(local)) return "fill";
      if (paints(style.stroke, style.strokeOpacity * style.opacity) && shape.isPointInStroke(local)) return "stroke";
      if (style.fill.startsWith("url") && shape.isPointInFill(local)) return "pattern";
      return null;
    };
    for (const { element, words, box } of texts) {
      const own = element.closest("g[id*='text_']");
      const behind = own?.querySelector("path"); // a patch of its own, that hides what is below
      const near = marks.filter(({ element: mark, box: other }) =>
        !own?.contains(mark) && other.left < box.right && box.left < other.right && other.top < box.bottom && box.top < other.bottom
        && !(behind && mark.compareDocumentPosition(behind) & Node.DOCUMENT_POSITION_FOLLOWING));
      // So close together, along the middle and down at some places, that no line slips through.
      const points = steps(box.left + 1, box.right - 1).map(x => [x, box.top + box.height / 2]);
      for (const share of [0.02, 0.26, 0.5, 0.74, 0.98])
        for (const y of steps(box.top + box.height * 0.3, box.top + box.height * 0.7))
          points.push([box.left + box.width * share, y]);
      let ground = paper;
      let crossed = []; // by what is not covered again
      if (behind) ground = over(colour(getComputedStyle(behind).fill), Number(getComputedStyle(behind).opacity), paper);
      for (const mark of near) {
        const hits = points.map(([x, y]) => under(mark, x, y));
        const filled = hits.filter(hit => hit === "fill").length;
        if (filled === hits.length) {
          const opacity = Number(mark.style.fillOpacity) * Number(mark.style.opacity);
          ground = over(colour(mark.style.fill), opacity, ground);
          if (opacity === 1) crossed = [];
        } else if (hits.some(hit => hit && hit !== "pattern") && !mark.element.closest("[id*='legend'] [id*='patch']"))
          crossed.push(mark.element.closest("g[id]")?.id);
      }
      for (const mark of crossed) fault(`“${words}” is on a mark (${mark})`);
      const ink = getComputedStyle(element);
      const seen = contrast(over(colour(ink.fill), Number(ink.opacity) * Number(ink.fillOpacity), ground), ground);
      if (seen < 4.5) fault(`“${words}” has a contrast of ${seen.toFixed(1)}`);
    }
  }
  return faults;
}
