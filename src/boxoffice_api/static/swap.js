// A part of the page as the server draws it now: what scripts show and what is shown
// without them is the same.

export async function fetched(path) {
  const answer = await fetch(path, { headers: { Accept: "text/html" }, cache: "no-store" });
  const text = await answer.text();
  return new DOMParser().parseFromString(text, "text/html");
}

export function swap(selector, page) {
  const before = document.querySelector(selector);
  const after = page.querySelector(selector);
  if (!before || !after) return null;
  before.replaceWith(document.adoptNode(after));
  return after;
}
