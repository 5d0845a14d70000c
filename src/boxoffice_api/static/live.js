// A socket that comes back by itself, and polling where sockets do not get through.
//
// `take(frame)` is given every frame; `show(state)` is told `live`, `reconnecting` or
// `polling`. Whoever takes frames decides what is newer: nothing here goes backwards.

const FIRST_PAUSE_MS = 400;
const LONGEST_PAUSE_MS = 20_000;
const SILENCE_MAX_MS = 40_000;
const POLL_AFTER_FAILURES = 2;
const POLL_MS = 4_000;

export function follow(path, { take, show, poll }) {
  const url = new URL(path, location.href);
  url.protocol = location.protocol === "https:" ? "wss:" : "ws:";
  let socket = null;
  let failures = 0;
  let retry = 0;
  let silence = 0;
  let polling = 0;
  let ended = false;

  function open() {
    clearTimeout(retry);
    socket = new WebSocket(url);
    socket.addEventListener("message", ({ data }) => heard(JSON.parse(data)));
    socket.addEventListener("close", again);
    listen();
  }

  function heard(frame) {
    listen();
    if (frame.type === "bye") return;
    failures = 0;
    clearInterval(polling);
    polling = 0;
    show(frame.type === "stale" ? "reconnecting" : "live");
    take(frame);
  }

  function listen() {
    clearTimeout(silence);
    silence = setTimeout(() => socket.close(), SILENCE_MAX_MS);
  }

  function again() {
    clearTimeout(silence);
    if (ended) return;
    const pause = Math.min(LONGEST_PAUSE_MS, FIRST_PAUSE_MS * 2 ** failures);
    failures += 1;
    if (!polling) show("reconnecting");
    if (failures > POLL_AFTER_FAILURES && poll && !polling) startPolling();
    retry = setTimeout(open, pause * (0.5 + Math.random()));
  }

  function startPolling() {
    const ask = async () => {
      try {
        const found = await poll();
        if (polling) show("polling");
        if (found && polling) take(found);
      } catch {
        if (polling) show("reconnecting");
      }
    };
    polling = setInterval(ask, POLL_MS);
    ask();
  }

  function wake() {
    if (!ended && socket.readyState === WebSocket.CLOSED) open();
  }

  addEventListener("online", wake);
  document.addEventListener("visibilitychange", () => document.hidden || wake());
  addEventListener("pagehide", () => {
    ended = true;
    clearTimeout(retry);
    clearInterval(polling);
    socket.close();
  });
  addEventListener("pageshow", ({ persisted }) => {
    if (persisted) {
      ended = false;
      open();
    }
  });
  open();
}

const WORDS = {
  live: "Live",
  polling: "Updating every few seconds",
  reconnecting: "Reconnecting…",
};

export function liveSign(element) {
  return (state) => {
    if (element.dataset.state === state) return;
    element.hidden = false;
    element.dataset.state = state;
    element.textContent = WORDS[state];
  };
}

export function positionSign(element) {
  let shown = element ? Number(element.value) : 0;
  return (position) => {
    if (!element || position <= shown) return;
    shown = position;
    element.value = String(position);
    element.textContent = String(position).replace(/\B(?=(\d{3})+(?!\d))/g, ",");
  };
}
