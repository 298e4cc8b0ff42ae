// Each heading that is shown (and each term), with what it is of, the next thing that is shown; links to the two of them
// at the end of the page make a PDF say on which pages they are.
() => {
  const shown = [...document.querySelectorAll("main *")]
    .filter(element => !element.closest("svg") && element.checkVisibility() && element.getBoundingClientRect().height > 0);
  const links = document.createElement("p");
  const place = element => {
    const link = document.createElement("a");
    const mark = document.createElement("span");
    mark.id = `place-${links.childElementCount}`;
    link.href = `#${mark.id}`;
    link.textContent = "…";
    links.append(link);
    (element.tagName === "TR" ? element.cells[0] : element).prepend(mark);
    return mark.id;
  };
  const found = shown.filter(element => element.matches("h1, h2, h3, dt")).map(heading => {
    const next = shown.find(element => heading.compareDocumentPosition(element) & Node.DOCUMENT_POSITION_FOLLOWING
      && !heading.contains(element) && element.matches("h1, h2, h3, p, figure, li, pre, caption, tr, dt, dd, b"));
    return { heading: heading.textContent, level: heading.tagName, next: next?.tagName ?? "nothing", elements: [heading, next] };
  });
  for (const one of found) one.places = one.elements.filter(Boolean).map(place);
  document.querySelector("main").append(links);
  return found.map(({ elements, ...one }) => one);
}
