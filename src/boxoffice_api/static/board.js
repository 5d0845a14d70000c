// The sales board, live.

import { follow, liveSign, positionSign } from "./live.js";
import { counted, moneyOf } from "./money.js";

const BAR_WIDTH = 1000;
const WORDS = { open: "On sale", scheduled: "Sale to come", closed: "Closed" };
const root = document.querySelector("#board");
const money = moneyOf(root.dataset);
const showPosition = positionSign(document.querySelector("#position"));
let position = Number(document.querySelector("#position").value);

function put(parent, figure, text) {
  const element = parent.querySelector(`[data-figure="${figure}"]`);
  if (!element || element.textContent === text) return;
  element.textContent = text;
  element.classList.remove("bumped");
  void element.offsetWidth;
  element.classList.add("bumped");
}

function width(part, whole) {
  return part ? Math.max(4, Math.round((BAR_WIDTH * part) / whole)) : 0;
}

function drawBar(parent, { sold, held, places }) {
  const soldWidth = width(sold, places);
  parent.querySelector(".bar-sold").setAttribute("width", String(soldWidth));
  const heldBar = parent.querySelector(".bar-held");
  heldBar.setAttribute("x", String(soldWidth));
  heldBar.setAttribute("width", String(width(held, places)));
}

function showFigures(parent, figures) {
  put(parent, "sold", counted(figures.sold));
  put(parent, "held", counted(figures.held));
  put(parent, "free", counted(figures.free));
  put(parent, "revenue", money(figures.revenue));
}

function showBoard(board) {
  const { totals } = board;
  showFigures(root.querySelector(".figures"), totals);
  const whole = root.querySelector('[data-row="totals"]');
  drawBar(whole, totals);
  const share = totals.places ? (100 * totals.sold) / totals.places : 0;
  put(whole, "share", `${share.toFixed(1)} %`);
  put(whole, "places", counted(totals.places));
  board.categories.forEach((category, index) => {
    const row = root.querySelector(`tr[data-row="${index}"]`);
    showFigures(row, category);
    put(row, "price", category.price === null ? "none" : money(category.price));
    drawBar(row, category);
  });
  showSale(board.sale);
}

function showSale(sale) {
  const badge = document.querySelector("#sale");
  if (badge.dataset.off) return;
  const isSoon = badge.dataset.soon === "yes" && sale === "open";
  badge.textContent = isSoon ? WORDS.scheduled : WORDS[sale];
  badge.classList.toggle("badge-good", sale === "open" && !isSoon);
  badge.classList.toggle("badge-off", sale === "closed");
  const form = document.querySelector("#switch");
  if (!form) return;
  const button = form.querySelector("button");
  const open = sale === "open";
  form.setAttribute("action", open ? form.dataset.close : form.dataset.open);
  button.textContent = open ? "Close the sale" : "Open the sale";
  button.classList.toggle("primary", !open);
  button.classList.toggle("quiet", open);
}

follow(`/live/staff/performances/${root.dataset.performance}`, {
  take(frame) {
    if (frame.type === "board" && frame.position > position) {
      position = frame.position;
      showBoard(frame.board);
    }
    showPosition(frame.position);
  },
  show: liveSign(document.querySelector("#live")),
});
