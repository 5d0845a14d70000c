// The page of a performance: hall, choice and hold, live.
//
// The choice is the ticked boxes of the list, so what is sent without this script and
// with it is the same. Only holding is asked of the API directly: it is what thousands
// do at once, and a refusal should cost nobody a new page.

import { startCountdown } from "./countdown.js";
import { availabilityPoll, stateFeed } from "./feed.js";
import { openHall } from "./hall.js";
import { follow, liveSign, positionSign } from "./live.js";
import { counted, moneyOf } from "./money.js";
import { fetched, swap } from "./swap.js";

const form = document.querySelector("#choose");
let panel = document.querySelector("#panel");
const notices = document.querySelector("#notices");
const { performance: id, max, sale } = form.dataset;
const types = JSON.parse(form.dataset.types);
const money = moneyOf(form.dataset);
const placesMax = Number(max);
const levels = new Map(
  [...document.querySelectorAll("#levels .level")].map((element) => [
    element.dataset.category,
    { element, prices: JSON.parse(element.dataset.prices), free: element.querySelector("b") },
  ]),
);
const boxes = new Map(
  [...form.querySelectorAll("input[name=place]")].map((box) => [Number(box.value), box]),
);
const names = new Map(
  [...boxes].map(([ordinal, box]) => [ordinal, box.getAttribute("aria-label")]),
);
// The price type of each place that is chosen; "" where there is only one.
const chosen = new Map();
const held = new Set(form.dataset.held.split(" ").filter(Boolean).map(Number));
let mode = form.dataset.mode;
let asking = false;
let isSoldOut = false;

const shortName = (ordinal) => names.get(ordinal).replace(/, [^,]*$/, "");
const pricesOf = (ordinal) => levels.get(boxes.get(ordinal).dataset.category)?.prices ?? {};
const minorOf = (ordinal) => pricesOf(ordinal)[chosen.get(ordinal)] ?? Object.values(pricesOf(ordinal))[0] ?? 0;
const typesOf = (ordinal) => types.filter(({ code }) => code in pricesOf(ordinal));
const listed = (words) => new Intl.ListFormat("en-GB").format(words);
const places = (n) => `${n} place${n === 1 ? "" : "s"}`;

const hall = openHall({
  svg: document.querySelector("#hall"),
  tools: document.querySelector(".tools"),
  tip: document.querySelector("#tip"),
  names,
  choose: setChosen,
  canChoose: () => (mode === "choose" || mode === "held") && sale === "open" && !asking,
});

function notify(sentence, { soft = false } = {}) {
  const note = document.createElement("p");
  note.className = soft ? "notice notice-soft" : "notice";
  note.textContent = sentence;
  notices.replaceChildren(note);
}

// ------------------------------------------------------------------ choosing

function setChosen(ordinal, wanted) {
  if (held.has(ordinal)) {
    notify("This place is held for you; take it out in the list of your places.", { soft: true });
    return;
  }
  if (wanted && chosen.size + held.size >= placesMax) {
    notify(`At most ${placesMax} places go into one order.`, { soft: true });
    boxes.get(ordinal).checked = false;
    return;
  }
  notices.replaceChildren();
  if (wanted) chosen.set(ordinal, typesOf(ordinal)[0]?.code ?? "");
  else chosen.delete(ordinal);
  boxes.get(ordinal).checked = wanted;
  hall.setMine(ordinal, wanted);
  showChoice();
}

function showChoice() {
  const list = document.querySelector("#chosen");
  if (!list) return;
  const template = document.querySelector("#line-template");
  list.replaceChildren(
    ...[...chosen.keys()].map((ordinal) => {
      const line = template.content.cloneNode(true).firstElementChild;
      line.querySelector(".swatch").classList.add(`k${boxes.get(ordinal).dataset.category}`);
      line.querySelector(".line-name").textContent = shortName(ordinal);
      addTypeChoice(line.querySelector(".line-name"), ordinal);
      line.querySelector(".line-price").textContent = money(minorOf(ordinal));
      const remove = line.querySelector(".remove");
      remove.setAttribute("aria-label", `Remove ${shortName(ordinal)}`);
      remove.addEventListener("click", () => {
        setChosen(ordinal, false);
        (list.querySelector(".remove") ?? document.querySelector("#panel-title")).focus();
      });
      return line;
    }),
  );
  showProofs();
  showSum();
  showHints();
  const button = document.querySelector("#hold-button, #add-button");
  const verb = button.id === "add-button" ? "Add" : "Hold";
  button.textContent = chosen.size ? `${verb} ${places(chosen.size)}` : `${verb} places`;
  button.hidden = verb === "Add" && !chosen.size;
  button.setAttribute("aria-disabled", String(!chosen.size));
}

function showSum() {
  const total = document.querySelector("#total");
  if (!total) return;
  const sum = [...chosen.keys()].reduce((minor, ordinal) => minor + minorOf(ordinal), 0);
  total.hidden = !chosen.size;
  total.querySelector("strong").textContent = money(sum);
}

// Sent with the form as well, so adding needs no request of its own.
function addTypeChoice(name, ordinal) {
  const offered = typesOf(ordinal);
  if (offered.length < 2) return;
  const template = document.querySelector("#type-template");
  const select = template.content.cloneNode(true).firstElementChild;
  select.name = `type-${ordinal}`;
  select.setAttribute("aria-label", `Price type of ${shortName(ordinal)}`);
  for (const { code, name: words } of offered) {
    select.add(new Option(`${words}, ${money(pricesOf(ordinal)[code])}`, code));
  }
  select.value = chosen.get(ordinal);
  select.addEventListener("change", () => {
    chosen.set(ordinal, select.value);
    select.closest(".line").querySelector(".line-price").textContent = money(minorOf(ordinal));
    showProofs();
    showSum();
  });
  name.append(select);
}

function showProofs() {
  const line = document.querySelector("#proofs");
  if (!line) return;
  const used = new Set(chosen.values());
  const proofs = types.filter(({ code, proof }) => proof && used.has(code));
  line.textContent = proofs.map(({ name, proof }) => `${name}: ${proof} is checked at the door.`).join(" ");
}

// What to do next, as long as nothing is chosen.
function showHints() {
  const hint = document.querySelector("#hint");
  if (!hint) return;
  hint.hidden = chosen.size > 0 || isSoldOut;
  const soldOut = document.querySelector("#sold-out");
  if (soldOut) soldOut.hidden = chosen.size > 0 || !isSoldOut;
}

function lose(ordinals) {
  for (const ordinal of ordinals) {
    chosen.delete(ordinal);
    boxes.get(ordinal).checked = false;
    hall.setMine(ordinal, false);
  }
  showChoice();
}

function startChoosing() {
  for (const [ordinal, box] of boxes) {
    box.addEventListener("change", () => setChosen(ordinal, box.checked));
    if (box.checked && hall.places.get(ordinal)?.state === "f") {
      chosen.set(ordinal, typesOf(ordinal)[0]?.code ?? "");
      hall.setMine(ordinal, true);
    } else {
      box.checked = false;
    }
  }
  showChoice();
}

// ------------------------------------------------------------------- holding

async function hold() {
  const button = document.querySelector("#hold-button");
  if (asking || !chosen.size) return;
  asking = true;
  button.setAttribute("aria-busy", "true");
  try {
    await answered(await ask([...chosen.keys()], [...chosen.values()]));
  } catch {
    notify("The box office could not be reached; try again in a moment.");
  } finally {
    asking = false;
    button.removeAttribute("aria-busy");
    dropTaken();
  }
}

// The key makes asking again safe, so a lost answer is asked for once more.
async function ask(wanted, wantedTypes) {
  const request = {
    method: "POST",
    headers: { "Content-Type": "application/json", "Idempotency-Key": crypto.randomUUID?.() ?? form.key.value },
    body: JSON.stringify({ places: wanted, types: types.length ? wantedTypes : [] }),
  };
  const path = `/v1/performances/${id}/holds`;
  try {
    return await fetch(path, request);
  } catch {
    return await fetch(path, request);
  }
}

async function answered(answer) {
  const found = await answer.json();
  if (answer.ok) {
    await showHeld(found);
    return;
  }
  if (found.type === "/problems/seats-unavailable") {
    const taken = found.places.filter((ordinal) => chosen.has(ordinal));
    lose(taken);
    for (const ordinal of taken) markTaken(ordinal);
    notify(takenSentence(taken));
  } else {
    notify(found.detail);
  }
}

function takenSentence(taken) {
  const words = listed(taken.map(shortName));
  return `${words} ${taken.length === 1 ? "was" : "were"} just taken by somebody else.`;
}

function markTaken(ordinal) {
  if (hall.places.get(ordinal)?.state === "f") setState(ordinal, "h");
}

// The panel of a hold is drawn by the server, as it is after a reload.
async function showHeld(found) {
  const path = `/performances/${id}/holds/${found.hold}`;
  if (form.dataset.exchange) {
    location.assign(`${path}/exchange?${form.dataset.exchange}`);
    return;
  }
  mode = "held";
  for (const ordinal of chosen.keys()) {
    held.add(ordinal);
    boxes.get(ordinal).checked = false;
  }
  chosen.clear();
  const page = await fetched(path);
  if (!swap("#panel", page)) {
    location.assign(path);
    return;
  }
  panel = document.querySelector("#panel");
  form.key.value = page.querySelector("#choose").key.value;
  form.action = page.querySelector("#choose").action;
  document.querySelector("#picker").hidden = !document.querySelector("#adding");
  if (document.querySelector("#adding")) showChoice();
  notices.replaceChildren();
  history.replaceState(null, "", path);
  document.querySelector("#panel-title").focus();
  watchDeadline();
}

function watchDeadline() {
  startCountdown(panel.querySelector(".countdown"), {
    ended() {
      mode = "ended";
      const content = document.querySelector("#ended-template").content.cloneNode(true);
      panel.replaceChildren(content);
      for (const place of hall.places.values()) hall.setMine(place.ordinal, false);
    },
  });
}

// ---------------------------------------------------------------------- live

function setState(ordinal, state) {
  hall.setState(ordinal, state);
  const box = boxes.get(ordinal);
  if (!box) return;
  const gone = state !== "f";
  box.parentElement.classList.toggle("pick-gone", gone && !chosen.has(ordinal));
  box.disabled = gone && !chosen.has(ordinal);
}

// What somebody else took leaves the choice; while we ask, it may be ourselves.
function dropTaken() {
  if (mode === "ended" || asking) return;
  const taken = [...chosen.keys()].filter((ordinal) => hall.places.get(ordinal)?.state !== "f");
  if (!taken.length) return;
  lose(taken);
  for (const ordinal of taken) setState(ordinal, hall.places.get(ordinal).state);
  notify(takenSentence(taken));
}

function showLevels(free) {
  for (const [category, { element, free: number }] of levels) {
    const left = free.get(category) ?? 0;
    number.textContent = counted(left);
    element.classList.toggle("level-gone", left === 0);
  }
  isSoldOut = [...free.values()].every((left) => left === 0);
  showHints();
}

const takeFrame = stateFeed({
  changed: setState,
  levelsChanged: showLevels,
  position: positionSign(document.querySelector("#position")),
  gap: () => poll().then((frame) => frame && takeFrame(frame), () => {}),
});
const poll = availabilityPoll(id);

follow(`/live/performances/${id}`, {
  take(frame) {
    takeFrame(frame);
    dropTaken();
  },
  show: liveSign(document.querySelector("#live")),
  poll,
});

if (mode === "choose" && sale === "open") {
  startChoosing();
  form.addEventListener("submit", (event) => {
    if (mode === "choose") {
      event.preventDefault();
      hold();
    }
  });
} else if (mode === "held") {
  if (document.querySelector("#adding")) startChoosing();
  watchDeadline();
}
if (new URLSearchParams(location.search).has("token")) history.replaceState(null, "", location.pathname);
