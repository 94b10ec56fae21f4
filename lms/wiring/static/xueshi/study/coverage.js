// Stretches of a lesson: disjoint, ascending [from, to) pairs in ms. Pure functions; the server's stretches are the
// truth, what is added here is only what the learner sees until the server speaks again.

/** Adds one stretch and joins what touches. */
export function withStretch(covered, from, to) {
  if (!(to > from)) return covered;
  const joined = [];
  let [low, high] = [from, to];
  for (const [a, b] of covered) {
    if (b < low || a > high) joined.push([a, b]);
    else [low, high] = [Math.min(low, a), Math.max(high, b)];
  }
  joined.push([low, high]);
  return joined.sort((one, other) => one[0] - other[0]);
}

export function measure(covered, from = 0, to = Infinity) {
  return covered.reduce((sum, [a, b]) => sum + Math.max(0, Math.min(b, to) - Math.max(a, from)), 0);
}

/** The first place at or after `from` that is not covered; at most `to`. */
export function firstGap(covered, from, to) {
  let place = from;
  for (const [a, b] of covered) if (a <= place && b > place) place = b;
  return Math.min(place, to);
}

/** Where a learner may jump to: inside a covered stretch, at its end, or at the start. Else the nearest such place before. */
export function allowedPlace(covered, target, durationMs) {
  const wanted = Math.min(Math.max(target, 0), durationMs);
  let nearest = 0;
  for (const [a, b] of covered) {
    if (wanted >= a && wanted <= b) return wanted;
    if (b <= wanted) nearest = Math.max(nearest, b);
  }
  return nearest;
}

/** What one acknowledged beat covered, as far as a page can tell. */
export function coveredByBeat(beatFrom, beatTo, ack) {
  const lost = ack.refused.filter((entry) => entry.code !== "already_covered").reduce((sum, entry) => sum + entry.ms, 0);
  if (lost === 0) return [beatFrom, beatTo];
  return [beatFrom, Math.min(beatTo, beatFrom + ack.credited_ms)];
}

const SVG = "http://www.w3.org/2000/svg";

/** Paints stretches into a bar: an <svg viewBox="0 0 1000 10" preserveAspectRatio="none"> with a <g data-covered>. */
export function paintCoverage(svg, covered, durationMs, positionMs, pending = null) {
  const group = svg.querySelector("[data-covered]");
  const scale = 1000 / Math.max(durationMs, 1);
  const wanted = pending ? [...covered.map((pair) => [...pair, "bar-covered"]), [...pending, "bar-pending"]]
    : covered.map((pair) => [...pair, "bar-covered"]);
  while (group.childElementCount > wanted.length) group.lastElementChild.remove();
  while (group.childElementCount < wanted.length) group.append(document.createElementNS(SVG, "rect"));
  wanted.forEach(([from, to, name], index) => {
    const rect = group.children[index];
    rect.setAttribute("class", name);
    rect.setAttribute("x", (from * scale).toFixed(2));
    rect.setAttribute("width", (Math.max(to - from, 0) * scale).toFixed(2));
    rect.setAttribute("height", "10");
  });
  svg.querySelector("[data-position]")?.setAttribute("x", (positionMs * scale - 2).toFixed(2));
}
