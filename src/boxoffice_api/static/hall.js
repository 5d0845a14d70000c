// The places of the hall: what each one is, how it stands, and who has the focus.
//
// The hall is one stop for the tab key; arrow keys go to the nearest free place in that
// direction, as the eye would. Names and price levels come from the list of places where
// there is one, so they are written once.

import { openView } from "./view.js";

const SVG = "http://www.w3.org/2000/svg";
const WORDS = { f: "free", h: "held by somebody", s: "sold", y: "chosen" };
const DIRECTIONS = {
  ArrowRight: [1, 0],
  ArrowLeft: [-1, 0],
  ArrowDown: [0, 1],
  ArrowUp: [0, -1],
};
const SIDEWAYS_COSTS = 2.5;
const TOUCH_PITCH_PX = 17;
const TOUCH_ZOOMED_PX = 27;
const REACH_PITCHES = 0.8;

export function openHall({ svg, tools, tip, names, choose, canChoose }) {
  const view = openView(svg, tools);
  const pitch = Number(svg.dataset.pitch);
  const places = new Map();
  const ring = svg.appendChild(document.createElementNS(SVG, "circle"));
  let current = null;

  ring.setAttribute("class", "ring");
  ring.setAttribute("r", String(0.62 * pitch));
  ring.setAttribute("stroke-width", String(0.13 * pitch));
  ring.setAttribute("visibility", "hidden");
  svg.setAttribute("role", "group");
  svg.setAttribute("aria-describedby", "map-help");

  for (const element of svg.querySelectorAll(".places use")) {
    const ordinal = Number(element.id.slice(1));
    const href = element.getAttribute("href");
    const place = {
      ordinal,
      element,
      state: href[1] === "y" ? "h" : href[1],
      kind: href[2],
      x: Number(element.getAttribute("x")),
      y: Number(element.getAttribute("y")),
      mine: href[1] === "y",
      name: names.get(ordinal) ?? "",
    };
    places.set(ordinal, place);
    element.setAttribute("role", "checkbox");
    element.setAttribute("tabindex", "-1");
    dress(place);
  }

  function dress(place) {
    const { element, mine, state, kind, name } = place;
    const shown = mine ? "y" : state;
    element.setAttribute("href", `#${shown}${kind}`);
    element.setAttribute("class", shown);
    element.setAttribute("aria-checked", String(mine));
    element.setAttribute("aria-label", `${name}, ${WORDS[shown]}`);
    if (shown === "f" || shown === "y") element.removeAttribute("aria-disabled");
    else element.setAttribute("aria-disabled", "true");
  }

  const isOpen = (place) => place.mine || place.state === "f";

  function setState(ordinal, state) {
    const place = places.get(ordinal);
    if (!place || place.state === state) return;
    place.state = state;
    dress(place);
    place.element.classList.add("flash");
    if (!current) settle();
  }

  function setMine(ordinal, mine) {
    const place = places.get(ordinal);
    if (!place || place.mine === mine) return;
    place.mine = mine;
    dress(place);
  }

  // One place can be reached by the tab key: the last one, or the first free one.
  function settle() {
    const wanted = current ?? [...places.values()].find(isOpen);
    for (const place of places.values()) {
      if (place.element.getAttribute("tabindex") === "0" && place !== wanted) {
        place.element.setAttribute("tabindex", "-1");
      }
    }
    wanted?.element.setAttribute("tabindex", "0");
  }

  function nearest(from, [dx, dy]) {
    let best = null;
    let least = Infinity;
    for (const place of places.values()) {
      if (place === from || !isOpen(place)) continue;
      const along = (place.x - from.x) * dx + (place.y - from.y) * dy;
      const aside = Math.abs((place.x - from.x) * dy) + Math.abs((place.y - from.y) * dx);
      if (along < 0.3 * pitch || aside > 4 * along) continue;
      const cost = along + SIDEWAYS_COSTS * aside;
      if (cost < least) [best, least] = [place, cost];
    }
    return best;
  }

  function toggle(place) {
    if (place && canChoose() && isOpen(place)) choose(place.ordinal, !place.mine);
  }

  function placeOf(target) {
    const element = target.closest?.("use");
    return element ? places.get(Number(element.id.slice(1))) : null;
  }

  function placeNear(point) {
    let best = null;
    let least = REACH_PITCHES * pitch;
    for (const place of places.values()) {
      const distance = Math.hypot(place.x - point.x, place.y - point.y);
      if (distance < least && isOpen(place)) [best, least] = [place, distance];
    }
    return best;
  }

  function point(place) {
    const { element } = place;
    const { left, top, width } = svg.parentElement.getBoundingClientRect();
    const where = element.getBoundingClientRect();
    const shown = place.mine ? "y" : place.state;
    tip.textContent = `${place.name}${shown === "f" ? "" : `, ${WORDS[shown]}`}`;
    tip.hidden = false;
    const half = tip.offsetWidth / 2;
    const x = where.left + where.width / 2 - left;
    const y = where.top - top - tip.offsetHeight - 8;
    tip.style.setProperty("left", `${Math.max(6, Math.min(width - 2 * half - 6, x - half))}px`);
    tip.style.setProperty("top", `${y < 4 ? where.bottom - top + 8 : y}px`);
  }

  svg.addEventListener("click", (event) => {
    const touch = event.pointerType === "touch" || event.pointerType === "pen";
    const here = event.detail === 0 ? null : view.at(event.clientX, event.clientY);
    if (touch && here && view.pixels(pitch) < TOUCH_PITCH_PX) {
      view.zoom(TOUCH_ZOOMED_PX / view.pixels(pitch), here);
      return;
    }
    const place = placeOf(event.target) ?? (here && placeNear(here));
    toggle(place);
    if (place && touch) point(place);
  });
  svg.addEventListener("keydown", (event) => {
    const place = placeOf(event.target);
    if (!place) return;
    if (event.key === " " || event.key === "Enter") {
      event.preventDefault();
      toggle(place);
    } else if (event.key in DIRECTIONS) {
      event.preventDefault();
      nearest(place, DIRECTIONS[event.key])?.element.focus();
    }
  });
  svg.addEventListener("focusin", ({ target }) => {
    const place = placeOf(target);
    if (!place) return;
    current = place;
    settle();
    view.reveal(place, pitch);
    if (!target.matches(":focus-visible")) return;
    ring.setAttribute("cx", String(place.x));
    ring.setAttribute("cy", String(place.y));
    ring.setAttribute("visibility", "visible");
    point(place);
  });
  svg.addEventListener("focusout", () => {
    ring.setAttribute("visibility", "hidden");
    tip.hidden = true;
  });
  svg.addEventListener("pointerover", ({ target, pointerType }) => {
    const place = placeOf(target);
    if (place && pointerType === "mouse") point(place);
    else if (ring.getAttribute("visibility") === "hidden") tip.hidden = true;
  });
  svg.addEventListener("pointerleave", () => (tip.hidden = true));
  svg.addEventListener("animationend", ({ target }) => target.classList.remove("flash"));

  settle();
  return { places, setState, setMine };
}
