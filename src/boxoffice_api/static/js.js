// Before the page is painted: say that modules will run, so nothing jumps later.
if ("noModule" in HTMLScriptElement.prototype) {
  document.documentElement.classList.add("js");
}
