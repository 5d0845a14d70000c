// Zooming and moving a plain SVG by its viewBox: buttons, pinch, wheel with Ctrl, drag.

const ZOOM_MAX = 7;
const STEP = 1.6;
const DRAG_FROM_PX = 6;

export function openView(svg, tools) {
  const [left, top, width, height] = svg.getAttribute("viewBox").split(" ").map(Number);
  const whole = { x: left, y: top, w: width, h: height };
  let box = { ...whole };
  const pointers = new Map();
  let moved = false;
  let pinch = 0;

  function show() {
    box.w = Math.min(whole.w, Math.max(whole.w / ZOOM_MAX, box.w));
    box.h = (box.w * whole.h) / whole.w;
    box.x = Math.min(whole.x + whole.w - box.w, Math.max(whole.x, box.x));
    box.y = Math.min(whole.y + whole.h - box.h, Math.max(whole.y, box.y));
    svg.setAttribute("viewBox", `${box.x} ${box.y} ${box.w} ${box.h}`);
    svg.classList.toggle("zoomed", box.w < whole.w * 0.999);
  }

  function at(clientX, clientY) {
    const point = new DOMPoint(clientX, clientY);
    return point.matrixTransform(svg.getScreenCTM().inverse());
  }

  function zoom(factor, around) {
    const w = Math.min(whole.w, Math.max(whole.w / ZOOM_MAX, box.w / factor));
    const share = w / box.w;
    box = {
      x: around.x - (around.x - box.x) * share,
      y: around.y - (around.y - box.y) * share,
      w,
      h: box.h * share,
    };
    show();
  }

  const middle = () => ({ x: box.x + box.w / 2, y: box.y + box.h / 2 });
  const pixels = (length) => length * svg.getScreenCTM().a;

  // Bring a place into view, as scrolling does for what has the focus.
  function reveal({ x, y }, margin) {
    const inside =
      x > box.x + margin &&
      x < box.x + box.w - margin &&
      y > box.y + margin &&
      y < box.y + box.h - margin;
    if (inside) return;
    box.x = x - box.w / 2;
    box.y = y - box.h / 2;
    show();
  }

  function spread() {
    const [one, other] = [...pointers.values()];
    return Math.hypot(one.x - other.x, one.y - other.y);
  }

  function centre() {
    const [one, other] = [...pointers.values()];
    return at((one.x + other.x) / 2, (one.y + other.y) / 2);
  }

  function drag(event) {
    const before = pointers.get(event.pointerId);
    if (!before) return;
    if (pointers.size === 2) {
      pointers.set(event.pointerId, { x: event.clientX, y: event.clientY });
      const now = spread();
      zoom(now / pinch, centre());
      pinch = now;
      moved = true;
      return;
    }
    const far = Math.hypot(event.clientX - before.x, event.clientY - before.y);
    if (!moved && (far < DRAG_FROM_PX || !svg.classList.contains("zoomed"))) return;
    if (!moved) svg.setPointerCapture(event.pointerId);
    moved = true;
    svg.classList.add("dragging");
    const scale = pixels(1);
    box.x -= (event.clientX - before.x) / scale;
    box.y -= (event.clientY - before.y) / scale;
    pointers.set(event.pointerId, { x: event.clientX, y: event.clientY });
    show();
  }

  function lift(event) {
    pointers.delete(event.pointerId);
    if (!pointers.size) svg.classList.remove("dragging");
  }

  svg.addEventListener("pointerdown", (event) => {
    if (!pointers.size) moved = false;
    pointers.set(event.pointerId, { x: event.clientX, y: event.clientY });
    if (pointers.size === 2) pinch = spread();
  });
  svg.addEventListener("pointermove", drag);
  for (const end of ["pointerup", "pointercancel", "pointerleave"]) {
    svg.addEventListener(end, lift);
  }
  // A drag is no click.
  svg.addEventListener(
    "click",
    (event) => {
      if (moved) event.stopImmediatePropagation();
      moved = false;
    },
    true,
  );
  svg.addEventListener(
    "wheel",
    (event) => {
      if (!event.ctrlKey && !event.metaKey) return;
      event.preventDefault();
      zoom(Math.exp(-event.deltaY / 200), at(event.clientX, event.clientY));
    },
    { passive: false },
  );
  tools?.addEventListener("click", ({ target }) => {
    const what = target.closest("[data-zoom]")?.dataset.zoom;
    if (what === "in") zoom(STEP, middle());
    if (what === "out") zoom(1 / STEP, middle());
    if (what === "fit") {
      box = { ...whole };
      show();
    }
  });
  return { at, zoom, pixels, reveal };
}
