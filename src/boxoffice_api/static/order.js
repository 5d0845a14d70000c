// An order, live: whenever something happened to it the page is drawn anew by the
// server, and a buyer who has just ordered is led on to the provider's page.

import { startCountdown } from "./countdown.js";
import { follow, liveSign, positionSign } from "./live.js";
import { fetched, swap } from "./swap.js";

const AGAIN_MS = 2_000;
const code = document.querySelector("#order").dataset.order;
const showPosition = positionSign(document.querySelector("#position"));
let shown = null;
let stopCountdown = null;
let looking = Promise.resolve();

function start() {
  stopCountdown?.();
  const countdown = document.querySelector("#order .countdown");
  stopCountdown = countdown
    ? startCountdown(countdown, { ended: () => setTimeout(lookAgain, AGAIN_MS) })
    : null;
}

function lookAgain() {
  looking = looking.then(look, look);
  return looking;
}

async function look() {
  const stage = document.querySelector("#order").dataset.stage;
  const page = await fetched(location.pathname + location.search);
  // What somebody is about to choose is not taken from under their hands.
  if (page.querySelector("#order")?.dataset.stage === stage && isBusy()) return;
  const root = swap("#order", page);
  if (!root) return;
  document.title = page.title;
  if (root.dataset.forward) {
    location.replace(root.dataset.forward);
    return;
  }
  start();
  if (root.dataset.stage !== stage) root.querySelector("#stage").focus();
}

function isBusy() {
  return document.querySelector("#order details[open], #order :focus:not(#stage)") !== null;
}

// Tokens differ from time to time; everything else is news.
function seen(order) {
  return JSON.stringify({ ...order, token: "" });
}

follow(`/v1/orders/${code}/live`, {
  take(frame) {
    if (frame.type !== "order") {
      if (frame.position) showPosition(frame.position);
      return;
    }
    const now = seen(frame.order);
    showPosition(Number(frame.order.token.split(".").pop()));
    if (now !== shown) lookAgain();
    shown = now;
  },
  show: liveSign(document.querySelector("#live")),
  poll: async () => {
    const answer = await fetch(`/v1/orders/${code}`, { cache: "no-store" });
    if (!answer.ok) throw new Error(answer.statusText);
    return { type: "order", order: await answer.json() };
  },
});
start();
