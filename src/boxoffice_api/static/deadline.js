// The countdown of a page that only has to look again when the time is over.

import { startCountdown } from "./countdown.js";

const AGAIN_MS = 2_000;
const countdown = document.querySelector(".countdown");

if (countdown) {
  startCountdown(countdown, { ended: () => setTimeout(() => location.replace(location.pathname), AGAIN_MS) });
}
