// The time that is left of a hold, by the server's clock.

const ENDING_S = 60;
const ANNOUNCED_S = new Set([300, 120, 60, 30]);

export function startCountdown(element, { ended }) {
  const until = Date.parse(element.dataset.until);
  const ahead = Date.parse(element.dataset.now) - performance.now();
  const whole = until - Date.parse(element.dataset.now);
  const time = element.querySelector(".countdown-time");
  const left = element.querySelector(".left");
  const announce = element.querySelector("[data-announce]");
  let said = 0;
  let timer = 0;

  function tick() {
    const ms = Math.max(0, until - (performance.now() + ahead));
    const seconds = Math.ceil(ms / 1000);
    const rest = String(seconds % 60).padStart(2, "0");
    time.textContent = `${Math.floor(seconds / 60)}:${rest}`;
    left.setAttribute("width", String(Math.round((1000 * ms) / whole)));
    element.classList.toggle("ending", seconds <= ENDING_S);
    if (ANNOUNCED_S.has(seconds) && said !== seconds) {
      said = seconds;
      const minutes = seconds / 60;
      const words = minutes >= 1 ? `${minutes} minutes` : `${seconds} seconds`;
      announce.textContent = `${words.replace(/^1 minutes/, "1 minute")} left.`;
    }
    if (ms === 0) {
      clearInterval(timer);
      ended();
    }
  }

  timer = setInterval(tick, 250);
  tick();
  return () => clearInterval(timer);
}
