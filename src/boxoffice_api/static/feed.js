// The state of every place, from frames of the socket or answers of the API.
//
// Each section has its own position. A frame is taken where it is newer, ignored where
// it is not; one that begins above what we have is a gap, and the next snapshot heals it.

const STATES = ["f", "h", "s"];
const PLACES_PER_BYTE = 4;

export function stateFeed({ changed, levelsChanged, position, gap }) {
  const positions = new Map();
  const counts = new Map();

  function takeSection({ section, position: at, counts: levels }, states) {
    if (at <= (positions.get(section) ?? -1)) return;
    positions.set(section, at);
    counts.set(section, levels);
    for (const [ordinal, state] of states) changed(ordinal, state);
  }

  function takeNews(news) {
    const known = positions.get(news.section);
    if (known === undefined || news.prev > known) gap();
    else takeSection(news, news.changes);
  }

  function take(frame) {
    if (frame.type === "snapshot") {
      for (const section of frame.sections) takeSection(section, letters(section));
    } else if (frame.type === "delta") {
      frame.sections.forEach(takeNews);
    }
    if (frame.type === "snapshot" || frame.type === "delta") {
      levelsChanged(freeByLevel(counts));
    }
    position(frame.position);
  }
  return take;
}

function* letters({ runs, states }) {
  let at = 0;
  for (const [first, length] of runs) {
    for (let ordinal = first; ordinal < first + length; ordinal += 1) {
      yield [ordinal, states[at]];
      at += 1;
    }
  }
}

function freeByLevel(counts) {
  const free = new Map();
  for (const levels of counts.values()) {
    for (const [category, [left]] of Object.entries(levels)) {
      free.set(category, (free.get(category) ?? 0) + left);
    }
  }
  return free;
}

// Asks the API for the same, with the ETag of the last answer.
export function availabilityPoll(performance) {
  let etag = "";
  return async () => {
    const answer = await fetch(`/v1/performances/${performance}/availability`, {
      headers: etag ? { "If-None-Match": etag } : {},
      cache: "no-store",
    });
    if (answer.status === 304) return null;
    if (!answer.ok) throw new Error(answer.statusText);
    etag = answer.headers.get("etag") ?? "";
    const found = await answer.json();
    const sections = found.sections.map((section) => ({
      ...section,
      runs: section.ordinals.map((ordinal) => [ordinal, 1]),
      states: unpacked(section.bitmap, section.ordinals.length),
    }));
    return { type: "snapshot", position: found.position, sections };
  };
}

function unpacked(bitmap, length) {
  const bytes = atob(bitmap);
  let states = "";
  for (let at = 0; at < length; at += 1) {
    const byte = bytes.charCodeAt(Math.floor(at / PLACES_PER_BYTE));
    states += STATES[(byte >> (2 * (at % PLACES_PER_BYTE))) & 3];
  }
  return states;
}
